// Probes pass the parser with right sums; answers turn them round.
#include "control/trace/probe.h"

#include <gtest/gtest.h>

#include "dataplane/packet/parse.h"

namespace sallyport::control {
namespace {

Probe probe_of(std::uint8_t protocol) {
  Probe probe;
  probe.from_mac = {{2, 0, 0, 0, 0, 1}};
  probe.to_mac = {{2, 0, 0, 0, 0, 2}};
  probe.protocol = protocol;
  probe.from = {0x0A000409};
  probe.to = {0x0A00050A};
  probe.from_port = 41000;
  probe.to_port = 443;
  probe.tcp_flags = dataplane::tcp::kSyn;
  probe.icmp_type = 8;
  probe.icmp_id = 7;
  return probe;
}

TEST(Probe, PassesTheParserWithRightSums) {
  for (int protocol = 0; protocol < 256; ++protocol) {
    for (const int type : {0, 3, 5, 8, 11, 12, 13}) {
      auto probe = probe_of(static_cast<std::uint8_t>(protocol));
      probe.icmp_type = static_cast<std::uint8_t>(type);
      const auto frame = build(probe);
      const auto packet = dataplane::parse(frame, {.own_mac = probe.to_mac});
      EXPECT_EQ(packet.drop, rules::DropCode::none) << protocol << ' ' << type;
      const auto sum = dataplane::check_l4_sum(frame, packet, 0);
      EXPECT_TRUE(sum == dataplane::L4Sum::good || sum == dataplane::L4Sum::none) << protocol << ' ' << type;
      if (protocol != 1) break;
    }
  }
}

TEST(Probe, IsAnsweredFromTheOtherEnd) {
  const auto answer = answer_to(build(probe_of(6)));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->from, (rules::Ipv4{0x0A00050A}));
  EXPECT_EQ(answer->to, (rules::Ipv4{0x0A000409}));
  EXPECT_EQ(answer->from_port, 443);
  EXPECT_EQ(answer->to_port, 41000);
  EXPECT_EQ(answer->from_mac, (rules::MacAddress{{2, 0, 0, 0, 0, 2}}));
  EXPECT_EQ(answer->tcp_flags, dataplane::tcp::kSyn | dataplane::tcp::kAck);
}

TEST(Probe, IsAnsweredOnlyWhereAnAnswerIsDue) {
  struct Case {
    const char* description;
    std::uint8_t protocol, icmp_type, tcp_flags;
    bool answered;
  };
  const Case cases[] = {
      {"a SYN", 6, 0, 2, true},        {"a segment", 6, 0, 16, true}, {"a reset", 6, 0, 4, false},
      {"a datagram", 17, 0, 0, true},  {"an echo", 1, 8, 0, true},    {"an echo reply", 1, 0, 0, false},
      {"a timestamp", 1, 13, 0, true}, {"an error", 1, 3, 0, false},  {"another protocol", 50, 0, 0, true},
  };
  for (const auto& c : cases) {
    auto probe = probe_of(c.protocol);
    probe.icmp_type = c.icmp_type;
    probe.tcp_flags = c.tcp_flags;
    EXPECT_EQ(answer_to(build(probe)).has_value(), c.answered) << c.description;
  }
}

TEST(Protocols, HaveNamesAndNumbers) {
  EXPECT_EQ(protocol_named("esp"), 50);
  EXPECT_EQ(protocol_named("ESP"), 50);
  EXPECT_EQ(protocol_named("6"), 6);
  EXPECT_EQ(protocol_named("gre"), 47);
  EXPECT_FALSE(protocol_named("256"));
  EXPECT_FALSE(protocol_named("nonsense"));
  EXPECT_FALSE(protocol_named(""));
  EXPECT_EQ(protocol_name(50), "esp");
  EXPECT_EQ(protocol_name(17), "udp");
  EXPECT_EQ(protocol_name(253), "253");
}

}  // namespace
}  // namespace sallyport::control
