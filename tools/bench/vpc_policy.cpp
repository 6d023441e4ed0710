// The shape that networks have, from the generator of policies, and its rules with every peer written out.
//
// Owner: tools/bench. What is written out shares nothing with the compiler.
#include <algorithm>
#include <map>
#include <string>

#include "rules/document/documents.h"
#include "tools/bench/flat_rule.h"
#include "tools/generate/policy_generator.h"

namespace sallyport::bench {
namespace {

// A group has 20 rules and five interfaces; a list is 20 prefixes, and there is one for 1,000 rules.
rules::Policy read_generated(const WorkloadRequest& request) {
  const std::string text = generate::generate_policy({.shape = generate::Shape::tiers,
                                                      .seed = request.seed,
                                                      .interfaces = std::max(8U, request.rules / 4),
                                                      .groups = std::max(4U, request.rules / 20),
                                                      .rules = request.rules,
                                                      .prefix_lists = std::max(2U, request.rules / 1000),
                                                      .prefixes = 20U * std::max(2U, request.rules / 1000),
                                                      .ipv6 = request.family == Family::ipv6});
  return rules::read_policy(text, "bench.json", {}, rules::Families::ipv4_and_ipv6)->policy;
}

class Flattener {
 public:
  explicit Flattener(Workload& workload) : workload_(workload) {}

  void run() {
    for (const auto& [name, interface] : workload_.policy.interfaces) add_member(interface);
    for (const auto& [name, interface] : workload_.policy.interfaces) add_interface(name, interface);
  }

 private:
  void add_member(const rules::Interface& interface) {
    for (const std::string& group : interface.security_groups) {
      auto& members = members_[group];
      if (workload_.family == Family::ipv6) {
        for (const rules::Ipv6& address : interface.ipv6_addresses) members.push_back(words_of(address));
      } else {
        for (const rules::Ipv4& address : interface.private_ips) members.push_back({address.value});
      }
    }
  }

  void add_interface(const std::string& name, const rules::Interface& interface) {
    const auto number = static_cast<std::uint32_t>(workload_.interfaces.size());
    workload_.interfaces.push_back(name);
    const auto [at, is_new] =
        sets_.try_emplace(interface.security_groups, static_cast<std::uint32_t>(workload_.sets.size()));
    set_ = at->second;
    if (is_new) {
      workload_.sets.emplace_back();
      for (const std::string& group : interface.security_groups) add_rules(group);
    }
    workload_.sets[set_].push_back(number);
  }

  void add_rules(const std::string& group) {
    for (const rules::GroupRule& rule : workload_.policy.security_groups.find(group)->second.ingress) {
      if (rule.self) add_members(rule, group);
      for (const std::string& peer : rule.security_groups) add_members(rule, peer);
      add_prefixes(rule, rule.cidr_blocks, rule.ipv6_cidr_blocks);
      for (const std::string& name : rule.prefix_lists) {
        const rules::PrefixList& list = workload_.policy.prefix_lists.find(name)->second;
        add_prefixes(rule, list.entries, list.ipv6_entries);
      }
    }
  }

  void add_members(const rules::GroupRule& rule, const std::string& group) {
    const std::uint8_t length = workload_.family == Family::ipv6 ? 128 : 32;
    for (const Words& address : members_[group]) add(rule, address, length);
  }

  void add_prefixes(const rules::GroupRule& rule, const std::vector<rules::Prefix>& ipv4,
                    const std::vector<rules::Ipv6Prefix>& ipv6) {
    if (workload_.family == Family::ipv6) {
      for (const rules::Ipv6Prefix& prefix : ipv6) add(rule, words_of(prefix.first()), prefix.length);
    } else {
      for (const rules::Prefix& prefix : ipv4) add(rule, {prefix.base.value}, prefix.length);
    }
  }

  void add(const rules::GroupRule& rule, const Words& address, std::uint8_t length) {
    workload_.rules.push_back(flat_rule(set_, rule.traffic, address, length));
    workload_.rules.back().line = rule.where.line;
  }

  Workload& workload_;
  std::map<std::string, std::vector<Words>> members_;
  std::map<std::vector<std::string>, std::uint32_t> sets_;
  std::uint32_t set_ = 0;
};

}  // namespace

void write_vpc_policy(const WorkloadRequest& request, Workload& workload) {
  workload.policy = read_generated(request);
  Flattener(workload).run();
}

}  // namespace sallyport::bench
