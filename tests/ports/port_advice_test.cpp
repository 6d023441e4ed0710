// Advice from what arrives, and the faults that can be seen before a driver is asked.
#include "dataplane/ports/port_advice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataplane/ports/device_checks.h"
#include "dataplane/ports/linux_interface.h"

namespace sallyport::dataplane {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ArrivalAdvice, NamesThePortAndTheCommand) {
  PortStatus status;
  status.mtu = 1500;
  EXPECT_THAT(arrival_advice(status, "gw-in"), IsEmpty());
  status.unfinished_checksums = 1;
  EXPECT_THAT(arrival_advice(status, "gw-in"),
              ElementsAre("gw-in: frames arrive with unfinished checksums; on the sending host run: "
                          "ethtool -K IFACE tx off tso off gso off"));
  status.oversize_frames = 1;
  EXPECT_THAT(arrival_advice(status, "gw-in"),
              ElementsAre(HasSubstr("unfinished"), HasSubstr("ethtool -K gw-in gro off lro off")));
}

TEST(InterfaceNames, AreRefusedWithAReason) {
  const std::pair<const char*, const char*> cases[] = {
      {"gw-in", ""},      {"a23456789012345", ""},    {"a234567890123456", "at most 15"},
      {"", "has a name"}, {"a b", "no space, comma"}, {"a,b", "no space, comma"},
  };
  for (const auto& [name, fault] : cases) {
    if (*fault == '\0') {
      EXPECT_EQ(interface_name_fault(name), "") << name;
    } else {
      EXPECT_THAT(interface_name_fault(name), HasSubstr(fault)) << name;
    }
  }
}

TEST(CheckDevice, SaysWhichPortAndWhatMendsIt) {
  struct Case {
    rules::DeviceKind kind;
    const char* argument;
    const char* expected;
  };
  const Case cases[] = {
      {rules::DeviceKind::af_packet, "sp-nowhere", "there is no interface sp-nowhere here"},
      {rules::DeviceKind::af_xdp, "sp-nowhere", "there is no interface sp-nowhere here"},
      {rules::DeviceKind::tap, "lo", "is there already"},
      {rules::DeviceKind::pci, "ffff:ff:1f.7", "no such PCI device"},
      {rules::DeviceKind::pci, "ffff:ff:1f.7", "no such PCI device"},
      {rules::DeviceKind::vdev, ",x=1", "--vdev"},
  };
  for (const Case& c : cases) {
    rules::Port port;
    port.name = "inside";
    port.device = {c.kind, "device", c.argument, {}, {}};
    const auto checked = check_device(port);
    ASSERT_FALSE(checked) << c.argument;
    EXPECT_THAT(checked.error(), HasSubstr("port \"inside\" (device): ")) << c.argument;
    EXPECT_THAT(checked.error(), HasSubstr(c.expected)) << c.argument;
  }
}

TEST(CheckDevice, CapturesMustBeReadableAndWritable) {
  rules::Port port;
  port.name = "replay";
  port.device = {rules::DeviceKind::pcap, "pcap:a,b", "a,b", "/nowhere/a.pcap", "-"};
  EXPECT_THAT(check_device(port).error(), HasSubstr("cannot read /nowhere/a.pcap"));
  port.device.pcap_input = "-";
  EXPECT_TRUE(check_device(port));
  port.device.pcap_output = "/nowhere/b.pcap";
  EXPECT_THAT(check_device(port).error(), HasSubstr("cannot write in /nowhere"));
}

}  // namespace
}  // namespace sallyport::dataplane
