// Families of metrics from a snapshot, written by prometheus-cpp's serializer.
//
// Owner: control/metrics.
#include "control/metrics/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <sstream>
#include <utility>
#include <vector>

#include "control/metrics/rule_counts.h"
#include "rules/model/drop_code.h"

namespace sallyport::control {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

class Families {
 public:
  void counter(const char* name, const char* help, std::uint64_t value, Labels labels = {}) {
    ClientMetric metric;
    metric.counter.value = static_cast<double>(value);
    add(name, help, MetricType::Counter, std::move(metric), std::move(labels));
  }
  void gauge(const char* name, const char* help, double value, Labels labels = {}) {
    ClientMetric metric;
    metric.gauge.value = value;
    add(name, help, MetricType::Gauge, std::move(metric), std::move(labels));
  }
  [[nodiscard]] const std::vector<MetricFamily>& all() const { return families_; }

 private:
  void add(const char* name, const char* help, MetricType type, ClientMetric metric, Labels labels) {
    if (families_.empty() || families_.back().name != name) families_.push_back(MetricFamily{name, help, type, {}});
    metric.label = std::move(labels);
    families_.back().metric.push_back(std::move(metric));
  }

  std::vector<MetricFamily> families_;  // samples of one family are added one after the other
};

void add_packets(const dataplane::CounterTotals& totals, Families& out) {
  out.counter("sallyport_packets_in_total", "Packets that arrived at ports.", totals.in);
  out.counter("sallyport_packets_forwarded_total", "Packets forwarded.", totals.forwarded);
  out.counter("sallyport_packets_dropped_total", "Packets dropped, all codes.", totals.dropped);
  out.counter("sallyport_packets_consumed_total", "Packets answered or absorbed by the gateway.", totals.consumed);
  out.gauge("sallyport_packets_held", "Packets that wait for a neighbour now.", static_cast<double>(totals.held));
  out.counter("sallyport_packets_originated_total", "Packets the gateway made itself.", totals.originated);
  out.counter("sallyport_packets_fragments_added_total", "Fragments added by refragmentation.", totals.fragments_added);
  out.counter("sallyport_packets_out_total", "Packets that left at ports.", totals.out);
  out.counter("sallyport_packets_handed_over_total", "Packets that arrived at a worker that does not own their flow.",
              totals.handed_over);
  for (std::size_t i = 1; i < rules::kDropCodes; ++i) {
    out.counter("sallyport_drops_total", "Packets dropped, by code; sallyport explain CODE says what it means.",
                totals.drops[i], Labels{{"code", std::string(rules::name_of(static_cast<rules::DropCode>(i)))}});
  }
}

void add_flows(const dataplane::CounterTotals& totals, const dataplane::RuntimeInfo& info, Families& out) {
  out.gauge("sallyport_flows", "Tracked flows now.", static_cast<double>(totals.flows));
  out.gauge("sallyport_flows_limit", "Flows that there is room for.", static_cast<double>(info.max_flows));
  out.counter("sallyport_flows_created_total", "Flows created.", totals.flows_created);
  out.counter("sallyport_flows_expired_total", "Flows ended by a timeout.", totals.flows_expired);
  out.counter("sallyport_flows_closed_total", "Flows closed by their ends.", totals.flows_closed);
  out.counter("sallyport_flows_cut_total", "Flows ended by a policy change.", totals.flows_cut);
  out.counter("sallyport_flows_rejudged_total", "Flows judged again after a policy change.", totals.flows_rejudged);
  out.counter("sallyport_nat_port_errors_total", "New flows refused for want of a NAT port.", totals.nat_port_errors);
  out.counter("sallyport_nat_page_shortages_total",
              "Choices of a NAT port towards a busy destination that looked at some of its ports alone.",
              totals.nat_page_shortages);
  out.counter("sallyport_nat_idle_timeouts_total", "NAT mappings ended by their idle timeout.",
              totals.nat_idle_timeouts);
  out.counter("sallyport_icmp_errors_sent_total", "ICMP errors sent.", totals.icmp_errors_sent);
  out.counter("sallyport_icmp_errors_limited_total", "ICMP errors not sent because of their rate limit.",
              totals.icmp_errors_limited);
  out.counter("sallyport_tcp_resets_sent_total", "TCP resets sent.", totals.resets_sent);
  out.counter("sallyport_arp_requests_sent_total", "ARP requests sent.", totals.arp_requests_sent);
  out.counter("sallyport_arp_replies_sent_total", "ARP replies sent.", totals.arp_replies_sent);
  out.gauge("sallyport_neighbors", "Neighbours known now.", static_cast<double>(totals.neighbors));
}

void add_self_check(const dataplane::CounterTotals& totals, const SelfCheckCounts& self_check, Families& out) {
  out.counter("sallyport_self_check_checked_total", "Decisions made again from the rules as written.",
              self_check.checked);
  out.counter("sallyport_self_check_mismatches_total", "Decisions that were not what the rules say: must stay 0.",
              self_check.mismatched);
  out.counter("sallyport_self_check_skipped_total", "Decisions that were due to be made again and were not.",
              self_check.skipped + totals.samples_skipped);
}

void add_connections(const RefusedConnections& refused, Families& out) {
  const char* name = "sallyport_connections_refused_total";
  const char* help = "Connections turned away because all places for their kind were taken.";
  out.counter(name, help, refused.control, Labels{{"listener", "control"}});
  out.counter(name, help, refused.metrics, Labels{{"listener", "metrics"}});
}

using PortNumber = std::uint64_t dataplane::PortStatus::*;
struct PortFamily {
  const char* name;
  const char* help;
  PortNumber number;
};
constexpr PortFamily kPortFamilies[] = {
    {"sallyport_port_in_packets_total", "Packets received at the port.", &dataplane::PortStatus::in_packets},
    {"sallyport_port_in_bytes_total", "Bytes received at the port.", &dataplane::PortStatus::in_bytes},
    {"sallyport_port_out_packets_total", "Packets sent at the port.", &dataplane::PortStatus::out_packets},
    {"sallyport_port_out_bytes_total", "Bytes sent at the port.", &dataplane::PortStatus::out_bytes},
    {"sallyport_port_in_missed_total", "Packets the device lost for want of buffers.",
     &dataplane::PortStatus::in_missed},
    {"sallyport_port_in_errors_total", "Packets the device received damaged.", &dataplane::PortStatus::in_errors},
    {"sallyport_port_out_errors_total", "Packets the device could not send.", &dataplane::PortStatus::out_errors},
    {"sallyport_port_unfinished_checksums_total", "Packets whose sums the peer left to hardware that is not there.",
     &dataplane::PortStatus::unfinished_checksums},
    {"sallyport_port_oversize_frames_total", "Frames larger than the port's MTU.",
     &dataplane::PortStatus::oversize_frames},
};

void add_ports(const std::vector<dataplane::PortStatus>& ports, Families& out) {
  for (const PortFamily& family : kPortFamilies) {
    for (const dataplane::PortStatus& port : ports)
      out.counter(family.name, family.help, port.*family.number, Labels{{"port", port.name}});
  }
  for (const dataplane::PortStatus& port : ports) {
    out.gauge("sallyport_port_up", "1 while the port has a link.", port.link_up ? 1 : 0, Labels{{"port", port.name}});
  }
}

void add_policy(const PolicyStore& store, const dataplane::Runtime& runtime, Families& out) {
  const auto running = store.running();
  out.gauge("sallyport_policy_generation", "Generation of the policy in force, 0 without any.",
            running ? static_cast<double>(running->generation.number) : 0);
  out.gauge("sallyport_policy_confirmation_pending", "1 while the policy reverts unless it is confirmed.",
            store.pending() ? 1 : 0);
  if (!running) return;
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(running->generation.applied_at.time_since_epoch());
  out.gauge("sallyport_policy_applied_timestamp_seconds", "When the policy in force was applied.",
            static_cast<double>(seconds.count()));
  for (const RuleCount& each : rule_counts(*running, runtime)) {
    out.counter(
        "sallyport_rule_decided_total", "Packets whose verdict the rule gave.", each.decided,
        Labels{{"kind", each.rule.is_acl ? "network-acl" : "security-group"}, {"rule", std::string(each.rule.name)}});
  }
}

}  // namespace

std::string metrics_text(const PolicyStore& store, const dataplane::Runtime& runtime, const SelfCheckCounts& self_check,
                         const RefusedConnections& refused) {
  Families families;
  const dataplane::RuntimeInfo info = runtime.info();
  const dataplane::CounterTotals totals = runtime.counters();
  families.gauge("sallyport_build_info", "Always 1; the labels tell the version.", 1,
                 Labels{{"version", SALLYPORT_VERSION}});
  families.gauge("sallyport_workers", "Dataplane threads.", info.workers);
  families.gauge("sallyport_memory_bytes", "Memory of the dataplane.", static_cast<double>(info.memory_bytes),
                 Labels{{"kind", info.memory}});
  add_packets(totals, families);
  add_flows(totals, info, families);
  add_self_check(totals, self_check, families);
  add_connections(refused, families);
  add_ports(runtime.ports(), families);
  add_policy(store, runtime, families);
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families.all());
  return std::move(out).str();
}

}  // namespace sallyport::control
