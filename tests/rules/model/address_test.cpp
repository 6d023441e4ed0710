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

}  // namespace
}  // namespace sallyport::rules
