// `sallyport diff`: what a change of policy would change.
//
// Owner: control/cli.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "control/cli/command.h"
#include "control/cli/diff_flows.h"
#include "control/cli/options.h"
#include "control/cli/output.h"
#include "control/cli/patience.h"
#include "control/cli/policy_input.h"
#include "control/cli/running_policy.h"
#include "control/store/prefixes.h"
#include "rules/analyze/diff.h"

namespace sallyport::control {

extern const Command kDiffCommand;

namespace {

using Json = nlohmann::json;
using rules::Ipv4;
using rules::TrafficChange;

// An address of the interface, or the first of a subnet's that nobody names.
Ipv4 address_of(const rules::Policy& policy, const std::string& interface) {
  if (const auto named = policy.interfaces.find(interface); named != policy.interfaces.end()) {
    return named->second.private_ips.front();
  }
  const auto& subnet = policy.subnets.at(interface.substr(0, interface.size() - 2));
  const auto is_named = [&](Ipv4 address) {
    return std::ranges::any_of(policy.interfaces, [&](const auto& each) {
      return std::ranges::find(each.second.private_ips, address) != each.second.private_ips.end();
    });
  };
  Ipv4 address{subnet.cidr_block.base.value + 4};
  while (address != subnet.cidr_block.last() && is_named(address)) ++address.value;
  return address;
}

// A remote address that could be somebody's rather than the first of all.
Ipv4 remote_of(const std::vector<rules::literal::Range>& ranges) {
  const auto holding = [&](std::uint32_t address) {
    return std::ranges::any_of(ranges,
                               [&](const auto& range) { return range.first <= address && address <= range.last; });
  };
  constexpr std::uint32_t kSomebody = 0xC633'6407;  // 198.51.100.7 (RFC 5737)
  if (holding(kSomebody)) return Ipv4{kSomebody};
  const auto& first = ranges.front();
  return Ipv4{first.last > first.first ? first.first + 1 : first.first};
}

std::uint32_t key_of(const rules::literal::KeySet& keys, std::size_t kind) {
  const auto holds = [&](std::uint32_t key) {
    return std::ranges::any_of(keys, [&](const auto& each) { return each.first <= key && key <= each.last; });
  };
  constexpr std::uint32_t kEcho = 8 * 256;
  constexpr std::array<std::uint32_t, rules::literal::kKinds> kUsual{443, 53, kEcho, 47};
  return holds(kUsual[kind]) ? kUsual[kind] : keys.front().first;
}

// One packet of what changed, in words.
std::string witness_of(const TrafficChange& change, const rules::Policy& policy) {
  const std::string local = to_string(address_of(policy, change.interfaces.front()));
  const std::string remote = to_string(remote_of(change.remotes));
  rules::TrafficSet one;
  for (std::size_t kind = 0; kind < one.size(); ++kind) {
    if (change.traffic[kind].empty()) continue;
    const std::uint32_t key = key_of(change.traffic[kind], kind);
    one[kind] = {{key, key}};
    break;
  }
  const bool in = change.side == rules::literal::Side::ingress;
  return rules::in_words(one).front() + " from " + (in ? remote : local) + " to " + (in ? local : remote);
}

std::string joined(const std::vector<std::string>& words, std::size_t limit) {
  std::string text;
  for (std::size_t i = 0; i < std::min(words.size(), limit); ++i) text += (i == 0 ? "" : ", ") + words[i];
  if (words.size() > limit) text += " (+" + std::to_string(words.size() - limit) + ")";
  return text;
}

std::vector<std::string> cidrs_of(const std::vector<rules::literal::Range>& ranges) {
  std::vector<std::string> cidrs;
  for (const rules::Prefix& prefix : rules::prefixes_of(ranges)) cidrs.push_back(to_string(prefix));
  return cidrs;
}

std::string_view direction_of(const TrafficChange& change) {
  return change.side == rules::literal::Side::ingress ? "ingress" : "egress";
}

std::string traffic_text(const rules::PolicyDiff& diff, bool opened, const rules::Policy& policy) {
  std::string text;
  for (const TrafficChange& change : diff.traffic) {
    if (change.opened != opened) continue;
    const bool in = change.side == rules::literal::Side::ingress;
    text += "  " + joined(change.interfaces, 4) + ", " + std::string(direction_of(change)) + ": " +
            joined(rules::in_words(change.traffic), 8) + (in ? " from " : " to ") +
            joined(cidrs_of(change.remotes), 6) + "\n      e.g. " + witness_of(change, policy) + '\n';
  }
  return text.empty() ? "" : (opened ? "now allowed\n" : "now denied\n") + text;
}

std::string text_of(const rules::PolicyDiff& diff, const rules::Policy& before, const rules::Policy& after) {
  if (diff.empty()) return "no difference in behaviour\n";
  std::string text = traffic_text(diff, true, after) + traffic_text(diff, false, before);
  if (!diff.routes.empty()) text += "routes\n";
  for (const auto& route : diff.routes) {
    text += "  " + joined(route.subnets, 4) + ": " + joined(cidrs_of(route.destinations), 6) + ": " + route.before +
            " → " + route.after + '\n';
  }
  if (!diff.others.empty()) text += "besides\n";
  for (const auto& sentence : diff.others) text += "  " + sentence + '\n';
  return text;
}

Json json_of(const rules::PolicyDiff& diff, const rules::Policy& before, const rules::Policy& after) {
  Json json{{"schema", "sallyport/diff/1"}, {"equal", diff.empty()},   {"opened", Json::array()},
            {"closed", Json::array()},      {"routes", Json::array()}, {"others", diff.others}};
  for (const TrafficChange& change : diff.traffic) {
    json[change.opened ? "opened" : "closed"].push_back(
        {{"interfaces", change.interfaces},
         {"direction", std::string(direction_of(change))},
         {"traffic", rules::in_words(change.traffic)},
         {"remotes", cidrs_of(change.remotes)},
         {"witness", witness_of(change, change.opened ? after : before)}});
  }
  for (const auto& route : diff.routes) {
    json["routes"].push_back({{"subnets", route.subnets},
                              {"destinations", cidrs_of(route.destinations)},
                              {"before", route.before},
                              {"after", route.after}});
  }
  return json;
}

int run_diff(const Invocation& invocation) {
  const auto arguments = parse_arguments(invocation, kDiffCommand,
                                         {{"running", Option::Kind::toggle}, {"max-opened"}, {"flows"}, {"max-time"}},
                                         {{"OLD"}, {"NEW", false}});
  if (!arguments) return kBadInput;
  const bool running = arguments->has("running");
  if (running == arguments->has("NEW")) {
    print_error("diff: give OLD and NEW, or NEW and --running (sallyport diff --help)");
    return kBadInput;
  }
  const auto most_flows = parse_number(arguments->text("flows", "20"), 1'000'000);
  if (!most_flows || (arguments->has("flows") && !running)) {
    print_error("diff: --flows is a number, and goes with --running");
    return kBadInput;
  }
  const auto limits = read_prefixes(arguments->text("max-opened"));
  if (!limits) {
    print_error("diff: --max-opened: " + limits.error());
    return kBadInput;
  }
  auto patience = Patience::of(*arguments, kDiffCommand);
  if (!patience) return kBadInput;
  const auto new_input = load_policy(arguments->text(running ? "OLD" : "NEW"));
  if (!new_input) return kBadInput;
  std::optional<rules::Policy> before;
  if (running) {
    auto policy = running_policy(invocation);
    if (!policy) return policy.error();
    before = std::move(*policy);
  } else {
    auto old_input = load_policy(arguments->text("OLD"));
    if (!old_input) return kBadInput;
    before = std::move(old_input->policy);
  }
  const auto compared = rules::diff(*before, new_input->policy, patience->asked());
  if (!compared) {
    print_error("diff: " + patience->reason() + "too many rules changed to compare all that they decide");
    return kRefused;
  }
  const rules::PolicyDiff& diff = *compared;
  std::optional<FlowsAtStake> flows;
  if (running) {
    auto found = flows_at_stake(invocation, *before, new_input->policy, *most_flows);
    if (!found) return found.error();
    flows = std::move(*found);
  }
  if (invocation.output == "json") {
    auto json = json_of(diff, *before, new_input->policy);
    if (flows) json["flows"] = json_of(*flows);
    print_json(json);
  } else {
    print(text_of(diff, *before, new_input->policy) + (flows ? text_of(*flows, new_input->policy.file) : ""));
  }
  if (arguments->has("max-opened")) {
    if (const auto beyond = rules::opened_beyond(diff, *limits)) {
      print_error("opens more than --max-opened: " + *beyond);
      return kRefused;
    }
  }
  return diff.empty() ? kYes : kNo;
}

}  // namespace

const Command kDiffCommand{"diff", "what a change of policy changes: traffic, routes, places",
                           R"(usage: sallyport diff OLD NEW [--max-opened CIDR,...] [--max-time TIME] [-o table|json]
       sallyport diff NEW --running [--flows N]

Compares behaviour, not text: the first packets that are now allowed or now denied
at each interface by its groups and the ACL of its subnet, each set with a packet
that shows it; routes that lead elsewhere; interfaces and gateways that came and
went. Exit status 0 without a difference, 1 with one, 4 when it gave up.

  --running            compares with the policy of the running gateway, and says which of
                       its live flows would be cut (on_policy_change, deleted interfaces,
                       another translation) or have packets dropped (ACLs, routes, rules
                       of untracked ends) once the new policy is in force
  --flows N            how many of them are shown (20)
  --max-opened CIDRS   exit status 4 when traffic with an address outside them is opened
  --max-time TIME      gives up after that time (300s)

examples:
  sallyport diff policy.json new.json
  sallyport diff new.json --running --max-opened 10.0.0.0/8,198.51.100.0/24
)",
                           run_diff};

}  // namespace sallyport::control
