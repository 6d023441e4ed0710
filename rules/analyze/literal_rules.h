// Rules and their peers as plain lists and ranges, read from the model: what the proof holds an image against.
//
// Owner: rules/analyze. Shares no code with rules/compile or rules/decide. Rules are numbered here as they are met:
// groups in order of name, ingress before egress, then ACLs by rule number.
// Always: a peer's ranges are disjoint and ascend.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rules/model/policy.h"

namespace sallyport::rules::literal {

// Addresses first..last.
struct Range {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};
struct Ipv6Range {
  Ipv6 first;
  Ipv6 last;
};

using PeerId = std::uint32_t;
using RuleId = std::uint32_t;
inline constexpr RuleId kNoRule = 0xFFFF'FFFFU;

struct Rule {
  std::string name;  // "web/egress/0", "public/ingress/100"
  Traffic traffic;
  std::vector<PeerId> peers;
  bool allow = true;
  bool everywhere = false;       // 0.0.0.0/0 stands among its peers as such
  bool ipv6_everywhere = false;  // ::/0 does
};

enum class Side : std::uint8_t { ingress, egress };

class Rules {
 public:
  explicit Rules(const Policy& policy);

  [[nodiscard]] const Rule& rule(RuleId id) const { return rules_[id]; }
  [[nodiscard]] std::size_t size() const { return rules_.size(); }
  // The number of the rule of this name, or kNoRule.
  [[nodiscard]] RuleId named(std::string_view name) const;

  // In order: of a group, of an ACL.
  [[nodiscard]] std::span<const RuleId> of_group(std::string_view group, Side side) const;
  [[nodiscard]] std::span<const RuleId> of_acl(std::string_view acl, Side side) const;

  // The addresses of each peer, in each family.
  [[nodiscard]] std::span<const std::vector<Range>> peers() const { return peers_; }
  [[nodiscard]] std::span<const std::vector<Ipv6Range>> ipv6_peers() const { return ipv6_peers_; }

 private:
  struct Owned {
    std::vector<RuleId> ingress;
    std::vector<RuleId> egress;
  };

  void read_members(const Policy& policy);
  void read_groups(const Policy& policy);
  void read_acls(const Policy& policy);
  void read_ipv6_members(const Policy& policy);
  PeerId peer(const std::string& key, std::vector<Range> ranges, std::vector<Ipv6Range> ipv6_ranges);
  PeerId cidr(const Prefix& prefix);
  PeerId cidr(const Ipv6Prefix& prefix);
  PeerId list(const Policy& policy, const std::string& name);
  PeerId group(const std::string& name);
  RuleId add(Rule rule);

  std::vector<Rule> rules_;
  std::unordered_map<std::string_view, RuleId> names_;
  std::unordered_map<std::string_view, Owned> groups_;
  std::unordered_map<std::string_view, Owned> acls_;
  std::unordered_map<std::string, std::vector<Range>> members_;
  std::unordered_map<std::string, std::vector<Ipv6Range>> ipv6_members_;
  std::vector<std::vector<Range>> peers_;
  std::vector<std::vector<Ipv6Range>> ipv6_peers_;
  std::unordered_map<std::string, PeerId> known_peers_;
};

}  // namespace sallyport::rules::literal
