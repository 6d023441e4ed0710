// IPv6 addresses and prefixes as text, and what a prefix holds.
#include "rules/model/ipv6.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport::rules {
namespace {

struct Text {
  const char* read;
  const char* written;  // nullptr: no address
};

TEST(Ipv6, IsReadAndWritten) {
  constexpr Text kTexts[]{{"::", "::"},
                          {"::1", "::1"},
                          {"1::", "1::"},
                          {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
                          {"2001:db8::0001", "2001:db8::1"},
                          {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
                          {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
                          {"2001:0:0:1:1:0:0:1", "2001::1:1:0:0:1"},
                          {"fe80::1:2:3:4", "fe80::1:2:3:4"},
                          {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
                          {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
                          {"::ffff:192.0.2.1", "::ffff:c000:201"},
                          {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
                          {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
                          {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
                          {"", nullptr},
                          {":", nullptr},
                          {":::", nullptr},
                          {"1", nullptr},
                          {"1:2:3:4:5:6:7", nullptr},
                          {"1:2:3:4:5:6:7:8:9", nullptr},
                          {"1:2:3:4::5:6:7:8", nullptr},
                          {"1::2::3", nullptr},
                          {"12345::", nullptr},
                          {"g::", nullptr},
                          {"1:", nullptr},
                          {":1", nullptr},
                          {"1::2:", nullptr},
                          {":1::2", nullptr},
                          {"fe80::1%eth0", nullptr},
                          {" ::1", nullptr},
                          {"::1 ", nullptr},
                          {"+1::", nullptr},
                          {"::1.2.3", nullptr},
                          {"::1.2.3.4.5", nullptr},
                          {"1.2.3.4::", nullptr},
                          {"::1.2.3.4:5", nullptr},
                          {"1:2:3:4:5:6:7:1.2.3.4", nullptr},
                          {"192.0.2.1", nullptr},
                          {"::256.0.0.1", nullptr}};
  for (const auto& [read, written] : kTexts) {
    const auto address = parse_ipv6(read);
    ASSERT_EQ(address.has_value(), written != nullptr) << read;
    EXPECT_EQ(address ? to_string(*address) : "", written != nullptr ? written : "") << read;
  }
}

RC_GTEST_PROP(Ipv6, WhatIsWrittenIsReadAgain, (std::uint64_t high, std::uint64_t low, std::uint64_t mask)) {
  const Ipv6 address{high & mask, low & ~mask};
  RC_ASSERT(parse_ipv6(to_string(address)) == address);
}

TEST(Ipv6, Prefixes) {
  const auto prefix = parse_ipv6_prefix("2001:db8:10::/56");
  ASSERT_TRUE(prefix);
  EXPECT_FALSE(prefix->host_bits);
  EXPECT_EQ(to_string(prefix->prefix.last()), "2001:db8:10:ff:ffff:ffff:ffff:ffff");
  EXPECT_TRUE(prefix->prefix.contains(*parse_ipv6("2001:db8:10:ab::1")));
  EXPECT_FALSE(prefix->prefix.contains(*parse_ipv6("2001:db8:10:100::")));
  EXPECT_TRUE(prefix->prefix.contains(parse_ipv6_prefix("2001:db8:10:3::/64")->prefix));
  EXPECT_FALSE(prefix->prefix.contains(parse_ipv6_prefix("2001:db8::/32")->prefix));
  EXPECT_TRUE(parse_ipv6_prefix("2001:db8::1/64")->host_bits);
  EXPECT_EQ(to_string(parse_ipv6_prefix("2001:db8::1/64")->prefix), "2001:db8::/64");
  EXPECT_EQ(parse_ipv6_prefix("::/0")->prefix, Ipv6Prefix{});
  EXPECT_EQ(Ipv6Prefix{}.last(), kLastIpv6);
  EXPECT_EQ(parse_ipv6_prefix("8000::/1")->prefix.last(), kLastIpv6);
  for (const auto* text : {"::", "::/", "::/129", "::/01", "::/-1", "::/+1", "/0", "::/0/0", "10.0.0.0/8", "::/1000"}) {
    EXPECT_FALSE(parse_ipv6_prefix(text)) << text;
  }
}

TEST(Ipv6, NeighboursCarryAcrossTheHalves) {
  const Ipv6 last_of_half{5, ~std::uint64_t{0}};
  EXPECT_EQ(next(last_of_half), (Ipv6{6, 0}));
  EXPECT_EQ(previous(Ipv6{6, 0}), last_of_half);
  EXPECT_EQ(next(Ipv6{5, 1}), (Ipv6{5, 2}));
}

}  // namespace
}  // namespace sallyport::rules
