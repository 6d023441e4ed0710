// `sallyport history`.
//
// Owner: control/cli.
#include <nlohmann/json.hpp>

#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/options.h"
#include "control/cli/output.h"

namespace sallyport::control {

extern const Command kHistoryCommand;

namespace {

std::string history_text(const nlohmann::json& history) {
  const auto& generations = history.at("generations");
  if (generations.empty()) return "no policy was applied yet\n";
  Table table({"", "GENERATION", "APPLIED", "BY", "HOW", "CHANGE", "HASH"});
  for (const auto& each : generations) {
    std::string change = each.at("summary");
    if (!each.at("confirmed").get<bool>()) change += " (not confirmed)";
    table.add({each.at("current").get<bool>() ? "*" : "", std::to_string(each.at("generation").get<std::uint64_t>()),
               each.at("applied_at"), each.at("who"), each.at("action"), change,
               each.at("hash").get<std::string>().substr(0, 12)});
  }
  return table.text();
}

int run_history(const Invocation& invocation) {
  if (!parse_arguments(invocation, kHistoryCommand, {}, {})) return kBadInput;
  return print_answer(invocation, Client(invocation.socket).get("/v1/history"), history_text);
}

}  // namespace

const Command kHistoryCommand{"history", "the policies this gateway has had",
                              R"(usage: sallyport history [-o table|json]

Lists the latest generations of the policy, newest first: when, by whom, how and
what changed. The one in force is marked *. rollback takes a generation's number.

examples:
  sallyport history
  sallyport history -o json
)",
                              run_history};

}  // namespace sallyport::control
