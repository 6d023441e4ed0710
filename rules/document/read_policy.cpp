// The policy document as a whole: version, vpc, prefix lists, options.
//
// Owner: rules/document.
#include <algorithm>
#include <array>
#include <utility>

#include "rules/document/policy_reader.h"

namespace sallyport::rules {
namespace {

using Keys = std::string_view;
constexpr std::array<Keys, 3> kOnPolicyChange{"keep", "revalidate", "cut"};
constexpr std::array<Keys, 2> kNatFragments{"all", "udp"};

// A timeout's key, its place, and the range that AWS allows (0: says nothing about).
struct TimeoutKey {
  std::string_view key;
  std::uint32_t Timeouts::* field;
  std::uint32_t least;
  std::uint32_t most;
};
constexpr std::array<TimeoutKey, 7> kTimeouts{{{"tcp_established", &Timeouts::tcp_established, 60, 432000},
                                               {"tcp_syn", &Timeouts::tcp_syn, 0, 0},
                                               {"tcp_closing", &Timeouts::tcp_closing, 0, 0},
                                               {"tcp_time_wait", &Timeouts::tcp_time_wait, 0, 0},
                                               {"udp", &Timeouts::udp, 30, 60},
                                               {"udp_stream", &Timeouts::udp_stream, 60, 180},
                                               {"other", &Timeouts::other, 0, 0}}};
constexpr std::int64_t kLongestTimeout = std::int64_t{1} << 31U;  // seconds

}  // namespace

void PolicyReader::read(Value document) {
  const Fields fields(in_, document, ObjectKind::policy, "a policy document (an object)");
  if (!fields.valid()) return;
  read_version(fields);
  if (!sections_within_ceilings(fields)) return;  // unread names would dangle
  read_sections(fields);
  check_references();
  check_subnets();
  check_routes();
  check_nat_routes();
  check_claims();
  check_ipv6_subnets();
  check_ipv6_claims();
}

bool PolicyReader::sections_within_ceilings(const Fields& document) {
  const std::array<std::pair<std::string_view, std::size_t>, 6> sections{
      {{"security_groups", ceilings_.security_groups},
       {"network_acls", ceilings_.network_acls},
       {"route_tables", ceilings_.route_tables},
       {"subnets", ceilings_.subnets},
       {"interfaces", ceilings_.interfaces},
       {"nat_gateways", ceilings_.nat_gateways}}};
  bool all_within = true;
  for (const auto& [name, ceiling] : sections) {
    const auto section = document[name];
    if (section && section->kind() == Kind::object) all_within &= within(*section, section->size(), ceiling, name);
  }
  return all_within;
}

// In the order in which one section needs another, not that of the document.
void PolicyReader::read_sections(const Fields& document) {
  if (const auto value = document.required("vpc")) read_vpc(*value);
  if (const auto value = document["options"]) read_options(*value);
  if (const auto value = document["prefix_lists"]) read_prefix_lists(*value);
  if (const auto value = document["security_groups"]) read_security_groups(*value);
  add_implicit_group();
  if (const auto value = document["network_acls"]) read_network_acls(*value);
  add_implicit_acl();
  if (const auto value = document["route_tables"]) read_route_tables(*value);
  policy_.route_tables.try_emplace("main");
  if (const auto value = document["subnets"]) read_subnets(*value);
  if (const auto value = document["interfaces"]) read_interfaces(*value);
  if (const auto value = document["nat_gateways"]) read_nat_gateways(*value);
}

void PolicyReader::read_version(const Fields& document) {
  const auto value = document.required("version");
  if (!value || (value->kind() == Kind::integer && value->integer() == 1)) return;
  in_.error(*value, "found " + describe(*value) + ", expected the version 1");
}

void PolicyReader::read_vpc(Value value) {
  const Fields fields(in_, value, ObjectKind::vpc);
  if (!fields.valid()) return;
  policy_.vpc.ipv6_cidr_blocks = ipv6_prefixes(fields, "ipv6_cidr_blocks");
  auto gateway = std::optional(false);
  if (const auto written = fields["internet_gateway"]) gateway = in_.boolean(*written);
  policy_.vpc.internet_gateway = gateway.value_or(false);
  const auto blocks = fields.required("cidr_blocks");
  if (!blocks || !in_.is(*blocks, Kind::array, "an array of CIDRs")) return;
  if (blocks->size() == 0) in_.error(*blocks, "found an empty array, expected at least one CIDR");
  blocks->each_element([&](Value element) {
    const auto prefix = in_.prefix(element);
    if (!prefix) return;
    policy_.vpc.cidr_blocks.push_back(*prefix);
    in_.expect_hosts_in(element, *prefix);
  });
  vpc_known_ = gateway && blocks->size() > 0 && policy_.vpc.cidr_blocks.size() == blocks->size();
}

void PolicyReader::read_options(Value value) {
  const Fields fields(in_, value, ObjectKind::options);
  if (!fields.valid()) return;
  auto& options = policy_.options;
  if (const auto written = fields["on_policy_change"]) {
    const auto choice = in_.choice(*written, "on_policy_change", kOnPolicyChange);
    options.on_policy_change = static_cast<OnPolicyChange>(choice.value_or(0));
  }
  if (const auto written = fields["tcp_pickup"]) options.tcp_pickup = in_.boolean(*written).value_or(true);
  if (const auto written = fields["nat_fragments"]) {
    if (in_.choice(*written, "nat_fragments", kNatFragments).value_or(0) == 1) {
      in_.not_enforced(*written, "nat_fragments \"udp\"", "expected \"all\"");
    }
  }
  if (const auto written = fields["allow_private_internet"]) {
    options.allow_private_internet = in_.boolean(*written).value_or(false);
  }
  if (const auto written = fields["timeouts"]) read_timeouts(*written, options.timeouts, &options.nat_timeout);
}

void PolicyReader::read_timeouts(Value value, Timeouts& timeouts, std::uint32_t* nat) {
  const Fields fields(in_, value, nat != nullptr ? ObjectKind::timeouts : ObjectKind::interface_timeouts);
  if (!fields.valid()) return;
  for (const auto& [key, field, least, most] : kTimeouts) {
    const auto written = fields[key];
    const auto seconds = written ? in_.integer(*written, 1, kLongestTimeout, "seconds") : std::nullopt;
    if (!seconds) continue;
    timeouts.*field = static_cast<std::uint32_t>(*seconds);
    if (most > 0 && (*seconds < least || *seconds > most)) {
      in_.warning(*written, std::to_string(*seconds) + " seconds are outside the range of AWS, " +
                                std::to_string(least) + " to " + std::to_string(most));
    }
  }
  if (nat == nullptr) return;
  if (const auto written = fields["nat"]) {
    *nat = static_cast<std::uint32_t>(in_.integer(*written, 1, kLongestTimeout, "seconds").value_or(*nat));
  }
}

void PolicyReader::read_prefix_lists(Value value) {
  std::size_t entries = 0;
  each_named(value, policy_.prefix_lists, [&](const std::string&, PrefixList& list, Value written) {
    entries += written.kind() == Kind::array ? written.size() : 0;
    if (within(written, entries, ceilings_.prefix_list_entries, "prefix_list_entries")) {
      read_prefix_list(written, list);
    }
  });
}

void PolicyReader::read_prefix_list(Value value, PrefixList& list) {
  if (!in_.ipv6()) {
    list.entries = prefixes(value);
    return;
  }
  if (!in_.is(value, Kind::array, "an array of CIDRs")) return;
  value.each_element([&](Value element) {
    if (element.kind() == Kind::string && looks_like_ipv6(element.text())) {
      if (const auto prefix = in_.ipv6_prefix(element)) list.ipv6_entries.push_back(*prefix);
    } else if (const auto prefix = in_.prefix(element)) {
      list.entries.push_back(*prefix);
    }
  });
}

bool PolicyReader::within(Value at, std::size_t found, std::size_t ceiling, std::string_view name) {
  if (found <= ceiling) return true;
  in_.error(at, "found " + std::to_string(found) + ", more than the ceiling " + std::string(name) + " of " +
                    std::to_string(ceiling));
  return false;
}

std::vector<Prefix> PolicyReader::prefixes(Value value) {
  std::vector<Prefix> prefixes;
  if (!in_.is(value, Kind::array, "an array of CIDRs")) return prefixes;
  prefixes.reserve(value.size());
  value.each_element([&](Value element) {
    if (const auto prefix = in_.prefix(element)) prefixes.push_back(*prefix);
  });
  return prefixes;
}

std::vector<std::string> PolicyReader::names(Value value, Refers to) {
  std::vector<std::string> names;
  if (!in_.is(value, Kind::array, "an array of names")) return names;
  names.reserve(value.size());
  value.each_element([&](Value element) {
    const auto name = in_.string(element, "a name");
    if (!name) return;
    names.emplace_back(*name);
    references_.push_back({element.index(), to});
  });
  return names;
}

std::vector<std::string> PolicyReader::member_of(Value value) {
  const auto groups = names(value, Refers::security_group);
  if (value.kind() != Kind::array) return groups;
  std::vector<std::string_view> seen;
  value.each_element([&](Value element) {
    const bool repeated = element.kind() == Kind::string && std::ranges::find(seen, element.text()) != seen.end();
    if (repeated) in_.warning(element, "group " + in_quotes(element.text()) + " is named twice");
    if (element.kind() == Kind::string) seen.push_back(element.text());
  });
  return groups;
}

std::vector<Ipv6Prefix> PolicyReader::ipv6_prefixes(const Fields& fields, std::string_view key) {
  std::vector<Ipv6Prefix> prefixes;
  if (!in_.ipv6()) {
    refuse_ipv6_list(fields, key);
    return prefixes;
  }
  const auto value = fields[key];
  if (!value || !in_.is(*value, Kind::array, "an array of IPv6 CIDRs")) return prefixes;
  prefixes.reserve(value->size());
  value->each_element([&](Value element) {
    if (const auto prefix = in_.ipv6_prefix(element)) prefixes.push_back(*prefix);
  });
  return prefixes;
}

std::optional<Ipv6Prefix> PolicyReader::ipv6_prefix(const Fields& fields, std::string_view key) {
  const auto value = fields[key];
  if (value && in_.ipv6()) return in_.ipv6_prefix(*value);
  refuse_ipv6_value(fields, key);
  return std::nullopt;
}

void PolicyReader::refuse_ipv6_list(const Fields& fields, std::string_view key) {
  const auto value = fields[key];
  if (!value || !in_.is(*value, Kind::array, "an array") || value->size() == 0) return;
  in_.not_enforced(*value, "IPv6", "found the key " + in_quotes(key));
}

void PolicyReader::refuse_ipv6_value(const Fields& fields, std::string_view key) {
  if (const auto value = fields[key]) in_.not_enforced(*value, "IPv6", "found the key " + in_quotes(key));
}

std::expected<ReadPolicy, Diagnostics> read_policy(std::string_view text, std::string file, const Ceilings& ceilings,
                                                   Families families) {
  ReadPolicy result;
  auto& diagnostics = result.warnings;
  const auto tree = Tree::parse(text, diagnostics);
  if (tree) {
    Reader in(*tree, diagnostics, families == Families::ipv4_and_ipv6);
    PolicyReader(in, result.policy, ceilings).read(tree->root());
  }
  if (diagnostics.has_errors()) return std::unexpected(std::move(diagnostics));
  result.policy.file = std::move(file);
  result.policy.source = text;
  return result;
}

}  // namespace sallyport::rules
