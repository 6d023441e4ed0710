// `sallyport trace`: why was my packet dropped?
//
// Owner: control/cli. The verdict is control/trace's.
#include "control/trace/trace.h"

#include <nlohmann/json.hpp>

#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/options.h"
#include "control/cli/output.h"
#include "control/cli/policy_input.h"
#include "control/trace/request.h"

namespace sallyport::control {

extern const Command kTraceCommand;

namespace {

int refuse(const std::string& message) {
  print_error("trace: " + message);
  return kBadInput;
}

RequestWords words_of(const Arguments& arguments) {
  const auto given = [&](const char* name) {
    return arguments.has(name) ? std::optional(arguments.text(name)) : std::nullopt;
  };
  return {.protocol = arguments.text("proto", "tcp"),
          .from = arguments.text("from"),
          .to = arguments.text("to"),
          .icmp = given("icmp"),
          .flags = given("flags"),
          .state = given("state"),
          .via = given("via"),
          .in_port = given("in")};
}

int print_result(const TraceResult& result, const Invocation& invocation) {
  if (invocation.output == "json") {
    print_json(to_json(result));
  } else {
    print(to_text(result));
  }
  return result.allow ? kYes : kNo;
}

// The daemon traces with the policy in force and its own ports.
int trace_running(const RequestWords& words, const Invocation& invocation) {
  nlohmann::json body{{"protocol", words.protocol}, {"from", words.from}, {"to", words.to}};
  const std::pair<const char*, const std::optional<std::string>&> optional[] = {
      {"icmp", words.icmp}, {"flags", words.flags}, {"state", words.state}, {"via", words.via}, {"in", words.in_port}};
  for (const auto& [name, word] : optional) {
    if (word) body[name] = *word;
  }
  const auto answer = Client(invocation.socket).post("/v1/trace", {}, body.dump());
  if (!answer) return report(answer.error());
  nlohmann::json result = answer->json();
  const std::string text = result.value("text", "");
  result.erase("text");
  if (invocation.output == "json") {
    print_json(result);
  } else {
    print(text);
  }
  return result.value("verdict", "") == "allow" ? kYes : kNo;
}

int run_trace(const Invocation& invocation) {
  const auto arguments = parse_arguments(invocation, kTraceCommand,
                                         {{"proto"},
                                          {"from"},
                                          {"to"},
                                          {"icmp"},
                                          {"flags"},
                                          {"state"},
                                          {"gateway"},
                                          {"in"},
                                          {"via"},
                                          {"running", Option::Kind::toggle}},
                                         {{"POLICY", false}});
  if (!arguments) return kBadInput;
  const bool running = arguments->has("running");
  if (running == arguments->has("POLICY")) return refuse("give either a POLICY or --running (sallyport trace --help)");
  if (running && arguments->has("gateway")) return refuse("--running knows its gateway document; leave --gateway off");
  for (const auto* needed : {"from", "to"}) {
    if (!arguments->has(needed)) return refuse(std::string("--") + needed + " is missing (sallyport trace --help)");
  }
  const auto request = read_request(words_of(*arguments));
  if (!request)
    return refuse("--" + (request.error().word == "protocol" ? "proto" : request.error().word) + ": " +
                  request.error().message);
  if (running) return trace_running(words_of(*arguments), invocation);
  const auto input = load_policy(arguments->text("POLICY"));
  if (!input) return kBadInput;
  std::optional<rules::GatewayConfig> gateway;
  if (arguments->has("gateway")) {
    gateway = load_gateway(arguments->text("gateway"), input->policy);
    if (!gateway) return kBadInput;
  }
  const auto image = compiled_image(*input);
  if (!image) return kBadInput;
  const auto result = trace(*image, gateway ? &*gateway : nullptr, *request);
  return result ? print_result(*result, invocation) : refuse(result.error());
}

}  // namespace

const Command kTraceCommand{"trace", "one packet and its reply, stage by stage, with the rule that decided",
                            R"(usage: sallyport trace POLICY|--running --from A[:PORT] --to B[:PORT] [--proto P]
       [--icmp T/C] [--flags S] [--state new|established] [--gateway G [--in PORT]]
       [--via INTERFACE] [-o table|json]

Sends a packet through the gateway's own engine with this policy and tells every
stage. Exit status: 0 allowed, 1 denied, 2 bad input, 3 no gateway answers.

  --running       with the policy in force and the ports of the running gateway

  --proto P       tcp (default), udp, icmp, a name of /etc/protocols or a number
  --from, --to    addresses; tcp and udp need a destination port, an omitted
                  source port is 49152
  --icmp T/C      ICMP type and code (default 8/0)
  --flags LETTERS TCP flags of SAFRPUEW, '' for none (default S; A with --state
                  established)
  --state new           the first packet of a connection; its reply is judged too
  --state established   a packet of a tracked flow that exists: source check, ACLs
                        and routes, no groups
  --gateway G     the ports of this gateway document; without it every subnet is on
                  a port and the internet on another
  --in PORT       the port it comes in by; without it the source address says which
  --via INTERFACE an appliance's interface that forwards it for others

examples:
  sallyport trace policy.json --from 10.0.4.9 --to 10.0.5.10:5432
  sallyport trace policy.json --proto icmp --icmp 8/0 --from 10.0.4.9 --to 192.0.2.1
)",
                            run_trace};

}  // namespace sallyport::control
