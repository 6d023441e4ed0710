// The small questions that the model's types answer themselves, and the table of drop codes.
#include "rules/model/policy.h"

#include <gtest/gtest.h>

#include <set>

#include "rules/model/drop_code.h"
#include "rules/model/policy_size.h"

namespace sallyport::rules {
namespace {

TEST(SubnetValue, ReservesItsFirstFourAddressesAndTheLast) {
  Subnet subnet;
  subnet.cidr_block = parse_prefix("10.0.1.0/28")->prefix;
  EXPECT_EQ(to_string(subnet.router()), "10.0.1.1");
  for (std::uint32_t host = 0; host < 16; ++host) {
    EXPECT_EQ(subnet.reserves(Ipv4{subnet.cidr_block.base.value + host}), host < 4 || host == 15) << host;
  }
}

TEST(VpcValue, ResolverIsTheSecondAddressOfItsFirstBlock) {
  Vpc vpc;
  vpc.cidr_blocks = {parse_prefix("10.9.0.0/16")->prefix, parse_prefix("10.1.0.0/16")->prefix};
  EXPECT_EQ(to_string(vpc.resolver()), "10.9.0.2");
}

TEST(PolicySize, CountsWhatSomebodyWrote) {
  Policy policy;
  policy.interfaces["one"];
  policy.subnets["a"].security_groups = {"web"};
  policy.security_groups["default"].ingress.resize(1);
  policy.security_groups["web"].ingress = {{.where = {.line = 3}}, {.where = {.line = 4}}};
  policy.security_groups["web"].egress = {{.where = {.line = 5}}};
  policy.network_acls["default"].egress.resize(1);
  policy.network_acls["lid"].egress = {{.where = {.line = 6}}};
  EXPECT_EQ(size_of(policy).interfaces, 1U);
  EXPECT_EQ(size_of(policy).rules, 4U);
}

TEST(DropCodes, HaveOneNameMeaningAndRemedyEach) {
  std::set<std::string_view> names;
  for (std::size_t i = 1; i < kDropCodes; ++i) {
    const auto code = static_cast<DropCode>(i);
    const auto& text = text_of(code);
    EXPECT_TRUE(names.insert(text.name).second) << text.name;
    EXPECT_FALSE(text.meaning.empty()) << text.name;
    EXPECT_FALSE(text.remedy.empty()) << text.name;
    EXPECT_EQ(drop_code_named(text.name), code);
  }
  EXPECT_EQ(name_of(DropCode::none), "");
  EXPECT_EQ(drop_code_named("NO_SUCH_CODE"), std::nullopt);
}

}  // namespace
}  // namespace sallyport::rules
