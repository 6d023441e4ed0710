// The way of a first packet and of its reply, read literally from docs/packet-path.md.
#include <algorithm>
#include <set>

#include "rules/analyze/reference.h"

namespace sallyport::rules::reference {
namespace {

class Walk {
 public:
  Walk(const Policy& policy, const FirstPacket& packet)
      : policy_(policy), packet_(packet), source_(packet.from), destination_(packet.to), port_(packet.to_port) {}

  PathAnswer run() {
    const bool passed = in_vpc(policy_, packet_.from) ? from_inside() : from_internet();
    answer_.translated_from = source_;
    answer_.translated_to = destination_;
    answer_.translated_to_port = port_;
    answer_.allow = passed && reply_passes();
    return answer_;
  }

 private:
  bool refuse(DropCode code) {
    answer_.code = code;
    return false;
  }

  Question question(Ipv4 remote, std::uint16_t destination_port) const {
    Question q{remote, packet_.protocol, destination_port, packet_.icmp_type, packet_.icmp_code};
    if (answer_.on_reply) {
      q.icmp_type = packet_.icmp_type == 8 ? 0 : static_cast<std::uint8_t>(packet_.icmp_type + 1);
      q.icmp_code = 0;
    }
    return q;
  }

  bool acl_passes(const std::string& subnet, Side side, Ipv4 remote, std::uint16_t destination_port) {
    if (exempt_) return true;
    const auto verdict =
        ask_acl(policy_, policy_.subnets.at(subnet).network_acl, side, question(remote, destination_port));
    if (verdict.allow) return true;
    answer_.direction = side == Side::ingress ? "ingress" : "egress";
    answer_.rule = verdict.rule;
    return refuse(DropCode::SUBNET_ACL_RESTRICTION);
  }

  bool groups_pass(const Host& host, Side side, Ipv4 remote) {
    if (exempt_ || ask_groups(policy_, host, side, question(remote, packet_.to_port)).allow) return true;
    answer_.direction = side == Side::ingress ? "ingress" : "egress";
    return refuse(DropCode::ENI_SG_RULES_MISMATCH);
  }

  const std::string& table_of(const std::string& subnet) const { return policy_.subnets.at(subnet).route_table; }

  bool resolver_is_owned() const {
    const auto owner = host_of(policy_, policy_.vpc.resolver());
    return owner && owner->interface != nullptr;
  }

  bool is_router(Ipv4 address) const {
    const std::string name = subnet_of(policy_, address);
    return !name.empty() && policy_.subnets.at(name).router() == address;
  }

  bool from_inside() {
    sender_ = host_of(policy_, packet_.from);
    if (!sender_) {
      const bool ours = is_router(packet_.from) || is_nat_private(policy_, packet_.from);
      return refuse(ours ? DropCode::GATEWAY_REJECTS_SPOOFED_TRAFFIC : DropCode::UNKNOWN_HOST);
    }
    const Ipv4 resolver = policy_.vpc.resolver();
    exempt_ = resolver_is_owned() && (packet_.from == resolver || packet_.to == resolver);
    if (!groups_pass(*sender_, Side::egress, packet_.to)) return false;
    const auto& subnet = sender_->subnet;
    if (policy_.subnets.at(subnet).cidr_block.contains(packet_.to)) {
      same_subnet_ = true;
      return deliver(subnet);
    }
    if (!acl_passes(subnet, Side::egress, packet_.to, packet_.to_port)) return false;
    const auto route = ask_route(policy_, table_of(subnet), packet_.to);
    if (!route.found) return refuse(DropCode::NO_ROUTE_TO_DESTINATION);
    if (route.target == RouteTarget::blackhole) return refuse(DropCode::BAD_STATE_ROUTE);
    if (route.target == RouteTarget::nat_gateway) return through_nat(route.name);
    if (route.target == RouteTarget::internet) return one_to_one_out();
    if (route.target == RouteTarget::interface) return to_appliance(route.name, subnet);
    return deliver(subnet);
  }

  bool from_internet() {
    if (is_public(packet_.from)) return refuse(DropCode::GATEWAY_REJECTS_SPOOFED_TRAFFIC);
    if (!policy_.options.allow_private_internet) {
      if (is_rfc1918(packet_.from)) return refuse(DropCode::IGW_SOURCE_ADDRESS_NOT_IN_RFC1918_INGRESS);
      if (is_rfc6598(packet_.from)) return refuse(DropCode::IGW_SOURCE_ADDRESS_NOT_IN_RFC6598_INGRESS);
    }
    return arrive_at_public_address();
  }

  bool is_public(Ipv4 address) const {
    for (const auto& [name, interface] : policy_.interfaces) {
      if (interface.public_ip == address) return true;
    }
    return nat_with_public(address) != nullptr;
  }

  const NatGateway* nat_with_public(Ipv4 address) const {
    for (const auto& [name, nat] : policy_.nat_gateways) {
      for (const auto ip : nat.public_ips) {
        if (ip == address) return &nat;
      }
    }
    return nullptr;
  }

  // From the internet, or reflected: the internet gateway undoes 1:1.
  bool arrive_at_public_address() {
    for (const auto& [name, interface] : policy_.interfaces) {
      if (interface.public_ip != destination_) continue;
      destination_ = interface.private_ips.front();
      return receive(host_of(policy_, name), "");
    }
    if (const NatGateway* nat = nat_with_public(destination_)) {
      return acl_passes(nat->subnet, Side::ingress, source_, packet_.to_port) && refuse(DropCode::NAT_NO_SESSION);
    }
    return refuse(DropCode::IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS);
  }

  // To an address of the VPC, from a packet that stands in subnet `from`.
  bool deliver(const std::string& from) {
    const std::string subnet = subnet_of(policy_, destination_);
    if (is_nat_private(policy_, destination_)) {
      return (subnet == from || acl_passes(subnet, Side::ingress, source_, packet_.to_port)) &&
             refuse(DropCode::NAT_NO_SESSION);
    }
    const auto owner = host_of(policy_, destination_);
    if (!owner) return refuse(DropCode::UNKNOWN_HOST);
    return receive(owner, from);
  }

  bool to_appliance(const std::string& name, const std::string& from) {
    const auto appliance = host_of(policy_, name);
    const auto& own = appliance.interface->private_ips;
    const bool is_own = std::ranges::find(own, destination_) != own.end();
    handed_to_appliance_ = !is_own;
    if (appliance.subnet != from && !acl_passes(appliance.subnet, Side::ingress, source_, packet_.to_port))
      return false;
    if (!is_own && appliance.interface->source_dest_check) return refuse(DropCode::ENI_SOURCE_DEST_CHECK_RESTRICTION);
    return receive(appliance, appliance.subnet);
  }

  // Groups and publishing of the receiver; `from` names the subnet the packet stands in, empty for the internet.
  bool receive(const std::optional<Host>& receiver, const std::string& from) {
    receiver_ = receiver;
    if (receiver->subnet != from && !acl_passes(receiver->subnet, Side::ingress, source_, packet_.to_port))
      return false;
    if (!groups_pass(*receiver, Side::ingress, source_)) return false;
    if (receiver->interface != nullptr && !handed_to_appliance_) publish(*receiver->interface);
    return true;
  }

  void publish(const Interface& interface) {
    for (const auto& entry : interface.publish) {
      const bool same_address = entry.private_ip.value == 0 || entry.private_ip == destination_;
      if (!same_address || entry.protocol != packet_.protocol) continue;
      if (packet_.to_port < entry.first_port || packet_.to_port > entry.last_port) continue;
      destination_ = entry.target;
      port_ = static_cast<std::uint16_t>(entry.target_first_port + (packet_.to_port - entry.first_port));
      return;
    }
  }

  bool through_nat(const std::string& name) {
    nat_ = &policy_.nat_gateways.at(name);
    const auto& subnet = nat_->subnet;
    if (subnet != sender_->subnet && !acl_passes(subnet, Side::ingress, packet_.from, packet_.to_port)) return false;
    const bool echo = packet_.protocol == kProtocolIcmp && packet_.icmp_type == 8;
    if (packet_.protocol != kProtocolTcp && packet_.protocol != kProtocolUdp && !echo) {
      return refuse(DropCode::PROTOCOL_RESTRICTION);
    }
    const auto route = ask_route(policy_, table_of(subnet), packet_.to);
    const bool leads_out = route.found && route.target == RouteTarget::internet;
    source_ = nat_->private_ip;
    if (!leads_out && policy_.subnets.at(subnet).cidr_block.contains(packet_.to)) return deliver(subnet);
    if (!route.found) return refuse(DropCode::NO_ROUTE_TO_DESTINATION);
    if (route.target == RouteTarget::blackhole) return refuse(DropCode::BAD_STATE_ROUTE);
    if (!acl_passes(subnet, Side::egress, packet_.to, packet_.to_port)) return false;
    if (route.target == RouteTarget::interface) return to_appliance(route.name, subnet);
    if (!leads_out) return deliver(subnet);
    source_ = nat_->public_ips.front();
    return out_to_internet();
  }

  bool one_to_one_out() {
    const Interface* owner = sender_->interface;
    if (owner == nullptr || !owner->public_ip || owner->private_ips.front() != packet_.from) {
      return refuse(DropCode::IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS);
    }
    source_ = *owner->public_ip;
    return out_to_internet();
  }

  bool out_to_internet() {
    if (!policy_.options.allow_private_internet) {
      if (is_rfc1918(packet_.to)) return refuse(DropCode::IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS);
      if (is_rfc6598(packet_.to)) return refuse(DropCode::IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS);
    }
    crossed_internet_gateway_ = true;
    return is_public(packet_.to) ? arrive_at_public_address() : true;
  }

  bool reply_passes() {
    // RFC 792: echo, timestamp and information requests are answered; RFC 950 adds the address mask.
    const auto type = packet_.icmp_type;
    const bool asks = type == 8 || type == 13 || type == 15 || type == 17;
    const bool answers = packet_.protocol != kProtocolIcmp || asks;
    if (!answers || same_subnet_) return true;
    answer_.on_reply = true;
    bool passes = true;
    if (nat_ == nullptr || packet_.protocol == kProtocolIcmp) {
      passes = reply_passes_with(packet_.from_port);
    } else {
      for (const auto nat_port : ports_where_acls_change()) passes = passes && reply_passes_with(nat_port);
    }
    if (passes) answer_.on_reply = false;
    return passes;
  }

  std::set<std::uint16_t> ports_where_acls_change() const {
    std::set<std::uint16_t> ports{1024};
    for (const auto& [name, acl] : policy_.network_acls) {
      for (const auto* list : {&acl.ingress, &acl.egress}) {
        for (const auto& entry : *list) {
          if (entry.traffic.from_port > 1024) ports.insert(entry.traffic.from_port);
          if (entry.traffic.to_port >= 1024 && entry.traffic.to_port < 65535) {
            ports.insert(static_cast<std::uint16_t>(entry.traffic.to_port + 1));
          }
        }
      }
    }
    return ports;
  }

  // `far_port`: where the far side sends its reply to; the NAT gateway's port or the opener's own.
  bool reply_passes_with(std::uint16_t far_port) {
    if (receiver_ && !reply_leaves_receiver(far_port)) return false;
    if (nat_ != nullptr && !reply_passes_nat(far_port)) return false;
    if (!sender_) return true;
    const bool stays =
        receiver_ && nat_ == nullptr && !crossed_internet_gateway_ && receiver_->subnet == sender_->subnet;
    return stays || acl_passes(sender_->subnet, Side::ingress, packet_.to, packet_.from_port);
  }

  bool reply_leaves_receiver(std::uint16_t far_port) {
    const auto& subnet = receiver_->subnet;
    const bool by_internet = !sender_ || crossed_internet_gateway_;
    if (!by_internet && policy_.subnets.at(subnet).cidr_block.contains(source_)) return true;
    if (!acl_passes(subnet, Side::egress, source_, far_port)) return false;
    const auto route = ask_route(policy_, table_of(subnet), source_);
    const auto expected = by_internet ? RouteTarget::internet : RouteTarget::local;
    if (!route.found || route.target != expected) return refuse(DropCode::NO_ROUTE_TO_DESTINATION);
    return true;
  }

  bool reply_passes_nat(std::uint16_t far_port) {
    const auto& subnet = nat_->subnet;
    const bool stays = receiver_ && !crossed_internet_gateway_ && receiver_->subnet == subnet;
    if (!stays && !acl_passes(subnet, Side::ingress, packet_.to, far_port)) return false;
    if (subnet == sender_->subnet) return true;
    if (!acl_passes(subnet, Side::egress, packet_.from, packet_.from_port)) return false;
    const auto route = ask_route(policy_, table_of(subnet), packet_.from);
    if (route.target != RouteTarget::local) return refuse(DropCode::NO_ROUTE_TO_DESTINATION);
    return true;
  }

  const Policy& policy_;
  const FirstPacket& packet_;
  Ipv4 source_;
  Ipv4 destination_;
  std::uint16_t port_;
  PathAnswer answer_;
  // The ends inside the VPC that groups judge; none: the internet.
  std::optional<Host> sender_;
  std::optional<Host> receiver_;
  const NatGateway* nat_ = nullptr;
  bool exempt_ = false;
  bool same_subnet_ = false;
  bool handed_to_appliance_ = false;
  bool crossed_internet_gateway_ = false;
};

}  // namespace

PathAnswer follow(const Policy& policy, const FirstPacket& packet) { return Walk(policy, packet).run(); }

}  // namespace sallyport::rules::reference
