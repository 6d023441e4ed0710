// Addresses, prefixes and link addresses as text and as values.
#include "rules/model/address.h"

#include <gtest/gtest.h>

namespace sallyport::rules {
namespace {

struct TextRow {
  const char* text;
  const char* expected;  // printed again, or "" where it is none
};

void PrintTo(const TextRow& row, std::ostream* out) { *out << '"' << row.text << '"'; }

class Address : public testing::TestWithParam<TextRow> {};
TEST_P(Address, IsReadAndPrinted) {
  const auto address = parse_ipv4(GetParam().text);
  EXPECT_EQ(address ? to_string(*address) : "", GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(Rows, Address,
                         testing::Values(TextRow{"0.0.0.0", "0.0.0.0"}, TextRow{"10.1.2.3", "10.1.2.3"},
                                         TextRow{"255.255.255.255", "255.255.255.255"}, TextRow{"", ""},
                                         TextRow{"10.1.2", ""}, TextRow{"10.1.2.", ""}, TextRow{"10.1.2.3.4", ""},
                                         TextRow{"10.1.2.256", ""}, TextRow{"10.01.2.3", ""}, TextRow{" 10.1.2.3", ""},
                                         TextRow{"10.1.2.3 ", ""}, TextRow{"10.1.2.-3", ""}, TextRow{"10.1.2.+3", ""},
                                         TextRow{"10.1.2.3/8", ""}, TextRow{"0x0a.1.2.3", ""},
                                         TextRow{"99999999999.1.1.1", ""}));

class Cidr : public testing::TestWithParam<TextRow> {};
TEST_P(Cidr, IsReadAndPrinted) {
  const auto parsed = parse_prefix(GetParam().text);
  EXPECT_EQ(parsed ? (parsed->host_bits ? "not " : "") + to_string(parsed->prefix) : "", GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(Rows, Cidr,
                         testing::Values(TextRow{"0.0.0.0/0", "0.0.0.0/0"}, TextRow{"10.0.0.0/8", "10.0.0.0/8"},
                                         TextRow{"10.0.0.1/32", "10.0.0.1/32"}, TextRow{"10.0.0.1/8", "not 10.0.0.0/8"},
                                         TextRow{"1.2.3.4/0", "not 0.0.0.0/0"}, TextRow{"10.0.0.0", ""},
                                         TextRow{"10.0.0.0/", ""}, TextRow{"10.0.0.0/33", ""},
                                         TextRow{"10.0.0.0/08", ""}, TextRow{"10.0.0.0/8 ", ""},
                                         TextRow{"10.0.0.0/-1", ""}, TextRow{"10.0.0.0/8/8", ""}));

class Mac : public testing::TestWithParam<TextRow> {};
TEST_P(Mac, IsReadAndPrinted) {
  const auto mac = parse_mac(GetParam().text);
  EXPECT_EQ(mac ? to_string(*mac) : "", GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(Rows, Mac,
                         testing::Values(TextRow{"02:00:0A:ff:0b:9c", "02:00:0a:ff:0b:9c"}, TextRow{"", ""},
                                         TextRow{"02:00:0a:ff:0b", ""}, TextRow{"02-00-0a-ff-0b-9c", ""},
                                         TextRow{"02:00:0a:ff:0b:9g", ""}, TextRow{"2:0:a:f:b:9", ""},
                                         TextRow{"02:00:0a:ff:0b:9c:", ""}));

TEST(PrefixValue, ContainsWhatLiesInside) {
  const Prefix prefix{{0x0A000100}, 24};
  EXPECT_TRUE(prefix.contains(Ipv4{0x0A000100}));
  EXPECT_TRUE(prefix.contains(Ipv4{0x0A0001FF}));
  EXPECT_FALSE(prefix.contains(Ipv4{0x0A000200}));
  EXPECT_TRUE(prefix.contains(prefix));
  EXPECT_TRUE(prefix.contains(Prefix{{0x0A000180}, 25}));
  EXPECT_FALSE(prefix.contains(Prefix{{0x0A000000}, 23}));
  EXPECT_EQ(prefix.last().value, 0x0A0001FFU);
  EXPECT_EQ(Prefix{}.last().value, 0xFFFFFFFFU);
  EXPECT_TRUE(Prefix{}.contains(Ipv4{0xFFFFFFFF}));
}

TEST(PrivateRanges, EndWhereTheRfcsSay) {
  const auto range = [](std::string_view text) {
    const auto address = *parse_ipv4(text);
    return is_rfc1918(address) ? 1918 : is_rfc6598(address) ? 6598 : 0;
  };
  EXPECT_EQ(range("9.255.255.255"), 0);
  EXPECT_EQ(range("10.0.0.0"), 1918);
  EXPECT_EQ(range("10.255.255.255"), 1918);
  EXPECT_EQ(range("11.0.0.0"), 0);
  EXPECT_EQ(range("172.15.255.255"), 0);
  EXPECT_EQ(range("172.16.0.0"), 1918);
  EXPECT_EQ(range("172.31.255.255"), 1918);
  EXPECT_EQ(range("172.32.0.0"), 0);
  EXPECT_EQ(range("192.168.0.0"), 1918);
  EXPECT_EQ(range("192.169.0.0"), 0);
  EXPECT_EQ(range("100.63.255.255"), 0);
  EXPECT_EQ(range("100.64.0.0"), 6598);
  EXPECT_EQ(range("100.127.255.255"), 6598);
  EXPECT_EQ(range("100.128.0.0"), 0);
}

TEST(Nobodys, EndWhereTheRfcsSay) {
  const struct {
    const char* address;
    const char* block;  // "" where a host may have it
  } rows[] = {{"0.0.0.0", "0.0.0.0/8"},
              {"0.255.255.255", "0.0.0.0/8"},
              {"1.0.0.0", ""},
              {"126.255.255.255", ""},
              {"127.0.0.0", "127.0.0.0/8"},
              {"127.255.255.255", "127.0.0.0/8"},
              {"128.0.0.0", ""},
              {"169.253.255.255", ""},
              {"169.254.0.0", "169.254.0.0/16"},
              {"169.254.255.255", "169.254.0.0/16"},
              {"169.255.0.0", ""},
              {"223.255.255.255", ""},
              {"224.0.0.0", "224.0.0.0/4"},
              {"239.255.255.255", "224.0.0.0/4"},
              {"240.0.0.0", "240.0.0.0/4"},
              {"255.255.255.255", "240.0.0.0/4"}};
  for (const auto& row : rows) {
    const auto address = *parse_ipv4(row.address);
    const auto* block = nobodys_block({.base = address, .length = 32});
    EXPECT_EQ(block != nullptr ? to_string(block->block) : "", row.block) << row.address;
    EXPECT_EQ(may_be_a_hosts(address), block == nullptr) << row.address;
  }
  EXPECT_EQ(nobodys_block(parse_prefix("126.0.0.0/7")->prefix), nullptr) << "half of it is somebody's";
  EXPECT_NE(nobodys_block(parse_prefix("127.5.0.0/16")->prefix), nullptr);
}

TEST(Links, NameTheirNetworkAndAllOfIt) {
  const struct {
    const char* link;
    const char* address;
    bool no_host;
  } rows[] = {{"198.51.100.0/24", "198.51.100.0", true},  {"198.51.100.0/24", "198.51.100.255", true},
              {"198.51.100.0/24", "198.51.100.1", false}, {"198.51.100.4/30", "198.51.100.4", true},
              {"198.51.100.4/30", "198.51.100.7", true},  {"198.51.100.4/30", "198.51.100.3", false},
              {"198.51.100.4/31", "198.51.100.4", false}, {"198.51.100.4/31", "198.51.100.5", false},
              {"198.51.100.4/32", "198.51.100.4", false}};
  for (const auto& row : rows) {
    EXPECT_EQ(names_no_host(parse_prefix(row.link)->prefix, *parse_ipv4(row.address)), row.no_host)
        << row.link << ' ' << row.address;
  }
}

}  // namespace
}  // namespace sallyport::rules
