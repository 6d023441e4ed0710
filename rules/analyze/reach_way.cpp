// Owner: rules/analyze. See reach_way.h; stage by stage as docs/packet-path.md has it.
#include "rules/analyze/reach_way.h"

#include <algorithm>

namespace sallyport::rules::reaching {
namespace {

using literal::Keys;
using literal::KeySet;
using literal::Kind;

constexpr std::size_t kTcp = 0;
constexpr std::size_t kUdp = 1;
constexpr std::size_t kIcmp = 2;
constexpr std::size_t kOther = 3;

class Walk {
 public:
  Walk(Ground& ground, const KnownFlow* known, Ipv4 from, Ipv4 to)
      : ground_(ground), known_(known), from_(from), to_(to), source_(from), destination_(to) {}

  Way run() {
    if (known_ != nullptr ? known_->sender.has_value() : ground_.in_vpc(from_)) {
      from_inside();
    } else {
      from_internet();
    }
    way_.seen_from = source_;
    way_.seen_to = destination_;
    if (way_.receiver || way_.reaches_internet) {
      replies();
    } else {
      way_.answered = kNothing;
    }
    return std::move(way_);
  }

 private:
  void step(WayStep step) {
    way_.passes = ground_.sets.intersect(way_.passes, step.admits);
    way_.forward.push_back(step);
  }
  void stop(Stage stage, DropCode code, NamedSubnet subnet = nullptr, const Route* route = nullptr) {
    step({.stage = stage, .code = code, .admits = kNothing, .subnet = subnet, .remote = destination_, .route = route});
  }

  WayStep asked_acl(NamedSubnet subnet, Side side, Ipv4 remote) {
    const auto stage = side == Side::ingress ? Stage::network_acl_ingress : Stage::network_acl_egress;
    const SetId admits = way_.exempt ? kEverything : ground_.acl(subnet->second.network_acl, side, remote);
    return {
        .stage = stage, .code = DropCode::SUBNET_ACL_RESTRICTION, .admits = admits, .subnet = subnet, .remote = remote};
  }
  void acl(NamedSubnet subnet, Side side, Ipv4 remote) { step(asked_acl(subnet, side, remote)); }

  NamedSubnet subnet_named(const std::string& name) const { return &*ground_.policy.subnets.find(name); }

  void from_inside() {
    sender_ = known_ != nullptr ? known_->sender : ground_.host_of(from_);
    if (!sender_) return stop(Stage::source_check, DropCode::UNKNOWN_HOST);
    way_.exempt = ground_.is_exempt(from_) || ground_.is_exempt(to_);
    const auto subnet = sender_->subnet;
    if (subnet->second.cidr_block.contains(to_)) {
      same_subnet_ = true;
      return deliver(subnet);
    }
    acl(subnet, Side::egress, to_);
    const auto direction = ground_.direction(subnet->second.route_table, to_);
    if (!lead(subnet, direction)) return;
    if (direction.target == RouteTarget::nat_gateway) return through_nat(direction.route->target_name);
    if (direction.target == RouteTarget::internet) return one_to_one_out();
    if (direction.target == RouteTarget::interface) return to_appliance(direction.route->target_name, subnet);
    deliver(subnet);
  }

  // The route's step; false where it leads nowhere.
  bool lead(NamedSubnet subnet, const Direction& direction) {
    if (!direction.found) {
      stop(Stage::route, DropCode::NO_ROUTE_TO_DESTINATION, subnet);
      return false;
    }
    if (direction.target == RouteTarget::blackhole) {
      stop(Stage::route, DropCode::BAD_STATE_ROUTE, subnet, direction.route);
      return false;
    }
    step({.stage = Stage::route, .subnet = subnet, .remote = destination_, .route = direction.route});
    return true;
  }

  void from_internet() {
    const bool spoofed = known_ == nullptr && ground_.is_public(from_);  // of a known flow the source is checked before
    if (spoofed) return stop(Stage::source_check, DropCode::GATEWAY_REJECTS_SPOOFED_TRAFFIC);
    if (!ground_.policy.options.allow_private_internet) {
      if (is_rfc1918(from_)) {
        return stop(Stage::internet_gateway, DropCode::IGW_SOURCE_ADDRESS_NOT_IN_RFC1918_INGRESS);
      }
      if (is_rfc6598(from_)) {
        return stop(Stage::internet_gateway, DropCode::IGW_SOURCE_ADDRESS_NOT_IN_RFC6598_INGRESS);
      }
    }
    arrive_at_public_address();
  }

  // From the internet, or reflected: the internet gateway undoes 1:1.
  void arrive_at_public_address() {
    if (const auto owner = ground_.public_owner(destination_)) {
      step({.stage = Stage::internet_gateway, .interface = owner});
      destination_ = owner->second.private_ips.front();
      return receive(ground_.host_of(owner), nullptr);
    }
    const auto drained = known_ != nullptr ? known_->before->public_owner(destination_) : nullptr;
    if (drained != nullptr && known_->receiver && !ground_.is_public(destination_)) {
      destination_ = drained->second.private_ips.front();
      return receive(*known_->receiver, nullptr);
    }
    if (const auto nat = ground_.public_nat(destination_)) {
      acl(subnet_named(nat->second.subnet), Side::ingress, source_);
      return stop(Stage::nat_gateway, DropCode::NAT_NO_SESSION);
    }
    stop(Stage::internet_gateway, DropCode::IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS);
  }

  // To an address of the VPC, from a packet that stands in subnet `from`.
  void deliver(NamedSubnet from) {
    const auto subnet = ground_.subnet_of(destination_);
    if (ground_.is_nat_private(destination_)) {
      if (subnet != from) acl(subnet, Side::ingress, source_);
      return stop(Stage::nat_gateway, DropCode::NAT_NO_SESSION);
    }
    const auto owner = ground_.host_of(destination_);
    if (owner) return receive(*owner, from);
    if (known_ != nullptr && known_->receiver) return receive(*known_->receiver, from);
    stop(Stage::route, DropCode::UNKNOWN_HOST, from);
  }

  void to_appliance(const std::string& name, NamedSubnet from) {
    const auto appliance = ground_.host_of(&*ground_.policy.interfaces.find(name));
    const auto& own = appliance.interface->second.private_ips;
    way_.handed_to_appliance = std::ranges::find(own, destination_) == own.end();
    if (appliance.subnet != from) acl(appliance.subnet, Side::ingress, source_);
    if (way_.handed_to_appliance && appliance.interface->second.source_dest_check) {
      step({.stage = Stage::dest_check,
            .code = DropCode::ENI_SOURCE_DEST_CHECK_RESTRICTION,
            .admits = kNothing,
            .interface = appliance.interface});
    }
    receive(appliance, appliance.subnet);
  }

  // `from` is the subnet the packet stands in, null for the internet.
  void receive(const Host& receiver, NamedSubnet from) {
    way_.receiver = receiver;
    if (receiver.subnet != from) acl(receiver.subnet, Side::ingress, source_);
  }

  void through_nat(const std::string& name) {
    way_.nat = &*ground_.policy.nat_gateways.find(name);
    const auto& nat = way_.nat->second;
    const auto subnet = subnet_named(nat.subnet);
    if (subnet != sender_->subnet) acl(subnet, Side::ingress, from_);
    const SetId translated = ground_.sets.intern({{{{0, 65535}}, {{0, 65535}}, {{8 * 256, 8 * 256 + 255}}, {}}});
    step({.stage = Stage::nat_gateway, .code = DropCode::PROTOCOL_RESTRICTION, .admits = translated, .nat = way_.nat});
    const auto direction = ground_.direction(subnet->second.route_table, to_);
    const bool leads_out = direction.found && direction.target == RouteTarget::internet;
    source_ = nat.private_ip;
    if (!leads_out && subnet->second.cidr_block.contains(to_)) return deliver(subnet);
    if (!lead(subnet, direction)) return;
    acl(subnet, Side::egress, to_);
    if (direction.target == RouteTarget::interface) return to_appliance(direction.route->target_name, subnet);
    if (!leads_out) return deliver(subnet);
    source_ = known_ != nullptr ? known_->leaving_from : nat.public_ips.front();
    out_to_internet();
  }

  void one_to_one_out() {
    const auto owner = sender_->interface;
    if (known_ != nullptr) {
      source_ = known_->leaving_from;
      return out_to_internet();
    }
    if (owner == nullptr || !owner->second.public_ip || owner->second.private_ips.front() != from_) {
      return stop(Stage::internet_gateway, DropCode::IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS);
    }
    source_ = *owner->second.public_ip;
    out_to_internet();
  }

  void out_to_internet() {
    if (!ground_.policy.options.allow_private_internet) {
      if (is_rfc1918(to_)) {
        return stop(Stage::internet_gateway, DropCode::IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS);
      }
      if (is_rfc6598(to_)) {
        return stop(Stage::internet_gateway, DropCode::IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS);
      }
    }
    way_.crossed_internet_gateway = true;
    const bool drains = known_ != nullptr && known_->before->is_public(to_);
    if (ground_.is_public(to_) || drains) return arrive_at_public_address();
    step({.stage = Stage::internet_gateway});
    way_.reaches_internet = true;
  }

  // --- the reply

  // `far`: what is addressed to the source as the far side sees it; else to the sender's own address and port.
  void reply_step(const WayStep& step, bool far) {
    auto& admitted = far ? far_ : near_;
    admitted = ground_.sets.intersect(admitted, step.admits);
    way_.reply.push_back(step);
    way_.reply.back().far = far;
  }

  void reply_route(NamedSubnet subnet, Ipv4 to, RouteTarget expected) {
    const auto direction = ground_.direction(subnet->second.route_table, to);
    const bool right = direction.found && direction.target == expected;
    reply_step({.stage = Stage::route,
                .code = DropCode::NO_ROUTE_TO_DESTINATION,
                .admits = right ? kEverything : kNothing,
                .subnet = subnet,
                .remote = to,
                .route = direction.route},
               true);
  }

  void replies() {
    if (same_subnet_) return;
    if (way_.receiver) reply_leaves_receiver();
    if (way_.nat != nullptr) reply_passes_nat();
    if (sender_) {
      const bool stays = way_.receiver && way_.nat == nullptr && !way_.crossed_internet_gateway &&
                         way_.receiver->subnet == sender_->subnet;
      if (!stays) reply_step(asked_acl(sender_->subnet, Side::ingress, to_), false);
    }
    answer();
  }

  void reply_leaves_receiver() {
    const auto subnet = way_.receiver->subnet;
    const bool by_internet = !sender_ || way_.crossed_internet_gateway;
    if (!by_internet && subnet->second.cidr_block.contains(source_)) return;
    reply_step(asked_acl(subnet, Side::egress, source_), true);
    reply_route(subnet, source_, by_internet ? RouteTarget::internet : RouteTarget::local);
  }

  void reply_passes_nat() {
    const auto subnet = subnet_named(way_.nat->second.subnet);
    const bool stays = way_.receiver && !way_.crossed_internet_gateway && way_.receiver->subnet == subnet;
    if (!stays) reply_step(asked_acl(subnet, Side::ingress, to_), true);
    if (subnet == sender_->subnet) return;
    reply_step(asked_acl(subnet, Side::egress, from_), false);
    reply_route(subnet, from_, RouteTarget::local);
  }

  // A NAT gateway may use any of its ports, so replies to all of them must come through.
  KeySet ports_answered(std::size_t kind) const {
    const KeySet all{kAskingPorts};
    const auto far = literal::intersect(ground_.sets.at(far_)[kind], all);
    const auto near = literal::intersect(ground_.sets.at(near_)[kind], all);
    if (way_.nat == nullptr) return literal::intersect(far, near);
    return far == all ? near : KeySet{};
  }

  void answer() {
    if (far_ == kEverything && near_ == kEverything) return;
    TrafficSet answered = ground_.sets.at(kEverything);
    for (const auto kind : {kTcp, kUdp}) {
      way_.reply_ports[kind] = ports_answered(kind);
      if (way_.reply_ports[kind].empty()) answered[kind].clear();
    }
    const auto back = ground_.sets.intersect(far_, near_);
    answered[kOther] = ground_.sets.at(back)[kOther];
    // RFC 792: echo, timestamp and information requests are answered; RFC 950 adds the address mask.
    answered[kIcmp].clear();
    for (const std::uint32_t type : kAskingTypes) {
      const std::uint32_t reply = (type == 8 ? 0 : type + 1) * 256;
      if (literal::intersect(ground_.sets.at(back)[kIcmp], {{reply, reply}}).empty()) continue;
      answered[kIcmp] = literal::unite(answered[kIcmp], {{type * 256, type * 256 + 255}});
    }
    way_.answered = ground_.sets.intern(answered);
  }

  Ground& ground_;
  const KnownFlow* known_;
  Ipv4 from_;
  Ipv4 to_;
  Ipv4 source_;
  Ipv4 destination_;
  Way way_;
  std::optional<Host> sender_;
  bool same_subnet_ = false;
  SetId far_ = kEverything;
  SetId near_ = kEverything;
};

}  // namespace

SetId lost_of(Ground& ground, SetId passed, SetId answered) {
  if (passed == kNothing || answered == kEverything) return kNothing;
  TrafficSet asks = ground.sets.at(kEverything);
  asks[kIcmp].clear();
  for (const std::uint32_t type : kAskingTypes) asks[kIcmp].push_back({type * 256, type * 256 + 255});
  return ground.sets.intersect(ground.sets.subtract(passed, answered), ground.sets.intern(asks));
}

Way way_between(Ground& ground, Ipv4 from, Ipv4 to) { return Walk(ground, nullptr, from, to).run(); }
Way way_of(Ground& ground, const KnownFlow& flow, Ipv4 from, Ipv4 to) { return Walk(ground, &flow, from, to).run(); }

}  // namespace sallyport::rules::reaching
