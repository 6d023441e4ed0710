// Options, subnets, interfaces, NAT gateways and publish: what a policy lists, record by record.
//
// Owner: rules/compile.
#include <algorithm>

#include "rules/compile/steps.h"

namespace sallyport::rules {
namespace {

using layout::kNoIndex;

template <typename T>
std::uint32_t size_of(const T& container) {
  return static_cast<std::uint32_t>(container.size());
}

void add_options(CompileContext& context) {
  const Policy& policy = context.policy;
  const Options& options = policy.options;
  context.tables.options = {
      .internet_gateway = policy.vpc.internet_gateway ? 1U : 0U,
      .tcp_pickup = options.tcp_pickup ? 1U : 0U,
      .allow_private_internet = options.allow_private_internet ? 1U : 0U,
      .on_policy_change = static_cast<std::uint32_t>(options.on_policy_change),
      .nat_timeout = options.nat_timeout,
      .resolver = policy.vpc.cidr_blocks.empty() ? 0U : policy.vpc.resolver().value,
      .timeouts = options.timeouts,
      .named_interfaces = size_of(policy.interfaces),
      .classes = 0,
      .class_of = 0,
      .owner_of = 0,
      .public_owner_of = 0,
      .class_of_ipv6 = 0,
  };
  for (const Prefix& block : policy.vpc.cidr_blocks) {
    context.tables.vpc_cidrs.push_back({.base = block.base.value, .length = block.length});
  }
}

void add_interface(CompileContext& context, const std::string& name, const Interface& interface) {
  ImageTables& tables = context.tables;
  std::uint32_t flags = interface.source_dest_check ? layout::kSourceDestCheck : 0U;
  if (interface.mac) flags |= layout::kHasMac;
  tables.interfaces.push_back({.name = context.text(name),
                               .subnet = context.subnets.at(interface.subnet),
                               .address_begin = size_of(tables.private_ips),
                               .address_count = size_of(interface.private_ips),
                               .publish_begin = size_of(tables.publish),
                               .publish_count = size_of(interface.publish),
                               .public_ip = interface.public_ip.value_or(Ipv4{}).value,
                               .flags = flags,
                               .mac = interface.mac.value_or(MacAddress{}).bytes,
                               .unused = {},
                               .timeouts = interface.timeouts});
  tables.interface_groups.push_back(context.group_list(interface.security_groups));
  tables.private_ips.insert(tables.private_ips.end(), interface.private_ips.begin(), interface.private_ips.end());
  for (const Publish& publish : interface.publish) {
    tables.publish.push_back({.private_ip = publish.private_ip.value,
                              .target = publish.target.value,
                              .first_port = publish.first_port,
                              .last_port = publish.last_port,
                              .target_first_port = publish.target_first_port,
                              .protocol = static_cast<std::uint8_t>(publish.protocol),
                              .unused = 0});
  }
}

// Stands for every address of the subnet that nobody names; returns its index.
std::uint32_t add_host_interface(CompileContext& context, const std::string& name, const Subnet& subnet) {
  ImageTables& tables = context.tables;
  tables.interfaces.push_back({.name = context.text(name + "/*"),
                               .subnet = context.subnets.at(name),
                               .address_begin = size_of(tables.private_ips),
                               .address_count = 0,
                               .publish_begin = size_of(tables.publish),
                               .publish_count = 0,
                               .public_ip = 0,
                               .flags = layout::kSourceDestCheck | layout::kIsHost,
                               .mac = {},
                               .unused = {},
                               .timeouts = context.policy.options.timeouts});
  tables.interface_groups.push_back(context.group_list(subnet.security_groups));
  return size_of(tables.interfaces) - 1;
}

void add_subnet(CompileContext& context, const std::string& name, const Subnet& subnet) {
  const std::uint32_t host = subnet.security_groups.empty() ? kNoIndex : add_host_interface(context, name, subnet);
  context.tables.subnets.push_back(
      {.name = context.text(name),
       .prefix = {.base = subnet.cidr_block.base.value, .length = subnet.cidr_block.length},
       .acl = context.acls.at(subnet.network_acl),
       .table = context.route_table_names.at(subnet.route_table),
       .host_interface = host,
       .router = subnet.router().value});
}

void add_nat_gateway(CompileContext& context, const std::string& name, const NatGateway& nat) {
  ImageTables& tables = context.tables;
  tables.nat_gateways.push_back({.name = context.text(name),
                                 .subnet = context.subnets.at(nat.subnet),
                                 .private_ip = nat.private_ip.value,
                                 .public_begin = size_of(tables.nat_public_ips),
                                 .public_count = size_of(nat.public_ips)});
  std::ranges::transform(nat.public_ips, std::back_inserter(tables.nat_public_ips), &Ipv4::value);
}

}  // namespace

void compile_places(CompileContext& context) {
  const Policy& policy = context.policy;
  add_options(context);
  for (const auto& [name, group] : policy.security_groups) context.tables.groups.push_back(context.text(name));
  for (const auto& [name, acl] : policy.network_acls) context.tables.acls.push_back(context.text(name));
  for (const auto& [name, interface] : policy.interfaces) add_interface(context, name, interface);
  for (const auto& [name, subnet] : policy.subnets) add_subnet(context, name, subnet);
  for (const auto& [name, nat] : policy.nat_gateways) add_nat_gateway(context, name, nat);
}

}  // namespace sallyport::rules
