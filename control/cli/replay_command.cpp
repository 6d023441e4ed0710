// `sallyport replay`: what would this policy have done to this capture?
//
// Owner: control/cli. The packets are control/replay's.
#include "control/replay/replay.h"

#include <nlohmann/json.hpp>

#include "control/cli/command.h"
#include "control/cli/input.h"
#include "control/cli/options.h"
#include "control/cli/output.h"
#include "control/cli/policy_input.h"
#include "control/replay/expect.h"
#include "control/replay/report.h"

namespace sallyport::control {

extern const Command kReplayCommand;

namespace {

constexpr std::size_t kMaxExpectationBytes = std::size_t{64} << 20U;

int refuse(const std::string& message) {
  print_error("replay: " + message);
  return kBadInput;
}

// The captures with their ports; an error in plain words.
std::expected<std::vector<ReplayInput>, std::string> inputs_of(const Arguments& arguments) {
  std::vector<ReplayInput> inputs;
  for (const auto& word : arguments.all("in")) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == word.size()) {
      return std::unexpected("--in is PORT=FILE, not \"" + word + '"');
    }
    inputs.push_back({word.substr(equals + 1), word.substr(0, equals)});
  }
  if (arguments.has("capture") != inputs.empty()) {
    return std::unexpected("either --in PORT=FILE, once or more, or --capture FILE (sallyport replay --help)");
  }
  if (inputs.empty()) inputs.push_back({arguments.text("capture"), ""});
  return inputs;
}

void print_table(const ReplaySum& sum) {
  Table packets({"", ""});
  const auto row = [&packets](const char* name, std::uint64_t count) { packets.add({std::to_string(count), name}); };
  row("in", sum.in);
  row("forwarded", sum.forwarded);
  row("dropped", sum.dropped);
  row("consumed (answered or absorbed by the gateway)", sum.consumed);
  row("held", sum.held);
  row("originated", sum.originated);
  row("out", sum.out);
  row("flows", sum.flows);
  print(packets.text());
  if (!sum.drops.empty()) print("\ndrops\n");
  Table drops({"", "", ""});
  for (const auto& [code, count] : sum.drops) {
    const auto known = rules::drop_code_named(code).value_or(rules::DropCode::none);
    drops.add({std::to_string(count), code, std::string(rules::text_of(known).meaning)});
  }
  print(drops.text());
  print("\nrules\n");
  Table rules({"decided", "matched", "rule", "line"});
  for (const auto& rule : sum.rules) {
    const auto line = rule.file.empty() ? "(default)" : rule.file + ':' + std::to_string(rule.line);
    rules.add({std::to_string(rule.decided), std::to_string(rule.matched), rule.name, line});
  }
  print(rules.text());
}

// What the command was asked for beside the replay itself.
struct Wishes {
  std::optional<ReplayExpectation> expectation;
  std::string report;
  std::string output;
};

std::expected<Wishes, std::string> wishes_of(const Arguments& arguments, const Invocation& invocation) {
  Wishes wishes{std::nullopt, arguments.text("report"), invocation.output};
  if (!arguments.has("expect")) return wishes;
  const auto path = arguments.text("expect");
  const auto text = read_input(path, kMaxExpectationBytes);
  if (!text) return std::unexpected(text.error());
  auto expectation = ReplayExpectation::read(*text);
  if (!expectation) return std::unexpected(path + ": " + expectation.error());
  wishes.expectation = std::move(*expectation);
  return wishes;
}

int finish(const Wishes& wishes, const ReplaySum& sum) {
  for (const auto& message : sum.messages) print_error(message);
  if (wishes.output == "json") print_json(to_json(sum));
  if (wishes.output == "table") print_table(sum);
  if (!wishes.expectation) return kYes;
  const auto differences = wishes.expectation->differences(sum);
  if (!differences) return refuse(differences.error());
  for (const auto& difference : *differences) print_error("not as expected: " + difference);
  return differences->empty() ? kYes : kNo;
}

int replay_world(const World& world, const ReplaySettings& settings, Wishes wishes) {
  std::vector<ReplayedPacket> reported;
  const auto sum = replay(world, settings, [&](const ReplayedPacket& packet) {
    if (wishes.output == "ndjson") print(to_json(packet).dump() + '\n');
    if (wishes.expectation) wishes.expectation->see(packet);
    if (!wishes.report.empty() && reported.size() < kReportedPackets) reported.push_back(packet);
  });
  if (!sum) return refuse(sum.error());
  if (!wishes.report.empty()) {
    const auto page = html_report(std::string(world.bound().image().file()), *sum, reported);
    if (const auto written = write_output(wishes.report, page); !written) return refuse(written.error());
  }
  return finish(wishes, *sum);
}

int run_replay(const Invocation& invocation) {
  const auto arguments = parse_arguments(
      invocation, kReplayCommand,
      {{"policy"}, {"gateway"}, {"in", Option::Kind::repeated}, {"capture"}, {"out"}, {"report"}, {"expect"}}, {});
  if (!arguments) return kBadInput;
  if (!arguments->has("policy")) return refuse("--policy is missing (sallyport replay --help)");
  auto inputs = inputs_of(*arguments);
  if (!inputs) return refuse(inputs.error());
  auto wishes = wishes_of(*arguments, invocation);
  if (!wishes) return refuse(wishes.error());
  const auto input = load_policy(arguments->text("policy"));
  if (!input) return kBadInput;
  ReplaySettings settings{std::move(*inputs), arguments->text("out")};
  std::optional<rules::GatewayConfig> gateway;
  if (arguments->has("gateway")) {
    gateway = load_gateway(arguments->text("gateway"), input->policy);
    if (!gateway) return kBadInput;
    settings.max_flows = gateway->max_flows;
  }
  auto image = compiled_image(*input);
  if (!image) return kBadInput;
  const auto world = World::create(std::move(*image), gateway ? &*gateway : nullptr);
  if (!world) return refuse(world.error());
  return replay_world(*world, settings, std::move(*wishes));
}

}  // namespace

const Command kReplayCommand{"replay", "what a policy would have done to a capture",
                             R"(usage: sallyport replay --policy P [--gateway G] (--in PORT=FILE ... | --capture FILE)
       [--out DIR] [--report R.html] [--expect E.json] [-o table|json|ndjson]

Runs the real packet path over captures (pcap, pcapng; Ethernet, raw IP, Linux
cooked, null) with the captures' own clock: the same result every time. Neighbours
count as resolved, frames as sent to the gateway. Exit status: 0 whatever was
dropped, 1 not as expected, 2 bad input. A damaged file is replayed up to the damage.

  --gateway G      the ports of this gateway document; without it every subnet is on
                   the port "inside" and the internet on "internet"
  --in PORT=FILE   packets of FILE come in by PORT; several are merged by time
  --capture FILE   one mixed capture: source addresses say by which port they come
  --out DIR        a capture for each port, of what leaves there
  --report R.html  one page for a browser
  --expect E.json  an object of the shape of -o json; what it gives must be so. Rules
                   are found by name. "per_packet" lists objects of the shape of
                   -o ndjson, found by number

examples:
  sallyport replay --policy policy.json --capture mixed.pcap -o json
  sallyport replay --policy policy.json --gateway gateway.json --in inside=a.pcap --in outside=b.pcapng --out replayed
)",
                             run_replay, "table|json|ndjson"};

}  // namespace sallyport::control
