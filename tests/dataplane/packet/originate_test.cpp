// What the gateway says itself: right by the builder's own count, and by the RFCs' rules.
#include "dataplane/packet/originate.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/dataplane/support/packet_builder.h"

namespace sallyport::dataplane {
namespace {

using namespace testing;

class Originate : public ::testing::Test {
 protected:
  [[nodiscard]] Frame made(std::size_t length) const {
    return {out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(length)};
  }
  static ParsedPacket parsed(const Frame& frame) {
    return parse(frame, {.own_mac = kGatewayMac, .any_destination_mac = true});
  }

  std::array<std::byte, kLongestOriginated> out_{};
};

TEST_F(Originate, ArpRequestAndProbe) {
  const ArpParty own{kGatewayMac, ip("10.0.1.1")};
  auto frame = made(build_arp_request(out_, own, ip("10.0.1.5")));
  EXPECT_EQ(frame, arp_request(kGatewayMac, "10.0.1.1", "10.0.1.5"));
  frame = made(build_arp_request(out_, own, ip("10.0.1.5"), kHostMac));
  EXPECT_EQ(describe(frame), "arp who-has 10.0.1.5 tell 10.0.1.1");
  EXPECT_EQ(load_mac(&frame[0]), kHostMac);
}

TEST_F(Originate, ArpReplyAndAnnouncement) {
  const ArpParty own{kGatewayMac, ip("10.0.1.1")};
  EXPECT_EQ(made(build_arp_reply(out_, own, {kHostMac, ip("10.0.1.5")})),
            arp_reply(kGatewayMac, "10.0.1.1", kHostMac, "10.0.1.5"));
  const auto frame = made(build_gratuitous_arp(out_, own));
  EXPECT_TRUE(parse_arp(frame).is_gratuitous);
  EXPECT_EQ(load_mac(&frame[0]), kBroadcastMac);
}

TEST_F(Originate, NothingWhereThereIsNoRoom) {
  const Frame frame = testing::tcp("10.0.1.5:40000", "192.0.2.1:443", tcp::kAck).payload(10).frame();
  const std::span small(out_.data(), 41);
  EXPECT_EQ(build_arp_request(small, {}, 0), 0U);
  EXPECT_EQ(build_tcp_reset(small, frame, parsed(frame)), 0U);
  EXPECT_EQ(build_icmp_error(small, frame, parsed(frame), {.type = 11}), 0U);
}

TEST_F(Originate, IcmpErrorQuotesWhatFits) {
  struct Case {
    std::size_t payload, trailer, ip_bytes;
  };
  for (const auto& c : {Case{0, 0, 56}, Case{3, 9, 59}, Case{520, 0, 576}, Case{521, 0, 576}, Case{1400, 0, 576}}) {
    const Frame about =
        testing::udp("10.0.1.5:40000", "192.0.2.1:53").payload(c.payload).trailer(c.trailer).ttl(1).frame();
    const auto packet = parsed(about);
    const auto length = build_icmp_error(out_, about, packet,
                                         {.type = 3,
                                          .code = 4,
                                          .mtu = 1400,
                                          .source = ip("10.0.1.1"),
                                          .source_mac = kGatewayMac,
                                          .destination_mac = kHostMac});
    ASSERT_EQ(length, c.ip_bytes + 14) << c.payload;
    const Frame error = made(length);
    EXPECT_EQ(describe(error), "icmp 3/4 10.0.1.1 > 10.0.1.5 [udp 10.0.1.5:40000 > 192.0.2.1:53 ttl 1] ttl 64");
    EXPECT_EQ(wrong_sum(error), "");
    EXPECT_EQ(load_be16(&error[34 + icmp::kNextHopMtu]), 1400);
    EXPECT_EQ(load_mac(&error[0]), kHostMac);
    const auto again = parsed(error);
    EXPECT_EQ(rules::name_of(again.drop), "");
    EXPECT_TRUE(again.is_icmp_error && again.quoted.has_ports);
  }
}

TEST_F(Originate, NoErrorAboutAnError) {
  const auto quoted = testing::udp("10.0.1.5:1", "192.0.2.1:53").packet();
  for (const auto& [type, forbidden] :
       {std::pair{3, true}, {4, true}, {5, true}, {11, true}, {12, true}, {8, false}, {0, false}, {13, false}}) {
    const Frame frame = icmp_error("192.0.2.1", "10.0.1.5", static_cast<std::uint8_t>(type), 0, quoted).frame();
    EXPECT_EQ(forbids_icmp_error(parsed(frame)), forbidden) << type;
    EXPECT_EQ(build_icmp_error(out_, frame, parsed(frame), {.type = 11}) == 0, forbidden) << type;
  }
}

TEST_F(Originate, ResetAfterRfc9293) {
  struct Case {
    const char* what;
    std::uint8_t flags;
    std::size_t payload;
    std::uint8_t reset_flags;
    std::uint32_t sequence, acknowledgement;
  };
  const Case cases[] = {
      {"ack", tcp::kAck, 0, tcp::kRst, 900, 0},
      {"ack with data", tcp::kAck | tcp::kPsh, 10, tcp::kRst, 900, 0},
      {"fin ack", tcp::kFin | tcp::kAck, 0, tcp::kRst, 900, 0},
      {"syn", tcp::kSyn, 0, tcp::kRst | tcp::kAck, 0, 501},
      {"syn with data", tcp::kSyn, 7, tcp::kRst | tcp::kAck, 0, 508},
      {"fin without ack", tcp::kFin, 7, tcp::kRst | tcp::kAck, 0, 508},
  };
  for (const auto& c : cases) {
    const Frame frame = testing::tcp("10.0.1.5:40000", "192.0.2.1:443", c.flags)
                            .sequence(500, 900)
                            .payload(c.payload)
                            .trailer(3)
                            .frame();
    const Frame reset = made(build_tcp_reset(out_, frame, parsed(frame)));
    ASSERT_EQ(reset.size(), 54U) << c.what;
    EXPECT_EQ(wrong_sum(reset), "") << c.what;
    const auto packet = parsed(reset);
    EXPECT_EQ(packet.source, ip("192.0.2.1")) << c.what;
    EXPECT_EQ(packet.destination_port, 40000) << c.what;
    EXPECT_EQ(packet.source_port, 443) << c.what;
    EXPECT_EQ(packet.tcp_flags, c.reset_flags) << c.what;
    EXPECT_EQ(load_be32(&reset[34 + tcp::kSequence]), c.sequence) << c.what;
    EXPECT_EQ(load_be32(&reset[34 + tcp::kAcknowledgement]), c.acknowledgement) << c.what;
    EXPECT_EQ(load_mac(&reset[0]), kHostMac) << c.what;
    EXPECT_EQ(load_mac(&reset[6]), kGatewayMac) << c.what;
  }
}

TEST_F(Originate, NoResetForAReset) {
  const Frame frame = testing::tcp("10.0.1.5:40000", "192.0.2.1:443", tcp::kRst | tcp::kAck).frame();
  EXPECT_EQ(build_tcp_reset(out_, frame, parsed(frame)), 0U);
}

TEST_F(Originate, EchoReplyInPlace) {
  for (const auto code : {std::uint8_t{0}, std::uint8_t{255}}) {
    Frame frame =
        echo_request("10.0.1.5", "10.0.1.1", 77).icmp(8, code, 77U << 16U | 3U).ttl(3).options({1, 1, 1, 1}).frame();
    auto packet = parsed(frame);
    turn_into_echo_reply(frame, packet);
    EXPECT_EQ(wrong_sum(frame), "");
    EXPECT_EQ(describe(frame), "icmp 0/" + std::to_string(code) + " 10.0.1.1 > 10.0.1.5 id 77 ttl 64");
    EXPECT_EQ(load_mac(&frame[0]), kHostMac);
    EXPECT_EQ(load_mac(&frame[6]), kGatewayMac);
    EXPECT_EQ(packet.source, ip("10.0.1.1"));
    EXPECT_EQ(packet.icmp_type, icmp::kEchoReply);
  }
}

TEST_F(Originate, AnEchoReplyOfZerosAloneHasASum) {
  Frame frame = echo_request("10.0.1.5", "10.0.1.1", 0).frame();
  auto packet = parsed(frame);
  turn_into_echo_reply(frame, packet);
  EXPECT_EQ(wrong_sum(frame), "");
}

}  // namespace
}  // namespace sallyport::dataplane
