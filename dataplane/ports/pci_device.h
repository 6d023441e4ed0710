// What the kernel says about a PCI device before DPDK is asked: its driver, its IOMMU group, and what stands in the
// way.
//
// Owner: dataplane/ports. Looks (sysfs, a VFIO group opened and closed), changes nothing.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sallyport::dataplane {

struct PciDevice {
  struct Neighbor {
    std::string address;
    std::string driver;
  };

  bool there = false;
  std::string driver;               // "vfio-pci", "ena" …; empty: none
  std::string iommu_group;          // its number; empty: the host has no IOMMU for it
  bool unprotected_group = false;   // VFIO made the group up: no-IOMMU mode
  std::vector<Neighbor> neighbors;  // other devices of the group that a driver of the kernel's holds

  // It reads and writes memory by physical addresses: no IOMMU is between.
  [[nodiscard]] bool physical_dma() const;
  // Where VFIO gives the device away.
  [[nodiscard]] std::string group_file() const;
};

// `sysfs` is /sys but in tests.
[[nodiscard]] PciDevice look_at_pci(const std::string& address, const std::filesystem::path& sysfs = "/sys");

// The sentence that says why DPDK cannot have the device, and what mends it; empty: nothing is known against it.
[[nodiscard]] std::string pci_fault(const PciDevice& device, const std::string& address);

}  // namespace sallyport::dataplane
