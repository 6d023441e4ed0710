// `sallyport reach`: who can talk to whom.
//
// Owner: control/cli. The answer is rules/analyze's, the pictures are control/reach's.
#include <spdlog/fmt/fmt.h>

#include "control/cli/command.h"
#include "control/cli/options.h"
#include "control/cli/output.h"
#include "control/cli/patience.h"
#include "control/cli/policy_input.h"
#include "control/cli/running_policy.h"
#include "control/reach/outputs.h"
#include "control/reach/svg.h"
#include "rules/model/protocol.h"

namespace sallyport::control {

extern const Command kReachCommand;

namespace {

constexpr std::size_t kMostLines = 200;  // of a table

int refuse(const std::string& message) {
  print_error("reach: " + message);
  return kBadInput;
}

std::expected<rules::ReachSelection, std::string> selected(const Arguments& arguments, const std::string& option,
                                                           const rules::Policy& policy) {
  if (!arguments.has(option)) return rules::everybody(policy);
  auto selection = rules::selection_of(policy, arguments.text(option));
  if (!selection) return std::unexpected("--" + option + ": " + selection.error());
  return selection;
}

// "443" or "8000-8100".
std::optional<std::pair<std::uint16_t, std::uint16_t>> ports_of(const std::string& text) {
  const auto dash = text.find('-');
  const auto first = parse_number(text.substr(0, dash), 65535);
  const auto last = dash == std::string::npos ? first : parse_number(text.substr(dash + 1), 65535);
  if (!first || !last || *first > *last) return std::nullopt;
  return std::pair(static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last));
}

std::expected<rules::TrafficSet, std::string> traffic_of(const Arguments& arguments) {
  rules::Traffic traffic;
  if (arguments.has("proto") || arguments.has("port")) {
    const auto protocol = rules::protocol_number(arguments.text("proto", "tcp"));
    if (!protocol) return std::unexpected("--proto: \"" + arguments.text("proto") + "\" is no protocol");
    traffic.protocol = *protocol;
  }
  if (arguments.has("port")) {
    if (!rules::has_ports(traffic.protocol)) return std::unexpected("--port is for tcp and udp");
    const auto ports = ports_of(arguments.text("port"));
    if (!ports) return std::unexpected("--port: \"" + arguments.text("port") + "\" is no port and no range");
    std::tie(traffic.from_port, traffic.to_port) = *ports;
  }
  rules::TrafficSet set;
  for (std::uint32_t kind = 0; kind < rules::literal::kKinds; ++kind) {
    if (const auto keys = rules::literal::keys_of(traffic, static_cast<rules::literal::Kind>(kind))) {
      set[kind] = {*keys};
    }
  }
  return set;
}

int print_reach(const rules::Reach& found, const std::string& file, const Invocation& invocation) {
  const auto& format = invocation.output;
  if (format == "json") {
    print(reach_json(found, file));
  } else if (format == "dot") {
    print(reach_dot(found, file));
  } else if (format == "html") {
    print(reach_html(Picture(found, file)));
  } else if (format == "svg") {
    print(svg_of(Picture(found, file), true));
  } else {
    print(reach_table(found, file, kMostLines));
  }
  const bool any = !found.complete || std::ranges::any_of(found.cells, [](const rules::ReachCell& cell) {
    return cell.open != rules::reaching::kNothing;
  });
  return any ? kYes : kNo;
}

int run_reach(const Invocation& invocation) {
  const auto arguments = parse_arguments(
      invocation, kReachCommand,
      {{"running", Option::Kind::toggle}, {"from"}, {"to"}, {"proto"}, {"port"}, {"max-time"}}, {{"POLICY", false}});
  if (!arguments) return kBadInput;
  if (arguments->has("running") == arguments->has("POLICY")) {
    return refuse("give POLICY or --running (sallyport reach --help)");
  }
  auto patience = Patience::of(*arguments, kReachCommand);
  if (!patience) return kBadInput;
  std::optional<rules::Policy> policy;
  if (arguments->has("running")) {
    auto running = running_policy(invocation);
    if (!running) return running.error();
    policy = std::move(*running);
  } else {
    auto input = load_policy(arguments->text("POLICY"));
    if (!input) return kBadInput;
    policy = std::move(input->policy);
  }
  const auto from = selected(*arguments, "from", *policy);
  const auto to = selected(*arguments, "to", *policy);
  const auto traffic = traffic_of(*arguments);
  if (!from) return refuse(from.error());
  if (!to) return refuse(to.error());
  if (!traffic) return refuse(traffic.error());
  const auto found = rules::reach(*policy, {*from, *to, *traffic}, patience->asked());
  if (!found) {
    print_error("reach: " + patience->reason() + found.error());
    return patience->reason().empty() ? kBadInput : kRefused;
  }
  return print_reach(*found, policy->file, invocation);
}

}  // namespace

const Command kReachCommand{"reach", "who can talk to whom: a table, JSON, a heat map, the graph of groups",
                            R"(usage: sallyport reach POLICY|--running [--from X] [--to Y] [--proto P] [--port N[-M]]
                       [--max-time TIME] [-o table|json|html|svg|dot]

Works out, for all packets at once, what passes between whom: through the groups at
both ends, ACLs both ways (a service whose replies are lost is not reachable, and is
said to be lost), routes, NAT, and the internet on the other side. Hosts with the
same groups, ACL and route table are one line; every line comes with a packet that
shows it and the rules that let it through, or the stage that stops it.
Exit status: 0 something passes, 1 nothing does, 4 it gave up.

  --running        the policy of the running gateway
  --from X, --to Y an interface, group, subnet, CIDR, address or "internet";
                   a name of several things as interface:X, sg:X or subnet:X
  --proto, --port  only this traffic (tcp where a port stands alone)
  --max-time TIME  gives up after that time (300s); how far it is is told on stderr
  -o html          a page with a heat map to search and hover over; needs nothing else
  -o svg           the heat map alone; -o dot the graph of groups, for graphviz

examples:
  sallyport reach policy.json --from internet
  sallyport reach policy.json --from web --to db --port 5432
  sallyport reach policy.json -o html > reach.html
)",
                            run_reach, "table|json|html|svg|dot"};

}  // namespace sallyport::control
