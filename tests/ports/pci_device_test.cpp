// What sysfs says about a PCI device, and the sentences made of it. A folder stands for /sys.
#include "dataplane/ports/pci_device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace sallyport::dataplane {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class PciDevices : public ::testing::Test {
 protected:
  ~PciDevices() override { fs::remove_all(sysfs_); }

  void add(const std::string& address, const std::string& driver, const std::string& group = {}) const {
    const fs::path folder = sysfs_ / "bus/pci/devices" / address;
    fs::create_directories(folder);
    if (!driver.empty()) fs::create_symlink(sysfs_ / "bus/pci/drivers" / driver, folder / "driver");
    if (group.empty()) return;
    fs::create_directories(sysfs_ / "kernel/iommu_groups" / group / "devices");
    fs::create_symlink(sysfs_ / "kernel/iommu_groups" / group, folder / "iommu_group");
    fs::create_symlink(folder, sysfs_ / "kernel/iommu_groups" / group / "devices" / address);
  }
  void name_group(const std::string& group, const std::string& name) const {
    std::ofstream(sysfs_ / "kernel/iommu_groups" / group / "name") << name << "\n";
  }
  [[nodiscard]] PciDevice look(const std::string& address) const { return look_at_pci(address, sysfs_); }

  fs::path sysfs_ = fs::temp_directory_path() / ("sallyport-sysfs-" + std::to_string(::getpid()));
};

TEST_F(PciDevices, AFaultSaysWhatMendsIt) {
  add("0000:00:01.0", "ena", "9001");
  add("0000:00:02.0", "ena");
  add("0000:00:03.0", "", "9003");
  add("0000:00:04.0", "vfio-pci", "9004");
  add("0000:00:04.1", "igb", "9004");
  add("0000:00:05.0", "uio_pci_generic");
  add("0000:00:06.0", "mlx5_core", "9006");
  add("0000:00:07.0", "vfio-pci", "9007");
  add("0000:00:07.1", "vfio-pci", "9007");
  add("0000:00:07.2", "pcieport", "9007");
  add("0000:00:07.3", "", "9007");
  struct Case {
    const char* address;
    const char* expected;  // empty: nothing against it
  };
  const Case cases[] = {
      {"0000:00:00.0", "there is no such PCI device"},
      {"0000:00:01.0", "it is bound to ena; run: dpdk-devbind.py --bind=vfio-pci 0000:00:01.0"},
      {"0000:00:02.0", "it is bound to ena, and this host has no IOMMU for it"},
      {"0000:00:03.0", "it is bound to no driver; run: dpdk-devbind.py"},
      {"0000:00:04.0", "IOMMU group 9004 holds 0000:00:04.1 too, which is bound to igb"},
      {"0000:00:05.0", ""},
      {"0000:00:06.0", ""},
      {"0000:00:07.0", ""},
  };
  for (const Case& c : cases) {
    const std::string fault = pci_fault(look(c.address), c.address);
    if (*c.expected == '\0') {
      EXPECT_EQ(fault, "") << c.address;
    } else {
      EXPECT_THAT(fault, HasSubstr(c.expected)) << c.address;
    }
  }
}

TEST_F(PciDevices, WithoutAnIommuMemoryIsReachedByPhysicalAddresses) {
  add("0000:00:01.0", "vfio-pci", "9001");
  add("0000:00:02.0", "vfio-pci", "9002");
  name_group("9002", "vfio-noiommu");
  add("0000:00:03.0", "uio_pci_generic");
  add("0000:00:04.0", "igb_uio", "9004");
  add("0000:00:05.0", "mlx5_core");
  const std::pair<const char*, bool> cases[] = {{"0000:00:01.0", false},
                                                {"0000:00:02.0", true},
                                                {"0000:00:03.0", true},
                                                {"0000:00:04.0", true},
                                                {"0000:00:05.0", false}};
  for (const auto& [address, physical] : cases) EXPECT_EQ(look(address).physical_dma(), physical) << address;
  EXPECT_EQ(look("0000:00:01.0").group_file(), "/dev/vfio/9001");
  EXPECT_EQ(look("0000:00:02.0").group_file(), "/dev/vfio/noiommu-9002");
}

}  // namespace
}  // namespace sallyport::dataplane
