// Building the ports of a world and finding one's way in it.
//
// Owner: control/trace.
#include "control/trace/world.h"

#include <algorithm>

#include "dataplane/neighbor/assumed_neighbor.h"

namespace sallyport::control {

namespace dp = dataplane;

namespace {

// RFC 7600's dummy address: nobody's, and in no prefix that anybody has.
constexpr rules::Ipv4 kDummyAddress{0xC0000008};
constexpr rules::Ipv4 kDummyGateway{0xC000000B};
constexpr std::uint16_t kAnyMtu = 65535;
constexpr rules::MacAddress kStrangersMac{{0x02, 0, 0, 0, 0xFF, 0xFF}};

rules::MacAddress port_mac(std::size_t index) {
  return {{0x02, 0, 0, 0, static_cast<std::uint8_t>(index >> 8U), static_cast<std::uint8_t>(index & 0xFFU)}};
}

std::vector<dp::PortSettings> ports_of(const rules::GatewayConfig& gateway) {
  std::vector<dp::PortSettings> ports;
  for (const auto& port : gateway.ports) {
    auto settings = dp::settings_of(port);
    settings.mac = port_mac(ports.size());
    settings.unfinished_checksums = true;
    ports.push_back(std::move(settings));
  }
  return ports;
}

std::vector<dp::PortSettings> synthetic_ports(const rules::Image& image) {
  dp::PortSettings inside;
  inside.name = "inside";
  inside.mac = port_mac(0);
  inside.mtu = kAnyMtu;
  inside.unfinished_checksums = true;
  const rules::PolicyView view(image);
  for (rules::SubnetIndex i = 0; i < view.subnets(); ++i) inside.subnets.emplace_back(view.subnet(i).name);
  dp::PortSettings internet;
  internet.name = "internet";
  internet.mac = port_mac(1);
  internet.mtu = kAnyMtu;
  internet.unfinished_checksums = true;
  internet.uplink = rules::LinkAddress{kDummyAddress, rules::Prefix{kDummyAddress, 32}, kDummyGateway};
  return {std::move(inside), std::move(internet)};
}

}  // namespace

std::expected<World, std::string> World::create(rules::Image image, const rules::GatewayConfig* gateway) {
  World world(gateway != nullptr ? ports_of(*gateway) : synthetic_ports(image));
  if (auto replaced = world.replace(std::move(image)); !replaced) return std::unexpected(replaced.error());
  return world;
}

std::expected<void, std::string> World::replace(rules::Image image) {
  auto bound = binder_.bind(std::move(image), epoch_ + 1, epoch_ + 1, 0);
  if (!bound) return std::unexpected(bound.error());
  ++epoch_;
  previous_ = std::move(bound_);
  bound_ = std::move(*bound);
  return {};
}

std::expected<std::unique_ptr<dp::Engine>, std::string> World::make_engine(std::uint64_t max_flows) const {
  dp::EngineSettings settings;
  settings.ports = ports_;
  settings.max_flows = max_flows;
  settings.assume_neighbors = true;
  settings.any_destination_mac = true;
  auto engine = dp::Engine::create(std::move(settings));
  if (engine) (*engine)->adopt(bound_.get(), 0);
  return engine;
}

std::optional<dp::PortIndex> World::port_named(std::string_view name) const {
  const auto found = std::ranges::find(ports_, name, &dp::PortSettings::name);
  if (found == ports_.end()) return std::nullopt;
  return static_cast<dp::PortIndex>(found - ports_.begin());
}

dp::PortIndex World::port_of_subnet(rules::SubnetIndex subnet) const {
  const auto on = bound_->ports_of(subnet);
  return on.empty() ? bound_->routed_port() : on.front();
}

dp::PortIndex World::port_for_source(rules::Ipv4 source) const {
  const auto policy = view();
  if (!policy.in_vpc(source) || policy.public_owner_of(source).kind != rules::PublicKind::nobody) {
    return bound_->uplink_towards(source);
  }
  if (const auto subnet = policy.owner_of(source).subnet; subnet != rules::kNone) return port_of_subnet(subnet);
  if (bound_->routed_port() != dp::kNoPort) return bound_->routed_port();
  const auto inside = std::ranges::find_if(ports_, [](const auto& port) { return !port.subnets.empty(); });
  return inside == ports_.end() ? dp::kNoPort : static_cast<dp::PortIndex>(inside - ports_.begin());
}

rules::MacAddress World::interface_mac(rules::InterfaceIndex index) const {
  const auto interface = view().interface(index);
  return interface.has_mac ? interface.mac : dp::assumed_mac(interface.primary);
}

rules::MacAddress World::sender_mac(dp::PortIndex port, rules::Ipv4 source) const {
  const auto policy = view();
  const auto owner = policy.owner_of(source);
  if (owner.subnet != rules::kNone && bound_->on_link(owner.subnet, port)) {
    if (owner.kind == rules::OwnerKind::host) return dp::assumed_mac(source);
    if (owner.kind == rules::OwnerKind::interface) {
      const auto interface = policy.interface(owner.index);
      return interface.has_mac ? interface.mac : dp::assumed_mac(source);
    }
  }
  const auto& settings = ports_[port];
  if (settings.uplink && (!settings.routed || !policy.in_vpc(source))) {
    return dp::assumed_mac(settings.uplink->link.contains(source) ? source : settings.uplink->gateway);
  }
  return settings.routed ? dp::assumed_mac(settings.routed->gateway) : kStrangersMac;
}

}  // namespace sallyport::control
