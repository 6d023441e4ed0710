// A burst is judged as its questions are one by one, with every instruction set and whatever its size.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <random>
#include <span>
#include <vector>

#include "rules/decide/judge_burst.h"
#include "rules/document/documents.h"
#include "rules/image/tables.h"
#include "tests/rules/compile/policy_builder.h"
#include "tests/support/random_policy.h"

namespace sallyport::rules {
namespace {

using namespace testing;
using test::pick;
using test::Random;

bool same(const GroupVerdict& a, const GroupVerdict& b) {
  return a.allow == b.allow && a.untracked == b.untracked && a.rule == b.rule;
}

// The first question that a set answers in another way than one by one; the number of questions if there is none.
template <typename Question>
std::size_t first_difference(InstructionSet set, const Image& image, const std::vector<Question>& all) {
  const std::span<const Question> questions(all);
  const PolicyView view(image);
  std::vector<GroupVerdict> verdicts(questions.size());
  judge_groups_with(set, image, questions, verdicts);
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const Question& q = questions[i];
    if (!same(verdicts[i], view.judge_groups(q.interface, q.direction, q.query))) return i;
  }
  return questions.size();
}

Query random_query(Random& random, std::span<const Ipv4> addresses) {
  static constexpr std::array<std::uint8_t, 6> kProtocols{1, 6, 6, 17, 50, 255};
  const Ipv4 near = addresses[pick(random, addresses.size())];
  return {
      .remote = Ipv4{near.value + static_cast<std::uint32_t>(pick(random, 3)) - 1},
      .protocol = kProtocols[pick(random, kProtocols.size())],
      .destination_port = static_cast<std::uint16_t>(pick(random, 2) == 0 ? pick(random, 65536) : pick(random, 100)),
      .icmp_type = static_cast<std::uint8_t>(pick(random, 12)),
      .icmp_code = static_cast<std::uint8_t>(pick(random, 4))};
}

std::vector<GroupQuestion> random_questions(Random& random, const Image& image, std::span<const Ipv4> addresses,
                                            std::size_t count) {
  std::vector<GroupQuestion> questions;
  for (std::size_t i = 0; i < count; ++i) {
    questions.push_back({.interface = static_cast<InterfaceIndex>(pick(random, PolicyView(image).interfaces())),
                         .direction = pick(random, 2) == 0 ? Direction::ingress : Direction::egress,
                         .query = random_query(random, addresses)});
  }
  return questions;
}

std::vector<Ipv6GroupQuestion> random_ipv6_questions(Random& random, const Image& image,
                                                     std::span<const Ipv6> addresses, std::size_t count) {
  static constexpr std::array<std::uint8_t, 6> kProtocols{58, 6, 6, 17, 1, 255};
  std::vector<Ipv6GroupQuestion> questions;
  for (std::size_t i = 0; i < count; ++i) {
    const Ipv6 near = addresses[pick(random, addresses.size())];
    questions.push_back(
        {.interface = static_cast<InterfaceIndex>(pick(random, PolicyView(image).interfaces())),
         .direction = pick(random, 2) == 0 ? Direction::ingress : Direction::egress,
         .query = {.remote = {near.high, near.low + pick(random, 3) - 1},
                   .protocol = kProtocols[pick(random, kProtocols.size())],
                   .destination_port = static_cast<std::uint16_t>(pick(random, pick(random, 2) == 0 ? 65536 : 100)),
                   .icmp_type = static_cast<std::uint8_t>(pick(random, 3) == 0 ? 128 : pick(random, 256)),
                   .icmp_code = static_cast<std::uint8_t>(pick(random, 4))}});
  }
  return questions;
}

RC_GTEST_PROP(Bursts, OfRandomPoliciesAreJudgedAsTheirQuestions, (std::uint64_t seed)) {
  Random random(seed);
  const auto policy = read_policy(test::random_policy(random), "policy.json");
  RC_ASSERT(policy.has_value());
  const Image image = compile(policy->policy).value().image;
  std::vector<Ipv4> addresses;
  for (int i = 0; i < 50; ++i) addresses.push_back(test::random_packet(random).from);
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, pick(random, 100), std::size_t{32}}) {
    const auto questions = random_questions(random, image, addresses, count);
    for (const InstructionSet set : instruction_sets()) RC_ASSERT(first_difference(set, image, questions) == count);
  }
}

RC_GTEST_PROP(Bursts, OfIpv6AreJudgedAsTheirQuestions, (std::uint64_t seed)) {
  Random random(seed);
  const auto policy =
      read_policy(test::random_policy_of_both_families(random), "policy.json", {}, Families::ipv4_and_ipv6);
  RC_ASSERT(policy.has_value());
  const Image image = compile(policy->policy).value().image;
  std::vector<Ipv6> addresses;
  for (int i = 0; i < 50; ++i) addresses.push_back(test::random_ipv6_address(random));
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, pick(random, 100), std::size_t{32}}) {
    const auto questions = random_ipv6_questions(random, image, addresses, count);
    for (const InstructionSet set : instruction_sets()) RC_ASSERT(first_difference(set, image, questions) == count);
  }
}

// Prefixes of every length around some addresses, and many in one place, so that maps of every form come about at
// every word.
TEST(Bursts, OfACrowdedIpv6PolicyAreJudgedAsTheirQuestions) {
  Random random(8);
  PolicyBuilder b;
  std::vector<Ipv6> addresses;
  std::vector<GroupRule> ingress;
  for (std::size_t i = 0; i < 3000; ++i) {
    Ipv6 address{0x2A00'0000'0000'0000U | pick(random, 60) << 32U | pick(random, i % 3 == 0 ? 40 : 60000), random()};
    if (i % 2 == 0) address.low = pick(random, 5000);
    addresses.push_back(address);
    const unsigned length = i % 4 == 0 ? 128 : 20 + static_cast<unsigned>(pick(random, 109));
    const Ipv6 host = host_bits(length);
    const auto port = static_cast<std::uint16_t>(pick(random, 100));
    GroupRule rule =
        allow(pick(random, 3) == 0 ? udp(port, port) : tcp(port, static_cast<std::uint16_t>(port + 9)), {});
    rule.ipv6_cidr_blocks = {{{address.high & ~host.high, address.low & ~host.low}, static_cast<std::uint8_t>(length)}};
    ingress.push_back(rule);
  }
  b.group("g", ingress, {}).subnet("s", "10.0.1.0/24").interface("i", "s", {"10.0.1.10"}, {"g"});
  const Image image = b.build();
  const auto questions = random_ipv6_questions(random, image, addresses, 40'000);
  for (const InstructionSet set : instruction_sets()) {
    EXPECT_EQ(first_difference(set, image, questions), questions.size()) << name_of(set);
  }
}

// Peers and ports so many that maps of every form come about, the rows of a list fill many buckets.
PolicyBuilder crowded(Random& random, std::vector<Ipv4>& addresses) {
  PolicyBuilder b;
  for (const char* name : {"few", "some", "many"}) {
    const std::size_t count = name[0] == 'f' ? 5 : name[0] == 's' ? 60 : 1500;
    std::vector<GroupRule> ingress, egress;
    for (std::size_t i = 0; i < count; ++i) {
      // Dense in one half, thin elsewhere.
      const auto high = static_cast<std::uint32_t>(pick(random, 3) == 0 ? pick(random, 60000) : 700);
      const Ipv4 address{high << 16U | static_cast<std::uint32_t>(pick(random, 65536))};
      addresses.push_back(address);
      const auto port = static_cast<std::uint16_t>(pick(random, 60000));
      ingress.push_back(allow(pick(random, 3) == 0 ? udp(port, port) : tcp(port, static_cast<std::uint16_t>(port + 9)),
                              {to_string(address) + "/32"}));
      egress.push_back(allow(pick(random, 9) == 0 ? icmp(static_cast<std::int16_t>(pick(random, 9)), -1)
                                                  : tcp(port, static_cast<std::uint16_t>(port + pick(random, 99))),
                             {pick(random, 2) == 0 ? "0.0.0.0/0" : "2.188.0.0/16"}));
    }
    ingress.push_back(allow(tcp(0, 65535), {"0.0.0.0/0"}));
    b.group(name, ingress, egress);
    b.group(std::string("only-") + name, ingress, {});
  }
  b.subnet("s", "10.0.1.0/24");
  std::uint8_t last = 9;
  for (const auto& groups : std::vector<std::vector<std::string>>{
           {"few"}, {"some"}, {"many"}, {"many", "some"}, {"only-many"}, {"only-few"}, {"default"}}) {
    ++last;
    b.interface("i" + std::to_string(last), "s", {"10.0.1." + std::to_string(last)}, groups);
  }
  return b;
}

TEST(Bursts, OfACrowdedPolicyAreJudgedAsTheirQuestions) {
  Random random(7);
  std::vector<Ipv4> addresses;
  const Image image = crowded(random, addresses).build();
  const auto questions = random_questions(random, image, addresses, 40'000);
  for (const InstructionSet set : instruction_sets()) {
    EXPECT_EQ(first_difference(set, image, questions), questions.size()) << name_of(set);
  }
  std::vector<GroupVerdict> verdicts(questions.size());
  const PolicyView view(image);
  for (const std::size_t size : {1U, 2U, 31U, 33U, 64U, 1000U}) {
    for (std::size_t first = 0; first + size <= questions.size(); first += size) {
      view.judge_groups(std::span<const GroupQuestion>(questions).subspan(first, size),
                        std::span(verdicts).subspan(first, size));
    }
    for (std::size_t i = 0; i < questions.size() / size * size; ++i) {
      const GroupQuestion& q = questions[i];
      ASSERT_TRUE(same(verdicts[i], view.judge_groups(q.interface, q.direction, q.query))) << size << ' ' << i;
    }
  }
}

}  // namespace
}  // namespace sallyport::rules
