// Owner: rules/prove. See records.h.
#include "rules/prove/records.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace sallyport::rules::proof {
namespace {

// The first requirement that does not hold, in words.
class Differences {
 public:
  void require(bool same, const std::string& whose, std::string_view what) {
    if (!same && !first_) first_ = whose + ": the image has another " + std::string(what) + " than the policy";
  }
  [[nodiscard]] std::optional<std::string> first() const { return first_; }

 private:
  std::optional<std::string> first_;
};

// A group named twice counts once, where it came first.
std::vector<std::string_view> once(const std::vector<std::string>& groups) {
  std::vector<std::string_view> names;
  for (const auto& group : groups) {
    if (std::ranges::find(names, group) == names.end()) names.push_back(group);
  }
  return names;
}

bool same_publish(const PublishInfo& seen, const Publish& written) {
  return seen.private_ip == written.private_ip.value && seen.target == written.target.value &&
         seen.first_port == written.first_port && seen.last_port == written.last_port &&
         seen.target_first_port == written.target_first_port && seen.protocol == written.protocol;
}

void compare_interface(const PolicyView& view, InterfaceIndex index, const std::string& name, const Interface& written,
                       Differences& differences) {
  const std::string whose = "interface " + name;
  const InterfaceInfo seen = view.interface(index);
  differences.require(seen.name == name, whose, "name");
  differences.require(view.subnet(seen.subnet).name == written.subnet, whose, "subnet");
  differences.require(std::ranges::equal(view.private_ips(index), written.private_ips), whose, "private address");
  differences.require(seen.primary == written.private_ips.front(), whose, "primary address");
  differences.require(seen.public_ip == written.public_ip.value_or(Ipv4{}).value, whose, "public address");
  differences.require(seen.source_dest_check == written.source_dest_check, whose, "source/dest check");
  differences.require(!seen.is_host, whose, "kind");
  differences.require(seen.has_mac == written.mac.has_value() && seen.mac == written.mac.value_or(MacAddress{}), whose,
                      "link address");
  differences.require(seen.timeouts == written.timeouts, whose, "timeout");
  differences.require(view.group_names(index) == once(written.security_groups), whose, "list of groups");
  differences.require(std::ranges::equal(view.publishes(index), written.publish, same_publish), whose,
                      "published port");
}

void compare_host_interface(const PolicyView& view, const SubnetInfo& seen, SubnetIndex index, const std::string& name,
                            const Subnet& written, const Policy& policy, Differences& differences) {
  const std::string whose = "subnet " + name;
  const bool expected = !written.security_groups.empty();
  differences.require((seen.host_interface != kNone) == expected, whose, "rule for unnamed hosts");
  if (!expected || differences.first()) return;
  const InterfaceInfo host = view.interface(seen.host_interface);
  differences.require(host.name == name + "/*" && host.subnet == index && host.is_host, whose, "host interface");
  differences.require(view.group_names(seen.host_interface) == once(written.security_groups), whose, "list of groups");
  differences.require(host.source_dest_check && !host.has_mac && host.public_ip == 0 && host.mac == MacAddress{} &&
                          view.publishes(seen.host_interface).empty(),
                      whose, "property of unnamed hosts");
  differences.require(host.timeouts == policy.options.timeouts, whose, "timeout");
}

void compare_subnets(const PolicyView& view, const Policy& policy, Differences& differences) {
  SubnetIndex index = 0;
  for (const auto& [name, written] : policy.subnets) {
    const std::string whose = "subnet " + name;
    const SubnetInfo seen = view.subnet(index);
    differences.require(seen.name == name && seen.prefix == written.cidr_block, whose, "CIDR block");
    differences.require(view.acl_name(seen.acl) == written.network_acl, whose, "ACL");
    differences.require(view.table_name(seen.table) == written.route_table, whose, "route table");
    differences.require(seen.router == written.router(), whose, "router");
    compare_host_interface(view, seen, index, name, written, policy, differences);
    ++index;
  }
}

void compare_nat_gateways(const PolicyView& view, const Policy& policy, Differences& differences) {
  NatIndex index = 0;
  for (const auto& [name, written] : policy.nat_gateways) {
    const NatInfo seen = view.nat(index++);
    const std::string whose = "NAT gateway " + name;
    differences.require(seen.name == name && view.subnet(seen.subnet).name == written.subnet, whose, "subnet");
    differences.require(seen.private_ip == written.private_ip, whose, "private address");
    differences.require(std::ranges::equal(seen.public_ips, written.public_ips, {}, {}, &Ipv4::value), whose,
                        "list of public addresses");
  }
}

void compare_options(const PolicyView& view, const Policy& policy, Differences& differences) {
  const Options& options = policy.options;
  differences.require(view.on_policy_change() == options.on_policy_change && view.tcp_pickup() == options.tcp_pickup &&
                          view.allow_private_internet() == options.allow_private_internet &&
                          view.nat_timeout() == options.nat_timeout && view.timeouts() == options.timeouts,
                      "options", "value");
  differences.require(view.internet_gateway() == policy.vpc.internet_gateway, "vpc", "internet gateway");
  for (const Prefix& block : policy.vpc.cidr_blocks) {
    const Ipv4 before{block.first().value - 1};
    const Ipv4 after{block.last().value + 1};
    const auto literally = [&](Ipv4 address) {
      return std::ranges::any_of(policy.vpc.cidr_blocks, [&](const Prefix& each) { return each.contains(address); });
    };
    for (const Ipv4 address : {before, block.first(), block.last(), after}) {
      differences.require(view.in_vpc(address) == literally(address), "vpc", "list of CIDR blocks");
    }
  }
  if (!policy.vpc.cidr_blocks.empty()) {
    differences.require(view.is_resolver(policy.vpc.resolver()), "vpc", "resolver");
  }
}

std::size_t host_interfaces(const Policy& policy) {
  return static_cast<std::size_t>(
      std::ranges::count_if(policy.subnets, [](const auto& subnet) { return !subnet.second.security_groups.empty(); }));
}

}  // namespace

std::optional<std::string> compare_records(const PolicyView& view, const Policy& policy) {
  if (view.subnets() != policy.subnets.size() || view.nat_gateways() != policy.nat_gateways.size() ||
      view.interfaces() != policy.interfaces.size() + host_interfaces(policy)) {
    return "the image has more or fewer subnets, interfaces or NAT gateways than the policy";
  }
  Differences differences;
  compare_options(view, policy, differences);
  compare_subnets(view, policy, differences);
  InterfaceIndex index = 0;
  for (const auto& [name, written] : policy.interfaces) compare_interface(view, index++, name, written, differences);
  compare_nat_gateways(view, policy, differences);
  return differences.first();
}

}  // namespace sallyport::rules::proof
