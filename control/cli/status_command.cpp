// `sallyport status`, `ports` and `health`: how the gateway is.
//
// Owner: control/cli.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/options.h"
#include "control/cli/output.h"

namespace sallyport::control {

extern const Command kStatusCommand;
extern const Command kPortsCommand;
extern const Command kHealthCommand;

namespace {

using nlohmann::json;

std::string number(const json& value) { return std::to_string(value.get<std::uint64_t>()); }

std::string policy_text(const json& policy) {
  if (policy.at("generation") == 0) return "none: everything is dropped until one is applied (sallyport apply POLICY)";
  std::string text = fmt::format("generation {} of {}, applied {}, {} interfaces, {} rules, hash {}",
                                 number(policy.at("generation")), policy.at("file").get<std::string>(),
                                 policy.at("applied_at").get<std::string>(), number(policy.at("interfaces")),
                                 number(policy.at("rules")), policy.at("hash").get<std::string>().substr(0, 12));
  if (!policy.at("confirmed").get<bool>()) {
    text += fmt::format("; reverts to generation {} at {} unless confirmed", number(policy.at("reverts_to")),
                        policy.at("confirm_by").get<std::string>());
  }
  return text;
}

std::string advice_text(const json& ports) {
  std::string text;
  for (const auto& port : ports) {
    for (const auto& line : port.at("advice")) {
      text += fmt::format("port {}: {}\n", port.at("name").get<std::string>(), line.get<std::string>());
    }
  }
  return text;
}

std::string status_text(const json& status) {
  const auto& memory = status.at("memory");
  const auto& packets = status.at("packets");
  std::string ports;
  for (const auto& port : status.at("ports")) {
    ports += fmt::format("{}{} ({}, {})", ports.empty() ? "" : ", ", port.at("name").get<std::string>(),
                         port.at("device").get<std::string>(), port.at("link_up").get<bool>() ? "up" : "down");
  }
  Table table({"", ""});
  table.add({"policy", policy_text(status.at("policy"))});
  table.add({"ports", ports});
  table.add({"flows", fmt::format("{} of {}", number(status.at("flows")), number(status.at("max_flows")))});
  table.add({"packets", fmt::format("{} in, {} forwarded, {} dropped", number(packets.at("in")),
                                    number(packets.at("forwarded")), number(packets.at("dropped")))});
  const auto& self_check = status.at("self_check");
  table.add({"self-check", fmt::format("{} decisions made again from the rules, {} different, {} skipped",
                                       number(self_check.at("checked")), number(self_check.at("mismatched")),
                                       number(self_check.at("skipped")))});
  table.add(
      {"workers", fmt::format("{}, {} MiB of {}", number(status.at("workers")),
                              memory.at("bytes").get<std::uint64_t>() >> 20U, memory.at("kind").get<std::string>())});
  table.add({"since", fmt::format("{} (version {}, process {})", status.at("started_at").get<std::string>(),
                                  status.at("version").get<std::string>(), number(status.at("pid")))});
  return table.text() + advice_text(status.at("ports"));
}

std::string ports_text(const json& body) {
  Table table({"PORT", "DEVICE", "DRIVER", "QUEUES", "MAC", "MTU", "LINK", "IN", "IN BYTES", "MISSED", "OUT",
               "OUT BYTES", "ERRORS"});
  for (const auto& port : body.at("ports")) {
    const auto& in = port.at("in");
    const auto& out = port.at("out");
    table.add({port.at("name"), port.at("device"), port.at("driver"), number(port.at("queues")), port.at("mac"),
               number(port.at("mtu")), port.at("link_up").get<bool>() ? "up" : "down", number(in.at("packets")),
               number(in.at("bytes")), number(in.at("missed")), number(out.at("packets")), number(out.at("bytes")),
               std::to_string(in.at("errors").get<std::uint64_t>() + out.at("errors").get<std::uint64_t>())});
  }
  return table.text() + advice_text(body.at("ports"));
}

std::string health_text(const json& health) {
  std::string text = health.at("status").get<std::string>() + "\n";
  for (const auto& problem : health.at("problems")) text += problem.get<std::string>() + "\n";
  return text;
}

int run_status(const Invocation& invocation) {
  if (!parse_arguments(invocation, kStatusCommand, {}, {})) return kBadInput;
  return print_answer(invocation, Client(invocation.socket).get("/v1/status"), status_text);
}

int run_ports(const Invocation& invocation) {
  if (!parse_arguments(invocation, kPortsCommand, {}, {})) return kBadInput;
  return print_answer(invocation, Client(invocation.socket).get("/v1/ports"), ports_text);
}

int run_health(const Invocation& invocation) {
  if (!parse_arguments(invocation, kHealthCommand, {}, {})) return kBadInput;
  const auto answer = Client(invocation.socket).get("/v1/health");
  const int status = print_answer(invocation, answer, health_text);
  return status == kYes && answer->json().value("status", "") == "down" ? kNo : status;
}

}  // namespace

const Command kStatusCommand{"status", "the running gateway at a glance",
                             R"(usage: sallyport status [-o table|json]

Says which policy is in force, which ports are up, how many flows there are and
what became of the packets; and what to mend, where the gateway knows.

examples:
  sallyport status
  sallyport status -o json
)",
                             run_status};

const Command kPortsCommand{"ports", "the gateway's ports and their counters",
                            R"(usage: sallyport ports [-o table|json]

Lists the ports with device, driver, link address, MTU, link state and counters.

examples:
  sallyport ports
  sallyport ports -o json
)",
                            run_ports};

const Command kHealthCommand{"health", "is the gateway fit for traffic",
                             R"(usage: sallyport health [-o table|json]

Says ok, degraded (a port has no link) or down (no policy: everything is
dropped), and why. Exit status 1 when it is down.

examples:
  sallyport health
  sallyport health -o json
)",
                             run_health};

}  // namespace sallyport::control
