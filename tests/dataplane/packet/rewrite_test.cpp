// Rewritten packets have right sums by the builder's own count, and come back byte for byte when rewritten back.
#include "dataplane/packet/rewrite.h"

#include <gtest/gtest.h>

#include <random>

#include "dataplane/packet/checksum.h"
#include "tests/dataplane/support/packet_builder.h"

namespace sallyport::dataplane {
namespace {

using namespace testing;

ParsedPacket parsed(const Frame& frame) {
  const auto packet = parse(frame, {.own_mac = kGatewayMac});
  EXPECT_EQ(rules::name_of(packet.drop), "");
  return packet;
}

// What was parsed is what a second look at the bytes says.
void expect_kept_up(const Frame& frame, const ParsedPacket& packet) {
  const auto again = parsed(frame);
  EXPECT_EQ(packet.source, again.source);
  EXPECT_EQ(packet.destination, again.destination);
  EXPECT_EQ(packet.source_port, again.source_port);
  EXPECT_EQ(packet.destination_port, again.destination_port);
  EXPECT_EQ(packet.ttl, again.ttl);
  EXPECT_EQ(packet.quoted.source, again.quoted.source);
  EXPECT_EQ(packet.quoted.destination, again.quoted.destination);
  EXPECT_EQ(packet.quoted.source_port, again.quoted.source_port);
  EXPECT_EQ(packet.quoted.destination_port, again.quoted.destination_port);
}

struct RewriteCase {
  const char* what;
  Frame frame;
  const char* source_rewritten;
  const char* both_rewritten;
};

void PrintTo(const RewriteCase& c, std::ostream* out) { *out << c.what; }

std::vector<RewriteCase> cases() {
  return {
      {"tcp", testing::tcp("10.0.1.5:40000", "10.0.2.7:443", tcp::kSyn).payload(9).frame(),
       "tcp 203.0.113.9:1024 > 10.0.2.7:443 S ttl 64", "tcp 203.0.113.9:1024 > 192.0.2.1:65535 S ttl 64"},
      {"tcp with options",
       testing::tcp("10.0.1.5:40000", "10.0.2.7:443", tcp::kAck).options({7, 7, 4, 0, 0, 0, 0}).frame(),
       "tcp 203.0.113.9:1024 > 10.0.2.7:443 A ttl 64", "tcp 203.0.113.9:1024 > 192.0.2.1:65535 A ttl 64"},
      {"udp", testing::udp("10.0.1.5:40000", "10.0.2.7:53").payload(7).frame(),
       "udp 203.0.113.9:1024 > 10.0.2.7:53 ttl 64", "udp 203.0.113.9:1024 > 192.0.2.1:65535 ttl 64"},
      {"udp without a sum", testing::udp("10.0.1.5:40000", "10.0.2.7:53").payload(7).no_udp_sum().frame(),
       "udp 203.0.113.9:1024 > 10.0.2.7:53 ttl 64", "udp 203.0.113.9:1024 > 192.0.2.1:65535 ttl 64"},
      {"gre", testing::other(47, "10.0.1.5", "10.0.2.7").frame(), "protocol 47 203.0.113.9 > 10.0.2.7 ttl 64",
       "protocol 47 203.0.113.9 > 192.0.2.1 ttl 64"},
      {"timestamp", testing::other(kIcmp, "10.0.1.5", "10.0.2.7").icmp(13, 0, 0x03090001).payload(0).frame(),
       "icmp 13/0 203.0.113.9 > 10.0.2.7 ttl 64", "icmp 13/0 203.0.113.9 > 192.0.2.1 ttl 64"},
  };
}

class Rewrite : public ::testing::TestWithParam<RewriteCase> {};

TEST_P(Rewrite, ThereAndBack) {
  const Frame before = GetParam().frame;
  Frame frame = before;
  auto packet = parsed(frame);
  const Endpoint source{packet.source, packet.source_port};
  const Endpoint destination{packet.destination, packet.destination_port};
  rewrite_source(frame.data(), packet, {ip("203.0.113.9"), 1024});
  EXPECT_EQ(describe(frame), GetParam().source_rewritten);
  EXPECT_EQ(wrong_sum(frame), "");
  rewrite_destination(frame.data(), packet, {ip("192.0.2.1"), 65535});
  EXPECT_EQ(describe(frame), GetParam().both_rewritten);
  EXPECT_EQ(wrong_sum(frame), "");
  expect_kept_up(frame, packet);
  rewrite_destination(frame.data(), packet, destination);
  rewrite_source(frame.data(), packet, source);
  EXPECT_EQ(frame, before);
}

INSTANTIATE_TEST_SUITE_P(Protocols, Rewrite, ::testing::ValuesIn(cases()));

TEST(RewriteEcho, TheIdIsThePort) {
  const Frame before = echo_request("10.0.1.5", "192.0.2.1", 77).frame();
  Frame frame = before;
  auto packet = parsed(frame);
  rewrite_source(frame.data(), packet, {ip("203.0.113.9"), 5000});
  EXPECT_EQ(describe(frame), "icmp 8/0 203.0.113.9 > 192.0.2.1 id 5000 ttl 64");
  EXPECT_EQ(wrong_sum(frame), "");
  expect_kept_up(frame, packet);
  rewrite_source(frame.data(), packet, {ip("10.0.1.5"), 77});
  EXPECT_EQ(frame, before);
}

// Ports are chosen so that the sum comes out as 0 at one of them: it must be sent as 0xFFFF and never read as none.
TEST(RewriteEcho, ZerosAloneHaveASum) {
  Frame frame = echo_reply("192.0.2.1", "203.0.113.9", 1024).frame();
  auto packet = parsed(frame);
  rewrite_destination(frame.data(), packet, {ip("10.0.1.5"), 0});
  EXPECT_EQ(wrong_sum(frame), "");
}

TEST(RewriteUdp, EverySourcePort) {
  const Frame seed = testing::udp("10.0.1.5:40000", "10.0.2.7:53").payload(6).frame();
  std::size_t all_ones = 0;
  for (std::uint32_t port = 0; port <= 0xFFFF; ++port) {
    Frame frame = seed;
    auto packet = parse(frame, {.own_mac = kGatewayMac});
    rewrite_source(frame.data(), packet, {ip("203.0.113.9"), static_cast<std::uint16_t>(port)});
    const std::uint16_t field = load_be16(&frame[34 + udp::kSum]);
    ASSERT_NE(field, 0) << port;
    all_ones += field == 0xFFFF ? 1U : 0U;
    ASSERT_EQ(wrong_sum(frame), "") << port;
    rewrite_source(frame.data(), packet, {ip("10.0.1.5"), 40000});
    ASSERT_EQ(frame, seed) << port;
  }
  EXPECT_GE(all_ones, 1U);
}

TEST(RewriteUdp, NoSumStaysNone) {
  Frame frame = testing::udp("10.0.1.5:40000", "10.0.2.7:53").payload(6).no_udp_sum().frame();
  auto packet = parsed(frame);
  rewrite_source(frame.data(), packet, {ip("203.0.113.9"), 9});
  EXPECT_EQ(load_be16(&frame[34 + udp::kSum]), 0);
}

TEST(RewriteSums, AWrongOneStaysWrong) {
  Frame frame = testing::tcp("10.0.1.5:40000", "10.0.2.7:443", tcp::kAck).payload(4).patch(34 + 21, 0xAA).frame();
  auto packet = parsed(frame);
  rewrite_source(frame.data(), packet, {ip("203.0.113.9"), 9});
  EXPECT_EQ(wrong_sum(frame), "transport sum");
}

TEST(RewriteTtl, CountsDownWithARightSum) {
  for (unsigned ttl = 255; ttl > 0; --ttl) {
    Frame frame = testing::udp("10.0.1.5:1", "10.0.2.7:2").ttl(static_cast<std::uint8_t>(ttl)).frame();
    auto packet = parsed(frame);
    decrement_ttl(frame.data(), packet);
    ASSERT_EQ(load8(&frame[14 + ipv4::kTtl]), ttl - 1);
    ASSERT_EQ(packet.ttl, ttl - 1);
    ASSERT_EQ(wrong_sum(frame), "");
  }
}

TEST(RewriteLink, Addresses) {
  Frame frame = testing::udp("10.0.1.5:1", "10.0.2.7:2").frame();
  set_link_addresses(frame.data(), mac("02:00:00:00:00:0a"), mac("02:00:00:00:00:0b"));
  EXPECT_EQ(load_mac(&frame[0]), mac("02:00:00:00:00:0b"));
  EXPECT_EQ(load_mac(&frame[6]), mac("02:00:00:00:00:0a"));
}

struct QuoteCase {
  const char* what;
  Frame quoted;
  std::size_t bytes;
  const char* expected;  // with source and destination of the quote rewritten
};

std::vector<QuoteCase> quote_cases() {
  const auto tcp_packet = testing::tcp("203.0.113.9:1024", "192.0.2.1:443", tcp::kAck).payload(30).packet();
  const auto udp_packet = testing::udp("203.0.113.9:1024", "192.0.2.1:53").payload(30).packet();
  const auto echo = echo_request("203.0.113.9", "192.0.2.1", 1024).packet();
  return {
      {"tcp, all of it", tcp_packet, 548, "tcp 10.0.1.5:40000 > 198.51.100.2:40000 A ttl 64"},
      {"tcp, eight bytes", tcp_packet, 28, "tcp 10.0.1.5:40000 > 198.51.100.2:40000 ttl 64"},
      {"tcp, half the sum", tcp_packet, 37, "tcp 10.0.1.5:40000 > 198.51.100.2:40000 A ttl 64"},
      {"tcp, the sum", tcp_packet, 38, "tcp 10.0.1.5:40000 > 198.51.100.2:40000 A ttl 64"},
      {"udp, all of it", udp_packet, 548, "udp 10.0.1.5:40000 > 198.51.100.2:40000 ttl 64"},
      {"udp, eight bytes", udp_packet, 28, "udp 10.0.1.5:40000 > 198.51.100.2:40000 ttl 64"},
      {"udp, the ports", udp_packet, 24, "udp 10.0.1.5:40000 > 198.51.100.2:40000 ttl 64"},
      {"udp without a sum", testing::udp("203.0.113.9:1024", "192.0.2.1:53").no_udp_sum().packet(), 548,
       "udp 10.0.1.5:40000 > 198.51.100.2:40000 ttl 64"},
      {"the header alone", udp_packet, 20, "protocol 17 10.0.1.5 > 198.51.100.2 ttl 64"},
      {"echo", echo, 548, "icmp 8/0 10.0.1.5 > 198.51.100.2 id 40000 ttl 64"},
      {"gre", testing::other(47, "203.0.113.9", "192.0.2.1").packet(), 28,
       "protocol 47 10.0.1.5 > 198.51.100.2 ttl 64"},
  };
}

TEST(RewriteQuote, ThereAndBack) {
  for (const auto& c : quote_cases()) {
    const Frame before = icmp_error("192.0.2.254", "203.0.113.9", 3, 4, c.quoted, c.bytes, 1400).frame();
    Frame frame = before;
    auto packet = parsed(frame);
    const Endpoint source{packet.quoted.source, packet.quoted.source_port};
    const Endpoint destination{packet.quoted.destination, packet.quoted.destination_port};
    rewrite_quoted_source(frame.data(), packet, {ip("10.0.1.5"), 40000});
    EXPECT_EQ(wrong_sum(frame), "") << c.what;
    rewrite_quoted_destination(frame.data(), packet, {ip("198.51.100.2"), 40000});
    EXPECT_EQ(describe(frame), "icmp 3/4 192.0.2.254 > 203.0.113.9 [" + std::string(c.expected) + "] ttl 64") << c.what;
    EXPECT_EQ(wrong_sum(frame), "") << c.what;
    expect_kept_up(frame, packet);
    rewrite_quoted_destination(frame.data(), packet, destination);
    rewrite_quoted_source(frame.data(), packet, source);
    EXPECT_EQ(frame, before) << c.what;
  }
}

TEST(RewriteQuote, WithTheOuterAddressesToo) {
  const auto quoted = testing::udp("203.0.113.9:1024", "192.0.2.1:53").payload(3).packet();
  Frame frame = icmp_error("192.0.2.254", "203.0.113.9", 11, 0, quoted).frame();
  auto packet = parsed(frame);
  rewrite_destination(frame.data(), packet, {ip("10.0.1.5"), 0});
  rewrite_quoted_source(frame.data(), packet, {ip("10.0.1.5"), 40000});
  EXPECT_EQ(describe(frame), "icmp 11/0 192.0.2.254 > 10.0.1.5 [udp 10.0.1.5:40000 > 192.0.2.1:53 ttl 64] ttl 64");
  EXPECT_EQ(wrong_sum(frame), "");
}

}  // namespace
}  // namespace sallyport::dataplane
