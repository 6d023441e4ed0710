// `sallyport counters`: what became of every packet.
//
// Owner: control/cli.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/options.h"
#include "control/cli/output.h"
#include "control/cli/rule_place.h"

namespace sallyport::control {

extern const Command kCountersCommand;

namespace {

using nlohmann::json;

std::string number(const json& value) { return std::to_string(value.get<std::uint64_t>()); }

std::string counters_text(const json& body) {
  Table table({"COUNTER", "VALUE"});
  for (const char* group : {"packets", "flows", "nat", "icmp", "tcp", "arp", "self_check", "connections_refused"}) {
    for (const auto& [name, value] : body.at(group).items())
      table.add({fmt::format("{}.{}", group, name), number(value)});
  }
  for (const auto& [code, value] : body.at("drops").items()) {
    if (value != 0) table.add({"drops." + code, number(value)});
  }
  return table.text();
}

std::string rules_text(const json& body) {
  Table table({"DECIDED", "RULE", "WHERE", "WHAT"});
  for (const auto& rule : body.at("rules")) {
    table.add({number(rule.at("decided")), rule.at("name"), place_of_rule(rule), rule.at("text")});
  }
  return table.empty() ? "there is no policy, so there are no rules\n" : table.text();
}

int run_counters(const Invocation& invocation) {
  const auto arguments = parse_arguments(invocation, kCountersCommand, {{"rules", Option::Kind::toggle}}, {});
  if (!arguments) return kBadInput;
  const bool rules = arguments->has("rules");
  const Client client(invocation.socket);
  if (rules) return print_answer(invocation, client.get("/v1/counters", {{"rules", "true"}}), rules_text);
  return print_answer(invocation, client.get("/v1/counters"), counters_text);
}

}  // namespace

const Command kCountersCommand{"counters", "what became of the packets, by drop code and by rule",
                               R"(usage: sallyport counters [--rules] [-o table|json]

Every packet is counted once as it arrives and once by what became of it:
in = forwarded + dropped + consumed + held, dropped = the sum of drops,
out = forwarded + originated + fragments_added. The table leaves out drop codes
that never occurred; JSON has all of them.

  --rules   per rule, the packets whose verdict it gave

examples:
  sallyport counters
  sallyport counters --rules
)",
                               run_counters};

}  // namespace sallyport::control
