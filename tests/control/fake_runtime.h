// A dataplane that forwards nothing: it remembers what was published and answers what the test put in.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "dataplane/runtime/runtime.h"
#include "rules/model/gateway.h"

namespace sallyport::control {

class FakeRuntime : public dataplane::Runtime {
 public:
  [[nodiscard]] std::vector<dataplane::PortSettings> port_settings() const override {
    dataplane::PortSettings inside;
    inside.name = "inside";
    inside.subnets = {"app-a"};
    return {inside};
  }
  void publish(std::shared_ptr<const dataplane::BoundPolicy> policy, std::uint32_t rule_uids) override {
    const std::scoped_lock lock(mutex);
    published.push_back(std::move(policy));
    rules.resize(rule_uids, 0);
  }
  void begin() override {}
  [[nodiscard]] dataplane::CounterTotals counters() const override { return totals; }
  [[nodiscard]] std::vector<std::uint64_t> rule_counters() const override {
    const std::scoped_lock lock(mutex);
    return rules;
  }
  [[nodiscard]] std::vector<dataplane::PortStatus> ports() const override { return port_statuses; }
  [[nodiscard]] dataplane::RuntimeInfo info() const override { return {1, 65536, "pages", 1U << 20U}; }
  void for_each_flow(const std::function<bool(const dataplane::FlowRecord&)>& visit) override {
    for (const dataplane::FlowRecord& flow : flows) {
      if (!visit(flow)) return;
    }
  }
  bool next_sample(dataplane::DecisionSample& sample) override {
    const std::scoped_lock lock(mutex);
    if (samples.empty()) return false;
    sample = samples.front();
    samples.pop_front();
    return true;
  }
  std::uint64_t kill_flows(const std::function<bool(const dataplane::FlowRecord&)>& match) override {
    return std::erase_if(flows, match);
  }

  mutable std::mutex mutex;
  std::vector<std::shared_ptr<const dataplane::BoundPolicy>> published;
  std::vector<std::uint64_t> rules;
  dataplane::CounterTotals totals;
  std::vector<dataplane::PortStatus> port_statuses;
  std::vector<dataplane::FlowRecord> flows;
  std::deque<dataplane::DecisionSample> samples;
};

// A gateway document with one port on subnet app-a, and policies for it.
inline rules::GatewayConfig small_gateway() {
  rules::GatewayConfig gateway;
  gateway.file = "gateway.json";
  rules::Port port;
  port.name = "inside";
  port.subnets = {"app-a"};
  gateway.ports.push_back(port);
  return gateway;
}

// `ingress`: the rules of group web, as JSON.
inline std::string small_policy(const std::string& ingress, const std::string& description = "") {
  return R"({
  "version": 1,
  "vpc": { "cidr_blocks": ["10.0.0.0/16"] },
  "security_groups": {
    "web": { "description": ")" +
         description + R"(", "ingress": [)" + ingress + R"(] }
  },
  "subnets": { "app-a": { "cidr_block": "10.0.3.0/24" } },
  "interfaces": { "app-1": { "subnet": "app-a", "private_ips": ["10.0.3.11"], "security_groups": ["web"] } }
}
)";
}

inline std::string tcp_rule(int port) {
  const std::string text = std::to_string(port);
  return R"({ "protocol": "tcp", "from_port": )" + text + R"(, "to_port": )" + text +
         R"(, "cidr_blocks": ["0.0.0.0/0"] })";
}

}  // namespace sallyport::control
