// `sallyportd --check`; see the header.
#include "control/server/daemon_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "control/cli/command.h"
#include "control/cli/output.h"
#include "control/cli/policy_input.h"

namespace sallyport::control {

namespace {

std::string_view name_of(rules::MemoryMode mode) {
  switch (mode) {
    case rules::MemoryMode::automatic:
      return "hugepages if enough are free, else ordinary pages";
    case rules::MemoryMode::hugepages:
      return "hugepages";
    case rules::MemoryMode::pages:
      break;
  }
  return "ordinary pages";
}

std::string describe(const rules::Port& port) {
  std::string line = fmt::format("port {}: {}, MTU {}", port.name, port.device.text, port.mtu);
  if (!port.subnets.empty()) line += fmt::format(", subnets {}", fmt::join(port.subnets, " "));
  if (port.proxy_arp) line += ", proxy ARP";
  if (port.routed) line += fmt::format(", routed {}", rules::to_string(port.routed->address));
  if (port.uplink)
    line += fmt::format(", uplink {} by {}", rules::to_string(port.uplink->address),
                        rules::to_string(port.uplink->gateway));
  return line + "\n";
}

std::string describe(const rules::GatewayConfig& gateway) {
  std::string text;
  for (const rules::Port& port : gateway.ports) text += describe(port);
  text += fmt::format("{} worker{}, {} flows, {}\n", gateway.workers, gateway.workers == 1 ? "" : "s",
                      gateway.max_flows, name_of(gateway.memory));
  text += fmt::format("control socket {}\n", gateway.socket_path);
  if (!gateway.metrics_listen.empty()) text += fmt::format("metrics on {}\n", gateway.metrics_listen);
  return text;
}

}  // namespace

int check_gateway(const std::string& path) {
  const auto read = read_gateway_input(path);
  if (!read) {
    print_input_error(read.error());
    return kBadInput;
  }
  const rules::GatewayConfig& gateway = read->config;
  std::string text = describe(gateway);
  if (gateway.policy_path.empty()) {
    print(text + "no policy: everything is dropped until one is applied\n");
    return kYes;
  }
  const auto policy = load_policy(gateway.policy_path, gateway.budget);
  if (!policy || !load_gateway(path, policy->policy)) return kBadInput;
  const auto image = compiled_image(*policy, gateway.budget);
  if (!image) return kBadInput;
  print(text + fmt::format("policy {}: {} bytes compiled, hash {}\n", gateway.policy_path, image->bytes().size(),
                           image->hash()));
  return kYes;
}

}  // namespace sallyport::control
