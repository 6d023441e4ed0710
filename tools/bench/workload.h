// What the classify case decides on: rules of any number from a seed, the packets that meet them, and the answers.
//
// Owner: tools/bench. Always: the same seed gives the same rules and packets; rules are written once and read by every
// method: as a Policy by the compiler; flat, each peer by itself, by the scan and by whoever makes rules of another
// kind of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "rules/model/policy.h"

namespace sallyport::bench {

// What rules are like, and how they are spread over sets of groups, of which each interface has one.
enum class Shape : std::uint8_t {
  vpc,   // tiers that name each other's groups, offices' prefix lists, a few prefixes: 20 rules to a group, five
         // interfaces in it (tools/generate)
  sets,  // a prefix a rule, kRulesOfSet rules to a set, an interface each
  one,   // a prefix a rule, all in one set: a single list, as a firewall has it
};
inline constexpr std::uint32_t kRulesOfSet = 100;

enum class Family : std::uint8_t { ipv4, ipv6 };

// Four words in host order, the first the most significant; an IPv4 address is the first word.
using Words = std::array<std::uint32_t, 4>;

// A rule and one of its peers, as a plain filter has it. The first that matches, in the order of the list, decides.
struct FlatRule {
  Words base{};
  Words mask{};
  std::uint32_t set = 0;
  std::uint32_t line = 0;  // of the rule in the policy, which tells rules apart
  std::int16_t protocol = rules::kAnyProtocol;
  std::uint16_t first = 0;  // destination port; of ICMP, type * 256 + code
  std::uint16_t last = 0xFFFF;
  std::uint8_t length = 0;  // of the prefix
};

struct Packet {
  Words remote{};
  std::uint32_t interface = 0;
  std::uint32_t set = 0;  // the interface's
  std::uint8_t protocol = 0;
  std::uint16_t key = 0;  // as FlatRule::first
};

// No rule matches.
inline constexpr std::uint32_t kNoRule = 0xFFFF'FFFFU;

struct Workload {
  Family family = Family::ipv4;
  std::vector<FlatRule> rules;  // those of set 0, then of set 1 …
  std::vector<std::string> interfaces;
  std::vector<std::vector<std::uint32_t>> sets;  // the interfaces that have it
  rules::Policy policy;
};

struct WorkloadRequest {
  std::uint32_t rules = 1000;  // written ones, 1 to 1,000,000; of shape vpc about as many
  Shape shape = Shape::sets;
  Family family = Family::ipv4;
  std::uint64_t seed = 1;
};

[[nodiscard]] Workload make_workload(const WorkloadRequest& request);

[[nodiscard]] rules::Ipv6 ipv6_of(const Words& words);

// "vpc", "sets", "one".
[[nodiscard]] const char* name_of(Shape shape);
// "ipv4", "ipv6".
[[nodiscard]] const char* name_of(Family family);

// Answers by looking up each length of prefix that occurs: quick enough to say of every packet what is right, and
// nothing that the compiler or a method that is measured shares.
class Oracle {
 public:
  explicit Oracle(const Workload& workload);
  // The first rule that matches, or kNoRule.
  [[nodiscard]] std::uint32_t decide(const Packet& packet) const;

 private:
  const std::vector<FlatRule>& rules_;
  std::vector<Words> masks_;
  std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> by_prefix_;  // a hash: candidates, not answers
};

// Packets to random addresses of random rules, each of which some rule admits.
[[nodiscard]] std::vector<Packet> hits(const Workload& workload, std::size_t count, std::uint64_t seed);
// Packets from random addresses that no rule admits.
[[nodiscard]] std::vector<Packet> misses(const Workload& workload, const Oracle& oracle, std::size_t count,
                                         std::uint64_t seed);

[[nodiscard]] inline bool matches(const FlatRule& rule, const Packet& packet) {
  if (rule.set != packet.set || (packet.remote[0] & rule.mask[0]) != rule.base[0]) return false;
  for (std::size_t i = 1; i < 4 && rule.mask[i] != 0; ++i) {
    if ((packet.remote[i] & rule.mask[i]) != rule.base[i]) return false;
  }
  if (rule.protocol != rules::kAnyProtocol && rule.protocol != packet.protocol) return false;
  return rule.first <= packet.key && packet.key <= rule.last;
}

// The first rule of the whole list that matches, found by asking one after the other.
[[nodiscard]] std::uint32_t scan(std::span<const FlatRule> rules, const Packet& packet);

}  // namespace sallyport::bench
