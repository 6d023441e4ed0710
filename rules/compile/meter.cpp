// Bytes, rows and seconds counted against a budget; see the header. Owner: rules/compile.
#include "rules/compile/meter.h"

#include <cstddef>
#include <vector>

namespace sallyport::rules {
namespace {

constexpr std::uint64_t kNode = 96;  // a node of a map with its links, colour and the allocator's own bytes
constexpr std::uint64_t kHeap = 32;  // an allocation of its own: at least this, and what rounds it up

template <typename T>
std::uint64_t bytes(const std::vector<T>& list) {
  return list.size() * sizeof(T);
}

std::uint64_t bytes(const std::vector<std::string>& names) {
  std::uint64_t sum = names.empty() ? 0 : kHeap;
  for (const auto& name : names) sum += sizeof name + (name.size() < sizeof name ? 0 : name.size() + kHeap);
  return sum;
}

std::uint64_t bytes(const std::vector<GroupRule>& rules) {
  std::uint64_t sum = rules.empty() ? 0 : kHeap;
  for (const GroupRule& rule : rules) {
    sum += sizeof rule + rule.description.size() + bytes(rule.cidr_blocks) + bytes(rule.ipv6_cidr_blocks) +
           bytes(rule.security_groups) + bytes(rule.prefix_lists) + (rule.cidr_blocks.empty() ? 0 : kHeap);
  }
  return sum;
}

template <typename T>
std::uint64_t nodes(const Named<T>& section) {
  std::uint64_t sum = 0;
  for (const auto& [name, object] : section) sum += kNode + sizeof object + name.size();
  return sum;
}

}  // namespace

std::uint64_t bytes_of(const Policy& policy) {
  std::uint64_t sum = policy.source.view().size() + nodes(policy.prefix_lists) + nodes(policy.security_groups) +
                      nodes(policy.network_acls) + nodes(policy.route_tables) + nodes(policy.subnets) +
                      nodes(policy.interfaces) + nodes(policy.nat_gateways);
  for (const auto& [name, list] : policy.prefix_lists) sum += bytes(list.entries) + bytes(list.ipv6_entries);
  for (const auto& [name, group] : policy.security_groups) sum += bytes(group.ingress) + bytes(group.egress);
  for (const auto& [name, acl] : policy.network_acls) sum += bytes(acl.ingress) + bytes(acl.egress);
  for (const auto& [name, table] : policy.route_tables) sum += bytes(table.routes);
  for (const auto& [name, subnet] : policy.subnets) sum += bytes(subnet.security_groups);
  for (const auto& [name, interface] : policy.interfaces) {
    sum += bytes(interface.security_groups) + bytes(interface.publish) + bytes(interface.private_ips) +
           bytes(interface.ipv6_addresses) + kHeap;
  }
  return sum;
}

std::uint64_t bytes_to_read(std::uint64_t document_bytes) { return 6 * document_bytes; }

std::string size_in_words(std::uint64_t size) {
  constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;
  if (size >= 1024 * kMiB && size % (1024 * kMiB) == 0) return std::to_string(size / kMiB / 1024) + " GiB";
  if (size >= kMiB) return std::to_string(size / kMiB) + " MiB";
  return std::to_string(size) + " bytes";
}

// What stays from the beginning to the end: the policy, and an index of its names.
Meter::Meter(const Budget& budget, Elapsed elapsed, const Policy& policy)
    : budget_(budget), elapsed_(std::move(elapsed)), held_(bytes_of(policy)) {
  const std::uint64_t names = policy.security_groups.size() + policy.interfaces.size() + policy.subnets.size();
  hold(names * kNode);
}

// A line's number has its place in a Ref, even where all that may be taken is lines.
static_assert(kLargestBudget.memory / 2 / sizeof(Line) <= std::uint64_t{step_map::kMaxLine} + 1);

void Meter::weigh(const ImageTables& tables) {
  tables_ = 2 * bytes_of(tables);
  if (held_ + tables_ > peak_) peak_ = held_ + tables_;
}

bool Meter::check() {
  if (over_) return false;
  if (peak_ > budget_.memory) {
    return exceed("it takes more than " + size_in_words(budget_.memory) + " of memory to compile, the budget memory");
  }
  if (!elapsed_ || elapsed_() <= budget_.seconds) return true;
  return exceed("it takes longer to compile than " + std::to_string(budget_.seconds) + " s, the budget time");
}

bool Meter::rows(std::uint64_t count, bool at_least) {
  if (over_) return false;
  if (count <= budget_.rows) return true;
  return exceed(std::string(at_least ? "it needs at least " : "it needs ") + std::to_string(count) +
                " rows, the budget rows is " + std::to_string(budget_.rows));
}

bool Meter::predicates(std::uint64_t count) {
  if (over_) return false;
  if (count <= budget_.predicates) return true;
  return exceed("it needs at least " + std::to_string(count) + " different lists of rules, the budget predicates is " +
                std::to_string(budget_.predicates));
}

bool Meter::exceed(std::string what) {
  over_ = true;
  what_ = std::move(what);
  return false;
}

void Meter::blame(std::string who) {
  if (over_ && blame_.empty()) blame_ = std::move(who);
}

std::optional<std::string> Meter::problem() const {
  if (!over_) return std::nullopt;
  return "the policy is over its budget: " + what_ + (blame_.empty() ? "" : "; " + blame_);
}

}  // namespace sallyport::rules
