// Answers of a bound policy.
//
// Owner: dataplane/engine. Hot: nothing here allocates.
#include "dataplane/engine/bound_policy.h"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace sallyport::dataplane {

std::string_view BoundPolicy::interface_name(Uid uid) const {
  if (uid < kFirstInterfaceUid || uid - kFirstInterfaceUid >= interface_names_->size()) return {};
  return (*interface_names_)[uid - kFirstInterfaceUid];
}

std::span<const PortIndex> BoundPolicy::ports_of(rules::SubnetIndex subnet) const {
  if (subnet == rules::kNone) return {};
  return subnet_ports_[subnet];
}

bool BoundPolicy::on_link(rules::SubnetIndex subnet, PortIndex port) const {
  return std::ranges::find(ports_of(subnet), port) != ports_of(subnet).end();
}

PortIndex BoundPolicy::uplink_towards(rules::Ipv4 destination) const {
  for (const auto port : uplink_ports_) {
    if (ports_[port].uplink->link.contains(destination)) return port;
  }
  return uplink_ports_.empty() ? kNoPort : uplink_ports_.front();
}

bool BoundPolicy::in_uplink_prefix(rules::Ipv4 address) const {
  return std::ranges::any_of(uplink_ports_,
                             [&](PortIndex port) { return ports_[port].uplink->link.contains(address); });
}

bool BoundPolicy::is_uplink_broadcast(rules::Ipv4 address) const {
  return std::ranges::find(uplink_broadcasts_, address) != uplink_broadcasts_.end();
}

bool BoundPolicy::is_link_address(rules::Ipv4 address) const {
  return std::ranges::any_of(ports_, [&](const PortSettings& port) {
    return (port.uplink && port.uplink->address == address) || (port.routed && port.routed->address == address);
  });
}

bool BoundPolicy::is_gateway_address(rules::Ipv4 address) const {
  if (view_.owner_of(address).kind == rules::OwnerKind::router) return true;
  return is_link_address(address) && view_.public_owner_of(address).kind == rules::PublicKind::nobody;
}

std::span<const BoundPolicy::WrittenMac> BoundPolicy::interfaces_with(const rules::MacAddress& mac) const {
  const auto found = std::ranges::equal_range(written_macs_, mac, {}, &WrittenMac::mac);
  return {found.begin(), found.end()};
}

const DrainingAddress* BoundPolicy::draining(rules::Ipv4 address) const {
  const auto at = std::ranges::lower_bound(draining_, address, {}, &DrainingAddress::address);
  return at != draining_.end() && at->address == address ? &*at : nullptr;
}

std::optional<std::uint32_t> BoundPolicy::lapsed_for(Uid interface, rules::Direction direction,
                                                     std::uint16_t port) const {
  const auto key = [](const Lapse& lapse) { return std::tuple(lapse.interface, lapse.direction, lapse.first); };
  const auto next = std::ranges::upper_bound(lapses_, std::tuple(interface, direction, port), {}, key);
  if (next == lapses_.begin()) return std::nullopt;
  const auto& lapse = *std::prev(next);
  const bool covers = lapse.interface == interface && lapse.direction == direction && port <= lapse.last;
  return covers ? std::optional(lapse.age) : std::nullopt;
}

}  // namespace sallyport::dataplane
