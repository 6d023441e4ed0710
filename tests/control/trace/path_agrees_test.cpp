// Trace, which runs the real engine over the compiled image, agrees with the literal reference on whole paths: random
// policies, first packets of connections, their replies, translations and the code and place of every deny.
#include <gtest/gtest.h>

#include "control/trace/trace.h"
#include "rules/analyze/reference.h"
#include "rules/compile/compile.h"
#include "rules/document/documents.h"
#include "tests/support/random_policy.h"

namespace sallyport {
namespace {

using rules::reference::FirstPacket;
using rules::reference::PathAnswer;

control::TraceRequest request_of(const FirstPacket& packet) {
  control::TraceRequest request;
  request.protocol = packet.protocol;
  request.from = packet.from;
  request.to = packet.to;
  if (packet.from_port != 0) request.from_port = packet.from_port;
  if (packet.to_port != 0) request.to_port = packet.to_port;
  request.icmp_type = packet.icmp_type;
  request.icmp_code = packet.icmp_code;
  return request;
}

std::string address_part(const std::optional<std::string>& text, rules::Ipv4 unchanged) {
  return text ? text->substr(0, text->find(':')) : to_string(unchanged);
}

void compare(const FirstPacket& packet, const PathAnswer& expected, const control::TraceResult& seen) {
  const std::string what = test::describe(packet) + "\n" + to_text(seen);
  ASSERT_EQ(seen.allow, expected.allow) << what << "expected " << name_of(expected.code);
  if (!expected.allow) {
    ASSERT_EQ(seen.code, name_of(expected.code)) << what;
    ASSERT_EQ(seen.path, expected.on_reply ? "reply" : "forward") << what;
    ASSERT_EQ(seen.direction, expected.direction) << what;
    if (!expected.rule.empty()) {
      ASSERT_EQ(seen.rule.value_or("absent"), expected.rule) << what;
    }
    return;
  }
  ASSERT_EQ(address_part(seen.translated_from, packet.from), to_string(expected.translated_from)) << what;
  ASSERT_EQ(address_part(seen.translated_to, packet.to), to_string(expected.translated_to)) << what;
}

TEST(TraceAgreesWithReference, OnRandomPoliciesAndFirstPackets) {
  std::size_t allowed = 0;
  std::size_t lost_replies = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    test::Random random(seed);
    const std::string text = test::random_policy(random);
    const auto read = rules::read_policy(text, "random.json");
    ASSERT_TRUE(read) << rules::render(read.error(), "random.json", text);
    const auto compiled = rules::compile(read->policy);
    ASSERT_TRUE(compiled);
    for (int i = 0; i < 60; ++i) {
      const auto packet = test::random_packet(random);
      const auto expected = follow(read->policy, packet);
      const auto seen = control::trace(compiled->image, nullptr, request_of(packet));
      ASSERT_TRUE(seen) << seen.error() << " for " << test::describe(packet);
      SCOPED_TRACE("seed " + std::to_string(seed));
      compare(packet, expected, *seen);
      if (testing::Test::HasFatalFailure()) return;
      allowed += expected.allow ? 1U : 0U;
      lost_replies += !expected.allow && expected.on_reply ? 1U : 0U;
    }
  }
  EXPECT_GT(allowed, 100U) << "the random worlds no longer let enough through to test with";
  EXPECT_GT(lost_replies, 10U);
}

}  // namespace
}  // namespace sallyport
