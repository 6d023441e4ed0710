// JSON of the gateway's state.
//
// Owner: control/server.
#include "control/server/state_json.h"

#include <fmt/format.h>
#include <unistd.h>

#include "control/metrics/rule_counts.h"
#include "control/trace/place_json.h"
#include "rules/model/drop_code.h"
#include "rules/model/policy_size.h"

namespace sallyport::control {
namespace {

using nlohmann::json;

json self_check_json(const dataplane::CounterTotals& totals, const SelfCheckCounts& self_check) {
  return {{"checked", self_check.checked},
          {"mismatched", self_check.mismatched},
          {"skipped", self_check.skipped + totals.samples_skipped}};
}

json policy_json(const PolicyStore& store) {
  const auto running = store.running();
  if (!running) {
    return {{"generation", 0}, {"hash", nullptr}, {"applied_at", nullptr}, {"confirmed", true}, {"file", nullptr}};
  }
  const Generation& generation = running->generation;
  const rules::PolicySize size = rules::size_of(running->policy);
  json out{{"generation", generation.number},
           {"hash", generation.image.hash()},
           {"applied_at", iso_time(generation.applied_at)},
           {"confirmed", generation.confirmed},
           {"file", generation.image.file()},
           {"interfaces", size.interfaces},
           {"rules", size.rules}};
  if (const auto pending = store.pending()) {
    out["confirm_by"] = iso_time(pending->confirm_by);
    out["reverts_to"] = pending->revert_to;
  }
  return out;
}

}  // namespace

json status_json(const PolicyStore& store, const dataplane::Runtime& runtime, const SelfCheckCounts& self_check,
                 WallTime started, WallTime now) {
  const dataplane::RuntimeInfo info = runtime.info();
  const dataplane::CounterTotals totals = runtime.counters();
  json ports = json::array();
  for (const dataplane::PortStatus& port : runtime.ports()) {
    ports.push_back({{"name", port.name}, {"device", port.device}, {"link_up", port.link_up}, {"advice", port.advice}});
  }
  json out{{"schema", "sallyport/status/1"},
           {"version", SALLYPORT_VERSION},
           {"pid", getpid()},
           {"started_at", iso_time(started)},
           {"uptime_seconds", std::chrono::duration_cast<std::chrono::seconds>(now - started).count()},
           {"workers", info.workers},
           {"memory", {{"kind", info.memory}, {"bytes", info.memory_bytes}}},
           {"flows", totals.flows},
           {"max_flows", info.max_flows},
           {"packets", {{"in", totals.in}, {"forwarded", totals.forwarded}, {"dropped", totals.dropped}}},
           {"ports", std::move(ports)},
           {"self_check", self_check_json(totals, self_check)},
           {"policy", policy_json(store)}};
  if (!store.running()) out["message"] = "there is no policy: everything is dropped until one is applied";
  return out;
}

json ports_json(const dataplane::Runtime& runtime) {
  json ports = json::array();
  for (const dataplane::PortStatus& port : runtime.ports()) {
    ports.push_back({{"name", port.name},
                     {"device", port.device},
                     {"driver", port.driver},
                     {"mac", rules::to_string(port.mac)},
                     {"mtu", port.mtu},
                     {"link_up", port.link_up},
                     {"queues", port.queues},
                     {"in",
                      {{"packets", port.in_packets},
                       {"bytes", port.in_bytes},
                       {"missed", port.in_missed},
                       {"errors", port.in_errors}}},
                     {"out", {{"packets", port.out_packets}, {"bytes", port.out_bytes}, {"errors", port.out_errors}}},
                     {"unfinished_checksums", port.unfinished_checksums},
                     {"oversize_frames", port.oversize_frames},
                     {"advice", port.advice}});
  }
  return {{"schema", "sallyport/ports/1"}, {"ports", std::move(ports)}};
}

json counters_json(const dataplane::CounterTotals& totals, const SelfCheckCounts& self_check,
                   const RefusedConnections& refused) {
  json drops = json::object();
  for (std::size_t i = 1; i < rules::kDropCodes; ++i) {
    drops[std::string(rules::name_of(static_cast<rules::DropCode>(i)))] = totals.drops[i];
  }
  return {{"schema", "sallyport/counters/1"},
          {"packets",
           {{"in", totals.in},
            {"forwarded", totals.forwarded},
            {"dropped", totals.dropped},
            {"consumed", totals.consumed},
            {"held", totals.held},
            {"originated", totals.originated},
            {"fragments_added", totals.fragments_added},
            {"out", totals.out},
            {"handed_over", totals.handed_over}}},
          {"drops", std::move(drops)},
          {"flows",
           {{"live", totals.flows},
            {"created", totals.flows_created},
            {"expired", totals.flows_expired},
            {"closed", totals.flows_closed},
            {"cut", totals.flows_cut},
            {"rejudged", totals.flows_rejudged}}},
          {"nat",
           {{"port_errors", totals.nat_port_errors},
            {"page_shortages", totals.nat_page_shortages},
            {"idle_timeouts", totals.nat_idle_timeouts}}},
          {"icmp", {{"errors_sent", totals.icmp_errors_sent}, {"errors_limited", totals.icmp_errors_limited}}},
          {"tcp", {{"resets_sent", totals.resets_sent}}},
          {"arp",
           {{"requests_sent", totals.arp_requests_sent},
            {"replies_sent", totals.arp_replies_sent},
            {"neighbors", totals.neighbors}}},
          {"connections_refused", {{"control", refused.control}, {"metrics", refused.metrics}}},
          {"self_check", self_check_json(totals, self_check)}};
}

json health_json(const PolicyStore& store, const dataplane::Runtime& runtime, const SelfCheckCounts& self_check) {
  json problems = json::array();
  for (const dataplane::PortStatus& port : runtime.ports()) {
    if (!port.link_up) problems.push_back(fmt::format("port {} has no link", port.name));
  }
  if (self_check.mismatched > 0) {
    problems.push_back(fmt::format("{} decisions were not what the rules say: see the log", self_check.mismatched));
  }
  const bool policy = store.running() != nullptr;
  if (!policy) problems.push_back("there is no policy: everything is dropped");
  const char* status = !policy ? "down" : problems.empty() ? "ok" : "degraded";
  return {{"schema", "sallyport/health/1"}, {"status", status}, {"problems", std::move(problems)}};
}

json rules_json(const Running& running, const dataplane::Runtime& runtime) {
  json out = json::array();
  for (const RuleCount& each : rule_counts(running, runtime)) {
    json rule = place_json(running.generation.image.file(), each.rule.line);
    rule["name"] = each.rule.name;
    rule["kind"] = each.rule.is_acl ? "network-acl" : "security-group";
    rule["text"] = each.rule.text;
    rule["description"] = each.rule.description;
    rule["decided"] = each.decided;
    out.push_back(std::move(rule));
  }
  return out;
}

}  // namespace sallyport::control
