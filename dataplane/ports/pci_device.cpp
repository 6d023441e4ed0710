// PCI devices as sysfs and VFIO show them; see the header.
#include "dataplane/ports/pci_device.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

namespace sallyport::dataplane {

namespace {

namespace fs = std::filesystem;

bool one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

bool is_uio(std::string_view driver) { return one_of(driver, {"uio_pci_generic", "igb_uio"}); }
// DPDK's drivers for these work beside the kernel's.
bool is_shared(std::string_view driver) { return one_of(driver, {"mlx5_core", "mlx4_core"}); }

std::string target_name(const fs::path& link) {
  std::error_code error;
  return fs::read_symlink(link, error).filename().string();
}

std::vector<PciDevice::Neighbor> neighbors_in(const fs::path& group, const std::string& address) {
  std::vector<PciDevice::Neighbor> neighbors;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(group / "devices", error)) {
    PciDevice::Neighbor neighbor{entry.path().filename().string(), target_name(entry.path() / "driver")};
    // A bridge may keep its driver, and a device without one is nobody's.
    const bool harmless = one_of(neighbor.driver, {"", "vfio-pci", "pci-stub", "pcieport"});
    if (neighbor.address != address && !harmless) neighbors.push_back(std::move(neighbor));
  }
  std::ranges::sort(neighbors, {}, &PciDevice::Neighbor::address);
  return neighbors;
}

std::string wrong_driver(const PciDevice& device, const std::string& address) {
  const std::string bound = "it is bound to " + (device.driver.empty() ? "no driver" : device.driver);
  if (!device.iommu_group.empty()) return bound + "; run: dpdk-devbind.py --bind=vfio-pci " + address;
  return bound + ", and this host has no IOMMU for it: switch the IOMMU on and bind it to vfio-pci, or do without " +
         "one (igb_uio, uio_pci_generic, or vfio-pci in its no-IOMMU mode)";
}

std::string group_fault(const PciDevice& device) {
  for (const auto& [address, driver] : device.neighbors) {
    return "IOMMU group " + device.iommu_group + " holds " + address + " too, which is bound to " + driver +
           ": bind that one to vfio-pci as well, or to no driver";
  }
  const std::string file = device.group_file();
  const int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (fd >= 0) {
    ::close(fd);
    return {};
  }
  if (errno == EBUSY) return "another program uses it (" + file + ")";
  if (errno == EACCES || errno == EPERM) return file + " cannot be opened (" + std::strerror(errno) + "); run as root";
  return {};  // whatever it is, VFIO says it better when DPDK asks
}

}  // namespace

bool PciDevice::physical_dma() const {
  if (is_uio(driver)) return true;
  return driver == "vfio-pci" && (iommu_group.empty() || unprotected_group);
}

std::string PciDevice::group_file() const {
  return std::string("/dev/vfio/") + (unprotected_group ? "noiommu-" : "") + iommu_group;
}

PciDevice look_at_pci(const std::string& address, const fs::path& sysfs) {
  const fs::path folder = sysfs / "bus/pci/devices" / address;
  PciDevice device;
  std::error_code error;
  device.there = fs::exists(folder, error);
  if (!device.there) return device;
  device.driver = target_name(folder / "driver");
  device.iommu_group = target_name(folder / "iommu_group");
  std::string name;
  std::ifstream(folder / "iommu_group" / "name") >> name;
  device.unprotected_group = name == "vfio-noiommu";
  if (!device.iommu_group.empty()) device.neighbors = neighbors_in(folder / "iommu_group", address);
  return device;
}

std::string pci_fault(const PciDevice& device, const std::string& address) {
  if (!device.there) return "there is no such PCI device; `lspci -D` lists those of this host";
  if (is_uio(device.driver) || is_shared(device.driver)) return {};
  if (device.driver != "vfio-pci") return wrong_driver(device, address);
  return group_fault(device);
}

}  // namespace sallyport::dataplane
