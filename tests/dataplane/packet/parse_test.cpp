// Every check of docs/packet-path.md "Parse", as a table; and that nothing outside the frame is ever read.
#include "dataplane/packet/parse.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "tests/dataplane/support/packet_builder.h"

namespace sallyport::dataplane {
namespace {

using namespace testing;
using rules::DropCode;

constexpr ParseOptions kOptions{.own_mac = kGatewayMac};

constexpr std::size_t kIp = ethernet::kHeaderBytes;
constexpr std::size_t kL4 = kIp + ipv4::kHeaderBytes;

PacketBuilder web() { return testing::tcp("10.0.1.5:40000", "10.0.2.7:443", tcp::kSyn); }
PacketBuilder dns() { return testing::udp("10.0.1.5:40000", "10.0.2.7:53").payload(20); }
Frame quote() { return dns().packet(); }

Frame cut(Frame frame, std::size_t bytes) {
  frame.resize(bytes);
  return frame;
}

Frame with_type(Frame frame, std::uint16_t type) {
  store_be16(&frame[ethernet::kType], type);
  return frame;
}

// Changes two bytes of the IPv4 header and makes its sum right again.
Frame with_ip_word(Frame frame, std::size_t offset, std::uint16_t value) {
  std::byte* header = &frame[kIp];
  store_be16(header + offset, value);
  store_be16(header + ipv4::kSum, 0);
  std::uint32_t sum = 0;
  const std::size_t length = std::max<std::size_t>((load8(header) & 0xFU) * 4U, ipv4::kHeaderBytes);
  for (std::size_t i = 0; i < length && kIp + i + 1 < frame.size(); i += 2) sum += load_be16(header + i);
  while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16U);
  store_be16(header + ipv4::kSum, static_cast<std::uint16_t>(~sum));
  return frame;
}

struct ParseCase {
  const char* what;
  Frame frame;
  DropCode expected;
};

void PrintTo(const ParseCase& c, std::ostream* out) { *out << c.what; }

std::vector<ParseCase> link_cases() {
  return {
      {"13 bytes", cut(web().frame(), 13), DropCode::MALFORMED_ETHERNET},
      {"nothing", {}, DropCode::MALFORMED_ETHERNET},
      {"multicast source", web().from(mac("01:00:5e:00:00:01")).frame(), DropCode::MALFORMED_ETHERNET},
      {"zero source", web().from({}).frame(), DropCode::MALFORMED_ETHERNET},
      {"another station", web().to(mac("02:00:00:00:00:99")).frame(), DropCode::NOT_FOR_GATEWAY},
      {"another station, other type", with_type(web().to(mac("02:00:00:00:00:99")).frame(), 0x86DD),
       DropCode::NOT_FOR_GATEWAY},
      {"IPv6", with_type(web().frame(), 0x86DD), DropCode::UNSUPPORTED_ETHERTYPE},
      {"VLAN tag", with_type(web().frame(), 0x8100), DropCode::UNSUPPORTED_ETHERTYPE},
      {"14 bytes of IPv4", cut(web().frame(), 14), DropCode::MALFORMED_IPV4},
      {"14 bytes of IPv6", cut(with_type(web().frame(), 0x86DD), 14), DropCode::UNSUPPORTED_ETHERTYPE},
  };
}

std::vector<ParseCase> ip_cases() {
  return {
      {"33 bytes", cut(web().frame(), 33), DropCode::MALFORMED_IPV4},
      {"version 6", with_ip_word(web().frame(), 0, 0x6500), DropCode::MALFORMED_IPV4},
      {"header of 16 bytes", with_ip_word(web().frame(), 0, 0x4400), DropCode::MALFORMED_IPV4},
      {"header beyond the frame", with_ip_word(web().frame(), 0, 0x4F00), DropCode::MALFORMED_IPV4},
      {"total below the header", with_ip_word(web().frame(), ipv4::kTotalLength, 19), DropCode::MALFORMED_IPV4},
      {"total beyond the frame", with_ip_word(web().frame(), ipv4::kTotalLength, 41), DropCode::MALFORMED_IPV4},
      {"header sum", web().patch(kIp + ipv4::kTtl, 63).frame(), DropCode::BAD_CHECKSUM},
      {"loose source route", web().options({131, 7, 4, 10, 0, 0, 1, 0}).frame(), DropCode::MALFORMED_IPV4},
      {"strict source route behind a no-op", web().options({1, 137, 7, 4, 10, 0, 0, 1}).frame(),
       DropCode::MALFORMED_IPV4},
      {"option of length 1", web().options({7, 1, 0, 0}).frame(), DropCode::MALFORMED_IPV4},
      {"option longer than the header", web().options({7, 9, 4, 0}).frame(), DropCode::MALFORMED_IPV4},
      {"option without its length", web().options({1, 1, 1, 7}).frame(), DropCode::MALFORMED_IPV4},
      {"record route", web().options({7, 7, 4, 0, 0, 0, 0, 0}).frame(), DropCode::none},
      {"a source route behind the end is padding", web().options({0, 131, 7, 4}).frame(), DropCode::none},
      {"first fragment", dns().fragment(0, true).frame(), DropCode::FRAGMENT_LIMIT},
      {"last fragment", dns().fragment(3, false).frame(), DropCode::FRAGMENT_LIMIT},
      {"DF is no fragment", dns().dont_fragment().frame(), DropCode::none},
      {"trailer", web().trailer(6).frame(), DropCode::none},
      {"padded", web().pad().frame(), DropCode::none},
  };
}

ParseCase address_case(const char* what, const char* source, const char* destination, DropCode expected) {
  return {what, testing::other(47, source, destination).frame(), expected};
}

std::vector<ParseCase> address_cases() {
  const auto martian = DropCode::MARTIAN_ADDRESS;
  const auto group = DropCode::MULTICAST_OR_BROADCAST;
  return {
      address_case("source 0/8", "0.0.0.0", "10.0.0.1", martian),
      address_case("who has no address yet", "0.0.0.0", "255.255.255.255", DropCode::MULTICAST_OR_BROADCAST),
      address_case("source 127/8", "127.0.0.1", "10.0.0.1", martian),
      address_case("source 224/4", "224.0.0.1", "10.0.0.1", martian),
      address_case("source 240/4", "240.0.0.1", "10.0.0.1", martian),
      address_case("source broadcast", "255.255.255.255", "10.0.0.1", martian),
      address_case("source link-local", "169.254.3.4", "10.0.0.1", martian),
      address_case("destination 0/8", "10.0.0.1", "0.1.2.3", martian),
      address_case("destination 127/8", "10.0.0.1", "127.9.9.9", martian),
      address_case("destination 240/4", "10.0.0.1", "255.255.255.254", martian),
      address_case("destination link-local", "10.0.0.1", "169.254.169.254", martian),
      address_case("destination multicast", "10.0.0.1", "239.1.1.1", group),
      address_case("destination broadcast", "10.0.0.1", "255.255.255.255", group),
      address_case("lowest good source", "1.0.0.0", "10.0.0.1", DropCode::none),
      address_case("highest good source", "223.255.255.255", "10.0.0.1", DropCode::none),
      address_case("beside 127/8", "128.0.0.1", "126.255.255.255", DropCode::none),
      address_case("beside 169.254/16", "169.253.255.255", "169.255.0.0", DropCode::none),
      {"broadcast frame", web().to(kBroadcastMac).frame(), group},
      {"multicast frame", web().to(mac("01:00:5e:00:00:05")).frame(), group},
  };
}

std::vector<ParseCase> l4_cases() {
  return {
      {"TCP of 19 bytes", with_ip_word(web().frame(), ipv4::kTotalLength, 39), DropCode::MALFORMED_L4},
      {"TCP data offset 4", web().patch(kL4 + tcp::kDataOffset, 0x40).frame(), DropCode::MALFORMED_L4},
      {"TCP data offset beyond", web().patch(kL4 + tcp::kDataOffset, 0x60).frame(), DropCode::MALFORMED_L4},
      {"TCP options of four bytes", web().payload(4).patch(kL4 + tcp::kDataOffset, 0x60).frame(), DropCode::none},
      {"UDP of 7 bytes", with_ip_word(dns().frame(), ipv4::kTotalLength, 27), DropCode::MALFORMED_L4},
      {"UDP length 7", dns().patch(kL4 + udp::kLength + 1, 7).frame(), DropCode::MALFORMED_L4},
      {"UDP length beyond", dns().patch(kL4 + udp::kLength + 1, 29).frame(), DropCode::MALFORMED_L4},
      {"UDP length below the payload", dns().patch(kL4 + udp::kLength + 1, 27).frame(), DropCode::none},
      {"ICMP of 7 bytes", with_ip_word(echo_request("10.0.1.5", "10.0.2.7", 7).frame(), ipv4::kTotalLength, 27),
       DropCode::MALFORMED_L4},
      {"echo", echo_request("10.0.1.5", "10.0.2.7", 7).frame(), DropCode::none},
      {"GRE without a byte", testing::other(47, "10.0.1.5", "10.0.2.7").payload(0).frame(), DropCode::none},
      {"error with a wrong sum",
       icmp_error("10.0.1.5", "10.0.2.7", 3, 1, quote()).patch(kL4 + icmp::kSum, 0x77).frame(), DropCode::BAD_CHECKSUM},
      {"error quoting nothing", icmp_error("10.0.1.5", "10.0.2.7", 3, 3, {}).frame(), DropCode::none},
  };
}

class Parse : public ::testing::TestWithParam<ParseCase> {};

TEST_P(Parse, GivesTheCode) {
  EXPECT_EQ(rules::name_of(parse(GetParam().frame, kOptions).drop), rules::name_of(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(Link, Parse, ::testing::ValuesIn(link_cases()));
INSTANTIATE_TEST_SUITE_P(Ip, Parse, ::testing::ValuesIn(ip_cases()));
INSTANTIATE_TEST_SUITE_P(Address, Parse, ::testing::ValuesIn(address_cases()));
INSTANTIATE_TEST_SUITE_P(L4, Parse, ::testing::ValuesIn(l4_cases()));

TEST(ParseFacts, OfASegmentWithOptionsAndTrailer) {
  const auto frame = web().options({1, 1, 1, 1}).ttl(9).dont_fragment().payload(5).trailer(7).frame();
  const auto p = parse(frame, kOptions);
  ASSERT_EQ(p.drop, DropCode::none);
  EXPECT_EQ(p.source, ip("10.0.1.5"));
  EXPECT_EQ(p.destination, ip("10.0.2.7"));
  EXPECT_EQ(p.source_port, 40000);
  EXPECT_EQ(p.destination_port, 443);
  EXPECT_EQ(p.ttl, 9);
  EXPECT_EQ(p.tcp_flags, tcp::kSyn);
  EXPECT_TRUE(p.dont_fragment && p.has_ports);
  EXPECT_FALSE(p.is_echo || p.is_icmp_error || p.is_arp);
  EXPECT_EQ(p.header_length, 24);
  EXPECT_EQ(p.total_length, 24 + 20 + 5);
  EXPECT_EQ(p.frame_length, frame.size() - 7);
  EXPECT_EQ(p.l4_offset, 14 + 24);
  EXPECT_EQ(p.l4_length, 25);
}

TEST(ParseFacts, AnEchoHasItsIdInBothPorts) {
  const auto p = parse(echo_reply("10.0.1.5", "10.0.2.7", 777).frame(), kOptions);
  EXPECT_TRUE(p.is_echo && p.has_ports);
  EXPECT_EQ(p.source_port, 777);
  EXPECT_EQ(p.destination_port, 777);
}

TEST(ParseFacts, OtherIcmpHasNoPorts) {
  const auto p = parse(testing::other(kIcmp, "10.0.1.5", "10.0.2.7").icmp(13, 0, 0x03090001).frame(), kOptions);
  EXPECT_EQ(p.drop, DropCode::none);
  EXPECT_FALSE(p.has_ports || p.is_echo);
  EXPECT_EQ(p.source_port, 0);
}

TEST(ParseFacts, ThePortsOwnStationSendsNothingHere) {
  const auto own = web().from(kOptions.own_mac).frame();
  EXPECT_EQ(parse(own, kOptions).drop, DropCode::MALFORMED_ETHERNET);
  ParseOptions options = kOptions;
  options.any_destination_mac = true;
  EXPECT_EQ(parse(own, options).drop, DropCode::none);
}

TEST(ParseFacts, AnyDestination) {
  ParseOptions options = kOptions;
  options.any_destination_mac = true;
  EXPECT_EQ(parse(web().to(mac("02:00:00:00:00:99")).frame(), options).drop, DropCode::none);
}

TEST(ParseFacts, ThePortVerifiedTheHeader) {
  ParseOptions options = kOptions;
  options.packet_flags = kIpChecksumGood;
  EXPECT_EQ(parse(web().patch(kIp + ipv4::kTtl, 63).frame(), options).drop, DropCode::none);
}

TEST(ParseFacts, ACaptureMayHoldLess) {
  ParseOptions options = kOptions;
  const auto frame = cut(web().payload(100).frame(), 60);
  EXPECT_EQ(parse(frame, options).drop, DropCode::MALFORMED_IPV4);
  options.packet_flags = kCutShort;
  const auto p = parse(frame, options);
  EXPECT_EQ(p.drop, DropCode::none);
  EXPECT_EQ(p.frame_length, 60U);
  EXPECT_EQ(p.l4_length, 120);
  EXPECT_EQ(check_l4_sum(frame, p, kCutShort), L4Sum::none);
}

struct QuoteCase {
  const char* what;
  Frame quoted;
  std::size_t bytes;
  bool present, has_ports;
};

TEST(ParseQuote, AsFarAsItGoes) {
  const QuoteCase cases[] = {
      {"19 bytes", quote(), 19, false, false},
      {"the header alone", quote(), 20, true, false},
      {"three bytes of ports", quote(), 23, true, false},
      {"the ports", quote(), 24, true, true},
      {"eight bytes", quote(), 28, true, true},
      {"echo without its id", echo_request("10.0.2.7", "10.0.1.5", 9).packet(), 25, true, false},
      {"echo with its id", echo_request("10.0.2.7", "10.0.1.5", 9).packet(), 26, true, true},
      {"a later fragment", dns().fragment(2, false).packet(), 28, false, false},
      {"header with options, cut", dns().options({1, 1, 1, 1}).packet(), 22, false, false},
      {"GRE", testing::other(47, "10.0.2.7", "10.0.1.5").packet(), 28, true, false},
  };
  for (const auto& c : cases) {
    const auto p = parse(icmp_error("10.9.9.9", "10.0.1.5", 3, 4, c.quoted, c.bytes, 1400).frame(), kOptions);
    EXPECT_EQ(p.drop, DropCode::none) << c.what;
    EXPECT_TRUE(p.is_icmp_error && !p.has_ports) << c.what;
    EXPECT_EQ(p.quoted.present, c.present) << c.what;
    EXPECT_EQ(p.quoted.has_ports, c.has_ports) << c.what;
  }
}

TEST(ParseQuote, Facts) {
  const auto p =
      parse(icmp_error("10.9.9.9", "10.0.1.5", 3, 1, dns().options({1, 1, 1, 1}).packet(), 40).frame(), kOptions);
  EXPECT_EQ(p.quoted.protocol, kUdp);
  EXPECT_EQ(p.quoted.source, ip("10.0.1.5"));
  EXPECT_EQ(p.quoted.destination, ip("10.0.2.7"));
  EXPECT_EQ(p.quoted.source_port, 40000);
  EXPECT_EQ(p.quoted.destination_port, 53);
  EXPECT_EQ(p.quoted.l3_offset, 14 + 20 + 8);
  EXPECT_EQ(p.quoted.l4_offset, 14 + 20 + 8 + 24);
  EXPECT_EQ(p.quoted.l4_bytes, 16);
}

TEST(ParseQuote, WrongInnerHeaderSum) {
  auto inner = quote();
  inner[ipv4::kTtl] = std::byte{1};
  EXPECT_EQ(parse(icmp_error("10.9.9.9", "10.0.1.5", 11, 0, inner).frame(), kOptions).drop, DropCode::BAD_CHECKSUM);
}

TEST(L4Sums, AreToldApart) {
  struct Case {
    const char* what;
    Frame frame;
    std::uint8_t flags;
    L4Sum expected;
  };
  const Case cases[] = {
      {"tcp", web().payload(33).frame(), 0, L4Sum::good},
      {"udp of odd length", dns().payload(7).frame(), 0, L4Sum::good},
      {"udp without", dns().no_udp_sum().frame(), 0, L4Sum::none},
      {"gre", testing::other(47, "10.0.1.5", "10.0.2.7").frame(), 0, L4Sum::none},
      {"tcp, a bit", web().payload(33).patch(kL4 + 40, 0xFF).frame(), 0, L4Sum::bad},
      {"the port says good", web().payload(33).patch(kL4 + 40, 0xFF).frame(), kL4ChecksumGood, L4Sum::good},
      {"ports know nothing of icmp", echo_request("10.0.1.5", "10.0.2.7", 7).patch(kL4 + 12, 0xFF).frame(),
       kL4ChecksumGood, L4Sum::bad},
      {"tcp unfinished", web().payload(33).unfinished_sum().frame(), 0, L4Sum::unfinished},
      {"udp unfinished", dns().unfinished_sum().frame(), 0, L4Sum::unfinished},
      {"trailer is not covered", dns().payload(3).trailer(9).patch(kL4 + 14, 0x55).frame(), 0, L4Sum::good},
  };
  for (const auto& c : cases) {
    const auto p = parse(c.frame, kOptions);
    ASSERT_EQ(p.drop, DropCode::none) << c.what;
    EXPECT_EQ(check_l4_sum(c.frame, p, c.flags), c.expected) << c.what;
  }
}

TEST(L4Sums, AreFinished) {
  for (auto frame :
       {web().payload(33).unfinished_sum().frame(), dns().payload(3).unfinished_sum().trailer(4).frame()}) {
    const auto p = parse(frame, kOptions);
    finish_l4_sum(frame, p);
    EXPECT_EQ(wrong_sum(frame), "");
    EXPECT_EQ(check_l4_sum(frame, p, 0), L4Sum::good);
  }
}

TEST(ParseArp, Table) {
  struct Case {
    const char* what;
    Frame frame;
    bool good, request, probe, gratuitous;
  };
  const auto broken = [](std::size_t at, std::uint8_t value) {
    auto frame = arp_request(kHostMac, "10.0.1.5", "10.0.1.1");
    frame[kIp + at] = std::byte{value};
    return frame;
  };
  const Case cases[] = {
      {"request", arp_request(kHostMac, "10.0.1.5", "10.0.1.1"), true, true, false, false},
      {"reply", arp_reply(kHostMac, "10.0.1.5", kGatewayMac, "10.0.1.1"), true, false, false, false},
      {"probe", arp_request(kHostMac, "0.0.0.0", "10.0.1.5"), true, true, true, false},
      {"gratuitous", arp_request(kHostMac, "10.0.1.5", "10.0.1.5"), true, true, false, true},
      {"cut", cut(arp_request(kHostMac, "10.0.1.5", "10.0.1.1"), 41), false, false, false, false},
      {"hardware type", broken(1, 6), false, false, false, false},
      {"protocol type", broken(3, 1), false, false, false, false},
      {"hardware length", broken(4, 8), false, false, false, false},
      {"protocol length", broken(5, 16), false, false, false, false},
      {"operation 3", broken(7, 3), false, false, false, false},
      {"multicast sender", broken(8, 1), false, true, false, false},
      {"sender 224/4", broken(14, 224), false, true, false, false},
  };
  for (const auto& c : cases) {
    EXPECT_TRUE(c.frame.size() < 42 || parse(c.frame, kOptions).is_arp) << c.what;
    const auto p = parse_arp(c.frame);
    EXPECT_EQ(p.drop == DropCode::none, c.good) << c.what;
    EXPECT_EQ(p.is_request, c.request) << c.what;
    EXPECT_EQ(p.is_probe, c.probe) << c.what;
    EXPECT_EQ(p.is_gratuitous, c.gratuitous) << c.what;
  }
}

// Frames damaged and cut at random, each in a heap block of exactly its size, so that a sanitizer sees a byte too far.
TEST(ParseFuzz, NothingOutsideIsRead) {
  std::mt19937 random(7);
  const Frame seeds[] = {
      web().payload(30).frame(),
      dns().options({7, 7, 4, 0, 0, 0, 0, 0}).frame(),
      echo_request("10.0.1.5", "10.0.2.7", 7).frame(),
      icmp_error("10.9.9.9", "10.0.1.5", 3, 4, quote()).frame(),
      icmp_error("10.9.9.9", "10.0.1.5", 11, 0, echo_request("10.0.1.5", "10.0.2.7", 7).packet()).frame(),
      arp_request(kHostMac, "10.0.1.5", "10.0.1.1")};
  std::size_t passed = 0;
  for (int round = 0; round < 200'000; ++round) {
    const Frame& seed = seeds[random() % std::size(seeds)];
    const std::size_t length = random() % 2 == 0 ? seed.size() : random() % (seed.size() + 1);
    const auto block = std::make_unique<std::byte[]>(length);
    std::copy_n(seed.begin(), length, block.get());
    for (auto i = random() % 4; i > 0 && length > 0; --i) block[random() % length] = static_cast<std::byte>(random());
    const std::span<std::byte> frame(block.get(), length);
    const auto flags = static_cast<std::uint8_t>(random() % 8);
    const auto p = parse(frame, {.own_mac = kGatewayMac, .any_destination_mac = true, .packet_flags = flags});
    if (p.drop != DropCode::none) continue;
    if (p.is_arp) {
      (void)parse_arp(frame);
      continue;
    }
    ++passed;
    ASSERT_LE(p.frame_length, length);
    ASSERT_LE(p.l4_offset, p.frame_length);
    ASSERT_TRUE(!p.quoted.present || p.quoted.l4_offset + p.quoted.l4_bytes == p.frame_length);
    if (check_l4_sum(frame, p, flags) != L4Sum::none) finish_l4_sum(frame, p);
  }
  EXPECT_GT(passed, 10'000U);
}

}  // namespace
}  // namespace sallyport::dataplane
