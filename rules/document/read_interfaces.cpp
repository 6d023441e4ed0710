// Interfaces and NAT gateways, and who owns which address.
//
// Owner: rules/document.
#include <algorithm>
#include <array>
#include <utility>

#include "rules/document/parse_publish.h"
#include "rules/document/policy_reader.h"

namespace sallyport::rules {
namespace {

using Keys = std::string_view;
constexpr std::array<Keys, 2> kConnectivity{"public", "private"};
constexpr std::size_t kMostNatAddresses = 8;

bool overlap(const Publish& a, const Publish& b) {
  const bool same_address = a.private_ip == b.private_ip || a.private_ip == Ipv4{} || b.private_ip == Ipv4{};
  return same_address && a.protocol == b.protocol && a.first_port <= b.last_port && b.first_port <= a.last_port;
}

}  // namespace

void PolicyReader::read_interfaces(Value value) {
  each_named(value, policy_.interfaces, [&](const std::string& name, Interface& interface, Value written) {
    read_interface(name, interface, written);
  });
}

void PolicyReader::read_interface(const std::string& name, Interface& interface, Value value) {
  const Fields fields(in_, value, ObjectKind::interface);
  interface.timeouts = policy_.options.timeouts;
  if (!fields.valid()) return;
  if (const auto log = fields["flow_log"]) in_.not_enforced(*log, "The flow log", "found the key \"flow_log\"");
  read_private_ips(fields, name, interface);
  read_ipv6_addresses(fields, name, interface);
  if (const auto address = fields["public_ip"]) read_public_ip(*address, name, interface);
  if (const auto groups = fields["security_groups"]) {
    interface.security_groups = member_of(*groups);
    if (groups->kind() == Kind::array && groups->size() == 0) {
      in_.error(*groups, "found an empty array, expected at least one group (without the key it is \"default\")");
    }
  }
  if (const auto check = fields["source_dest_check"]) interface.source_dest_check = in_.boolean(*check).value_or(true);
  if (const auto mac = fields["mac"]) read_mac(*mac, interface);
  if (const auto timeouts = fields["timeouts"]) read_timeouts(*timeouts, interface.timeouts, nullptr);
  if (const auto publish = fields["publish"]) read_publish(*publish, interface);
}

// The subnet that `subnet` names, where it has a CIDR.
const Subnet* PolicyReader::read_home(const Fields& fields, std::string& subnet) {
  const auto value = fields.required("subnet");
  const auto name = value ? in_.string(*value, "the name of a subnet") : std::nullopt;
  if (!name) return nullptr;
  subnet = *name;
  const auto found = policy_.subnets.find(*name);
  if (found == policy_.subnets.end()) {
    in_.unknown_name(*value, "subnet", policy_.subnets);
    return nullptr;
  }
  return found->second.cidr_block.length > 0 ? &found->second : nullptr;
}

void PolicyReader::read_private_ips(const Fields& fields, const std::string& name, Interface& interface) {
  const auto* subnet = read_home(fields, interface.subnet);
  const auto list = fields.required("private_ips");
  if (!list || !in_.is(*list, Kind::array, "an array of addresses")) return;
  if (list->size() == 0) in_.error(*list, "found an empty array, expected at least one address");
  interface.private_ips.reserve(list->size());
  list->each_element([&](Value element) {
    const auto address = in_.address(element);
    if (!address) return;
    interface.private_ips.push_back(*address);
    check_in_subnet(element, *address, subnet, true);
    claim(element, *address, name, Claimed::interface_private);
  });
}

void PolicyReader::read_ipv6_addresses(const Fields& fields, const std::string& name, Interface& interface) {
  if (!in_.ipv6()) return refuse_ipv6_list(fields, "ipv6_addresses");
  const auto list = fields["ipv6_addresses"];
  if (!list || !in_.is(*list, Kind::array, "an array of IPv6 addresses")) return;
  const auto home = policy_.subnets.find(interface.subnet);
  list->each_element([&](Value element) {
    const auto address = in_.ipv6_address(element);
    if (!address) return;
    interface.ipv6_addresses.push_back(*address);
    ipv6_claims_.push_back({*address, element.index(), &name});
    if (home == policy_.subnets.end()) return;
    const auto& block = home->second.ipv6_cidr_block;
    if (!block || !block->contains(*address)) {
      in_.error(element, to_string(*address) + " is outside its subnet, expected " +
                             (block ? "an address of " + to_string(*block) : "a subnet with an ipv6_cidr_block"));
    } else if (home->second.reserves(*address)) {
      in_.error(element, to_string(*address) + " is reserved: the first four addresses and the last of " +
                             to_string(*block) + " belong to the VPC");
    }
  });
}

void PolicyReader::check_in_subnet(Value at, Ipv4 address, const Subnet* subnet, bool may_own_resolver) {
  if (subnet == nullptr) return in_.expect_a_hosts(at, address);
  if (!subnet->cidr_block.contains(address)) {
    in_.error(at,
              to_string(address) + " is outside its subnet, expected an address of " + to_string(subnet->cidr_block));
  } else if (subnet->reserves(address) && !(may_own_resolver && vpc_known_ && address == policy_.vpc.resolver())) {
    in_.error(at, to_string(address) + " is reserved: the first four addresses and the last of " +
                      to_string(subnet->cidr_block) + " belong to the VPC");
  } else {
    in_.expect_a_hosts(at, address);
  }
}

void PolicyReader::claim(Value at, Ipv4 address, const std::string& owner, Claimed kind) {
  claims_.push_back({address, at.index(), &owner, kind});
}

void PolicyReader::require_internet_gateway(Value at, std::string_view what) {
  if (!vpc_known_ || policy_.vpc.internet_gateway) return;
  in_.error(at, std::string(what) + " needs \"internet_gateway\": true in /vpc");
}

void PolicyReader::read_public_ip(Value value, const std::string& name, Interface& interface) {
  interface.public_ip = in_.address(value);
  if (!interface.public_ip) return;
  in_.expect_a_hosts(value, *interface.public_ip);
  require_internet_gateway(value, "a public address");
  // The primary address itself may be the public one: then nothing is translated, and it has been claimed.
  const bool is_primary = !interface.private_ips.empty() && interface.private_ips.front() == interface.public_ip;
  if (!is_primary) claim(value, *interface.public_ip, name, Claimed::interface_public);
}

void PolicyReader::read_mac(Value value, Interface& interface) {
  constexpr std::string_view kExpected = "a link address like \"02:00:0a:00:01:14\"";
  const auto text = in_.string(value, kExpected);
  if (!text) return;
  interface.mac = parse_mac(*text);
  const bool unicast = interface.mac && *interface.mac != MacAddress{} && (interface.mac->bytes[0] & 1U) == 0;
  if (!unicast)
    in_.error(value, "found " + in_quotes(*text) + ", expected " + std::string(kExpected) + " of one station");
}

void PolicyReader::read_publish(Value value, Interface& interface) {
  if (!in_.is(value, Kind::array, "an array of published ports") ||
      !within(value, value.size(), ceilings_.publish_per_interface, "publish_per_interface")) {
    return;
  }
  value.each_element([&](Value element) {
    const auto text = in_.string(element, "a published port");
    if (!text) return;
    auto publish = parse_publish(*text);
    if (!publish) return in_.error(element, "found " + in_quotes(*text) + ": " + publish.error());
    publish->where = element.where();
    in_.expect_a_hosts(element, publish->target);
    if (publish->private_ip != Ipv4{} &&
        std::ranges::find(interface.private_ips, publish->private_ip) == interface.private_ips.end()) {
      in_.error(element, to_string(publish->private_ip) + " is no private address of this interface");
    }
    const auto other =
        std::ranges::find_if(interface.publish, [&](const Publish& known) { return overlap(known, *publish); });
    if (other != interface.publish.end()) {
      in_.error(element, in_quotes(*text) + " publishes a port that " + in_quotes(other->text) + " has " +
                             line_of(other->where));
    }
    interface.publish.push_back(std::move(*publish));
  });
}

void PolicyReader::read_nat_gateways(Value value) {
  each_named(value, policy_.nat_gateways,
             [&](const std::string& name, NatGateway& nat, Value written) { read_nat_gateway(name, nat, written); });
}

void PolicyReader::read_nat_gateway(const std::string& name, NatGateway& nat, Value value) {
  const Fields fields(in_, value, ObjectKind::nat_gateway);
  if (!fields.valid()) return;
  const auto* subnet = read_home(fields, nat.subnet);
  if (subnet != nullptr) nat_homes_.emplace_back(&nat, fields["subnet"]->index());
  const auto private_ip = fields.required("private_ip");
  if (const auto address = private_ip ? in_.address(*private_ip) : std::nullopt) {
    nat.private_ip = *address;
    check_in_subnet(*private_ip, *address, subnet, false);
    claim(*private_ip, *address, name, Claimed::nat_private);
  }
  const auto secondary = fields["secondary_private_ip_addresses"];
  if (secondary && in_.is(*secondary, Kind::array, "an array") && secondary->size() > 0) {
    in_.not_enforced(*secondary, "A private NAT gateway", "found the key \"secondary_private_ip_addresses\"");
  }
  const auto connectivity = fields["connectivity_type"];
  if (connectivity && in_.choice(*connectivity, "connectivity_type", kConnectivity) != 0U) {
    if (connectivity->kind() == Kind::string && connectivity->text() == "private") {
      in_.not_enforced(*connectivity, "A private NAT gateway", "expected the connectivity_type \"public\"");
    }
    return;
  }
  read_nat_public_ips(fields, name, nat);
}

void PolicyReader::read_nat_public_ips(const Fields& fields, const std::string& name, NatGateway& nat) {
  const auto list = fields.required("public_ips");
  if (!list || !in_.is(*list, Kind::array, "an array of addresses")) return;
  if (list->size() == 0 || list->size() > kMostNatAddresses) {
    in_.error(*list, "found " + std::to_string(list->size()) + " public addresses, expected 1 to 8");
  }
  list->each_element([&](Value element) {
    const auto address = in_.address(element);
    if (!address) return;
    nat.public_ips.push_back(*address);
    in_.expect_a_hosts(element, *address);
    require_internet_gateway(element, "a public address");
    claim(element, *address, name, Claimed::nat_public);
  });
}

}  // namespace sallyport::rules
