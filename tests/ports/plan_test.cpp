// What is decided before EAL starts: cores, buffers, pages, EAL's and the devices' arguments.
#include "dataplane/ports/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/document/documents.h"

namespace sallyport::dataplane {
namespace {

using rules::DeviceKind;
using rules::MemoryMode;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

rules::Port port_on(DeviceKind kind, std::string argument, std::uint16_t mtu = 1500) {
  rules::Port port;
  port.name = "inside";
  port.device.kind = kind;
  port.device.argument = std::move(argument);
  port.mtu = mtu;
  return port;
}

rules::GatewayConfig gateway_of(std::vector<rules::Port> ports, std::uint32_t workers = 1) {
  rules::GatewayConfig gateway;
  gateway.ports = std::move(ports);
  gateway.workers = workers;
  return gateway;
}

TEST(PlanCores, AWorkerHasACoreOfItsOwnAndControlTheRest) {
  struct Case {
    const char* description;
    std::uint32_t workers;
    std::vector<unsigned> available;
    std::vector<unsigned> worker_cores, control_cores;
  };
  const Case cases[] = {
      {"two cores, one worker", 1, {0, 1}, {1}, {0}},
      {"as many workers as cores: control shares all", 2, {0, 1}, {0, 1}, {0, 1}},
      {"only the cores this process may use", 2, {3, 5, 8}, {5, 8}, {3}},
      {"a single core", 1, {7}, {7}, {7}},
  };
  for (const Case& c : cases) {
    const auto plan = plan_cores(c.workers, c.available);
    ASSERT_TRUE(plan) << c.description;
    EXPECT_EQ(plan->workers, c.worker_cores) << c.description;
    EXPECT_EQ(plan->control, c.control_cores) << c.description;
  }
}

TEST(PlanCores, FewerCoresThanWorkersIsAnErrorThatSaysBoth) {
  const auto plan = plan_cores(3, {0, 1});
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error(), HasSubstr("3 cores are needed"));
  EXPECT_THAT(plan.error(), HasSubstr("may use 2"));
}

TEST(FrameRoom, HoldsTheMtuAndItsHeadersInAPowerOfTwo) {
  const std::pair<std::uint32_t, std::uint32_t> cases[] = {
      {576, 2048}, {1500, 2048}, {1920, 2048}, {1921, 4096}, {9000, 16384}};
  for (const auto& [mtu, room] : cases) EXPECT_EQ(frame_room(mtu), room) << mtu;
}

TEST(PlanBuffers, RoomIsTheLargestPorts) {
  const auto plan = plan_buffers(gateway_of({port_on(DeviceKind::tap, "a"), port_on(DeviceKind::tap, "b", 9000)}));
  EXPECT_EQ(plan.room, 16384U);
}

TEST(PlanBuffers, EveryQueueAndRingCanBeFull) {
  const auto one = plan_buffers(gateway_of({port_on(DeviceKind::pci, "0000:00:06.0")}, 1)).buffers;
  const auto four = plan_buffers(gateway_of({port_on(DeviceKind::pci, "0000:00:06.0")}, 4)).buffers;
  EXPECT_GE(four - one, 3 * (kReceiveDescriptors + kTransmitDescriptors) + 4 * kHandOverRing);
}

TEST(PlanPages, FollowTheDocumentAndWhatIsFree) {
  constexpr std::uint64_t kPlenty = std::uint64_t{8} << 30U;
  struct Case {
    const char* description;
    const char* word;
    std::uint64_t free_bytes;
    std::optional<PageKind> expected;
  };
  const Case cases[] = {
      {"auto with plenty", "auto", kPlenty, PageKind::hugepages},
      {"auto with none", "auto", 0, PageKind::pages},
      {"auto with too few", "auto", 64U << 20U, PageKind::pages},
      {"pages although there are hugepages", "pages", kPlenty, PageKind::pages},
      {"hugepages with plenty", "hugepages", kPlenty, PageKind::hugepages},
      {"hugepages with none", "hugepages", 0, std::nullopt},
  };
  for (const Case& c : cases) {
    const auto read = rules::read_gateway(
        std::string(R"({"version":1,"ports":{"a":{"device":"tap:a","subnets":["a"]}},"memory":")") + c.word + "\"}",
        "gateway.json");
    ASSERT_TRUE(read) << c.description;
    const auto pages = plan_pages(read->config, {c.free_bytes, false});
    if (c.expected) {
      EXPECT_EQ(pages, *c.expected) << c.description;
    } else {
      EXPECT_THAT(pages.error(), HasSubstr("vm.nr_hugepages")) << c.description;
    }
  }
}

TEST(PlanPages, WhereDmaNeedsHugepagesNothingElseWillDo) {
  constexpr std::uint64_t kPlenty = std::uint64_t{8} << 30U;
  const auto card = port_on(DeviceKind::pci, "0000:00:06.0");
  const auto socket = port_on(DeviceKind::af_xdp, "eth0");
  struct Case {
    const char* description;
    std::vector<rules::Port> ports;
    bool physical_dma;
    MemoryMode mode;
    std::uint64_t free_bytes;
    const char* refusal;  // empty: hugepages, or ordinary ones where there are none
  };
  const Case cases[] = {
      {"behind an IOMMU", {card}, false, MemoryMode::automatic, 0, ""},
      {"no IOMMU", {card}, true, MemoryMode::automatic, kPlenty, ""},
      {"no IOMMU, none free",
       {card},
       true,
       MemoryMode::automatic,
       0,
       "(pci ports without an IOMMU work on hugepages only), 0 MiB are free; reserve them"},
      {"no IOMMU, asked for pages",
       {card},
       true,
       MemoryMode::pages,
       kPlenty,
       "without an IOMMU work on hugepages only; write \"memory\": \"hugepages\""},
      {"beside XDP sockets", {card, socket}, false, MemoryMode::automatic, 0, "pci and af_xdp ports together"},
      {"no cards", {socket}, true, MemoryMode::automatic, 0, ""},
  };
  for (const Case& c : cases) {
    auto gateway = gateway_of(c.ports);
    gateway.memory = c.mode;
    const auto pages = plan_pages(gateway, {c.free_bytes, c.physical_dma});
    if (*c.refusal == '\0') {
      EXPECT_EQ(pages, c.free_bytes > 0 ? PageKind::hugepages : PageKind::pages) << c.description;
    } else {
      ASSERT_FALSE(pages) << c.description;
      EXPECT_THAT(pages.error(), HasSubstr(c.refusal)) << c.description;
      EXPECT_THAT(pages.error(), Not(HasSubstr("\"pages\""))) << c.description;
    }
  }
}

TEST(PlanQueues, AsManyAsTheDeviceSpreadsOverAndWorkersCanRead) {
  struct Case {
    const char* description;
    DeviceKind kind;
    QueueLimits limits;
    std::uint32_t workers;
    QueuePlan expected;
  };
  const Case cases[] = {
      {"one worker", DeviceKind::pci, {"net_ena", 8, 8, true}, 1, {1, 1, false}},
      {"a queue a worker", DeviceKind::pci, {"net_ena", 8, 8, true}, 4, {4, 4, true}},
      {"fewer queues than workers", DeviceKind::pci, {"net_e1000_igb_vf", 2, 2, true}, 4, {2, 1, true}},
      {"a single queue", DeviceKind::pci, {"net_e1000_em", 1, 1, false}, 2, {1, 1, false}},
      {"queues without RSS stay unused", DeviceKind::pci, {"net_any", 4, 4, false}, 2, {1, 2, false}},
      {"virtio's host spreads over every pair", DeviceKind::pci, {"net_virtio", 4, 4, false}, 2, {2, 2, false}},
      {"virtio with RSS", DeviceKind::pci, {"net_virtio", 4, 4, true}, 2, {2, 2, true}},
      {"virtio with a single pair", DeviceKind::pci, {"net_virtio", 1, 1, false}, 2, {1, 1, false}},
      {"virtio with fewer pairs than workers", DeviceKind::pci, {"net_virtio", 2, 2, false}, 3, {2, 1, false}},
      {"vmxnet3 takes powers of two", DeviceKind::pci, {"net_vmxnet3", 16, 8, true}, 3, {2, 3, true}},
      {"every queue of an XDP socket", DeviceKind::af_xdp, {"net_af_xdp", 4, 4, false}, 1, {4, 4, false}},
      {"software ports have one", DeviceKind::af_packet, {"net_af_packet", 16, 16, true}, 4, {1, 1, false}},
  };
  for (const Case& c : cases) {
    const QueuePlan plan = plan_queues(c.kind, c.limits, c.workers);
    EXPECT_EQ(plan.receive, c.expected.receive) << c.description;
    EXPECT_EQ(plan.transmit, c.expected.transmit) << c.description;
    EXPECT_EQ(plan.rss, c.expected.rss) << c.description;
  }
}

TEST(EalArguments, OrdinaryPagesNeverGoWithInMemory) {
  const auto gateway = gateway_of({port_on(DeviceKind::tap, "a")}, 2);
  const CorePlan cores{{2, 3}, {0, 1}};
  const auto pages = eal_arguments(gateway, cores, PageKind::pages, "sallyport-7");
  EXPECT_THAT(pages, Contains("--no-huge"));
  EXPECT_THAT(pages, Contains("-m"));
  EXPECT_THAT(pages, Not(Contains("--in-memory")));
  const auto huge = eal_arguments(gateway, cores, PageKind::hugepages, "sallyport-7");
  EXPECT_THAT(huge, Contains("--in-memory"));
  EXPECT_THAT(huge, Not(Contains("--no-huge")));
  for (const auto& arguments : {pages, huge}) {
    EXPECT_THAT(arguments, Contains("--file-prefix=sallyport-7"));
    EXPECT_THAT(arguments, Contains("--lcores=(0)@(0,1),(1)@2,(2)@3"));
    EXPECT_THAT(arguments, Contains("--no-telemetry"));
    EXPECT_THAT(arguments, Contains("--no-pci"));
  }
}

TEST(EalArguments, PciPortsAreTheOnlyDevicesThatAreProbed) {
  const auto gateway = gateway_of({port_on(DeviceKind::pci, "0000:00:06.0"), port_on(DeviceKind::tap, "a")});
  const auto arguments = eal_arguments(gateway, {{1}, {0}}, PageKind::pages, "p");
  EXPECT_THAT(arguments, Contains("0000:00:06.0"));
  EXPECT_THAT(arguments, Contains("-a"));
  EXPECT_THAT(arguments, Not(Contains("--no-pci")));
}

TEST(DeviceArguments, OneSpellingAKind) {
  struct Case {
    const char* description;
    rules::Port port;
    std::uint32_t queues;
    const char* driver;
    const char* expected;
  };
  rules::Port capture = port_on(DeviceKind::pcap, "");
  capture.device.pcap_input = "in.pcap";
  capture.device.pcap_output = "out.pcap";
  rules::Port sink = capture;
  sink.device.pcap_input = "-";
  rules::Port nothing = sink;
  nothing.device.pcap_output = "-";
  const Case cases[] = {
      {"af_packet", port_on(DeviceKind::af_packet, "gw-in"), 1, "veth",
       "net_af_packet3,iface=gw-in,blocksz=4096,framesz=2048,framecnt=1024"},
      {"af_packet, jumbo frames", port_on(DeviceKind::af_packet, "gw-in", 9000), 1, "veth",
       "net_af_packet3,iface=gw-in,blocksz=16384,framesz=16384,framecnt=1024"},
      {"af_xdp on a veth copies", port_on(DeviceKind::af_xdp, "gw-in"), 2, "veth",
       "net_af_xdp3,iface=gw-in,start_queue=0,queue_count=2,force_copy=1"},
      {"af_xdp elsewhere", port_on(DeviceKind::af_xdp, "eth0"), 4, "ice",
       "net_af_xdp3,iface=eth0,start_queue=0,queue_count=4"},
      {"tap", port_on(DeviceKind::tap, "gw-dmz"), 1, "", "net_tap3,iface=gw-dmz"},
      {"captures in and out", capture, 1, "", "net_pcap3,rx_pcap=in.pcap,tx_pcap=out.pcap"},
      {"a capture out", sink, 1, "", "net_pcap3,tx_pcap=out.pcap"},
      {"neither", nothing, 1, "", "net_null3,no-rx=1"},
      {"a device of DPDK's own", port_on(DeviceKind::vdev, "net_memif0,role=client"), 1, "", "net_memif0,role=client"},
      {"pci", port_on(DeviceKind::pci, "0000:00:06.0"), 1, "", "0000:00:06.0"},
  };
  for (const Case& c : cases) EXPECT_EQ(device_arguments(c.port, 3, c.queues, c.driver), c.expected) << c.description;
}

}  // namespace
}  // namespace sallyport::dataplane
