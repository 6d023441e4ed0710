// Every integer of both documents at its limits and just beyond them, and numbers that no integer holds.
#include <gtest/gtest.h>

#include "tests/rules/document/documents_support.h"

namespace sallyport::rules {
namespace {

using testing_support::Change;

struct Limits {
  const char* pointer;
  std::int64_t least;
  std::int64_t most;
};

void PrintTo(const Limits& limits, std::ostream* out) { *out << limits.pointer; }

// Of another kind, or beyond 64 bits: refused wherever an integer is expected.
constexpr const char* kNoIntegers[] = {"1.5",
                                       "1e300",
                                       "\"1\"",
                                       "true",
                                       "null",
                                       "[1]",
                                       "2147483648000",
                                       "9223372036854775807",
                                       "9223372036854775808",
                                       "18446744073709551615",
                                       "18446744073709551616",
                                       "-9223372036854775808",
                                       "-9223372036854775809",
                                       "1000000000000000000000000000000"};

// `said` of a document with this text in the place of the value.
template <typename Said>
void expect_limits(const Limits& limits, Said said) {
  const auto change = [&](const std::string& value) {
    return said(Change{.description = "", .pointer = limits.pointer, .value = value.c_str(), .expected = ""});
  };
  EXPECT_EQ(change(std::to_string(limits.least)), "") << limits.pointer;
  EXPECT_EQ(change(std::to_string(limits.most)), "") << limits.pointer;
  EXPECT_NE(change(std::to_string(limits.least - 1)), "") << limits.pointer;
  EXPECT_NE(change(std::to_string(limits.most + 1)), "") << limits.pointer;
  for (const char* value : kNoIntegers) EXPECT_NE(change(value), "") << limits.pointer << ' ' << value;
}

class PolicyLimits : public testing::TestWithParam<Limits> {};
TEST_P(PolicyLimits, AreKept) {
  expect_limits(GetParam(), [](const Change& change) { return testing_support::said_of_policy(change); });
}

class GatewayLimits : public testing::TestWithParam<Limits> {};
TEST_P(GatewayLimits, AreKept) {
  expect_limits(GetParam(), [](const Change& change) { return testing_support::said_of_gateway(change); });
}

constexpr Limits kPolicy[] = {
    {"/version", 1, 1},
    {"/security_groups/alb/ingress/0/from_port", 0, 443},
    {"/security_groups/alb/ingress/0/to_port", 443, 65535},
    {"/security_groups/app/ingress/2/from_port", -1, 255},
    {"/security_groups/app/ingress/2/to_port", -1, 255},
    {"/network_acls/public/ingress/0/rule_no", 1, 32766},
    {"/network_acls/public/ingress/1/from_port", 0, 443},
    {"/network_acls/public/ingress/1/to_port", 443, 65535},
    {"/network_acls/public/ingress/2/icmp_type", 0, 255},
    {"/network_acls/public/ingress/2/icmp_code", -1, 255},
    // Beyond AWS's ranges is a warning.
    {"/options/timeouts/tcp_established", 1, 2'147'483'648},
    {"/options/timeouts/udp", 1, 2'147'483'648},
    {"/options/timeouts/other", 1, 2'147'483'648},
    {"/options/timeouts/nat", 1, 2'147'483'648},
};

constexpr Limits kGateway[] = {
    {"/version", 1, 1},
    {"/workers", 1, 128},
    {"/max_flows", 2, 1'000'000'000},
    {"/ports/outside/mtu", 68, 9216},
    {"/self_check", 0, 1'000'000'000},
};

INSTANTIATE_TEST_SUITE_P(Integers, PolicyLimits, testing::ValuesIn(kPolicy));
INSTANTIATE_TEST_SUITE_P(Integers, GatewayLimits, testing::ValuesIn(kGateway));

}  // namespace
}  // namespace sallyport::rules
