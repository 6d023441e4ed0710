// What an image says of places: whose is an address, where does a route lead, what is an interface called.
#include "rules/decide/policy_view.h"

#include <algorithm>

#include "rules/image/tables.h"

namespace sallyport::rules {

using layout::Tables;

namespace {

// Of records sorted by name, the one called `name`.
template <typename Records>
std::uint32_t index_named(const Tables& tables, const Records& records, std::string_view name) {
  const auto name_of = [&](const auto& record) { return tables.text_at(record.name); };
  const auto found = std::ranges::lower_bound(records, name, {}, name_of);
  if (found == records.end() || name_of(*found) != name) return kNone;
  return static_cast<std::uint32_t>(found - records.begin());
}

Prefix prefix_of(const layout::PrefixRecord& record) {
  return {.base = Ipv4{record.base}, .length = static_cast<std::uint8_t>(record.length)};
}

}  // namespace

PolicyView::PolicyView(const Image& image) : tables_(&image.tables()) {}

Owner PolicyView::owner_of(Ipv4 address) const {
  const Tables& tables = *tables_;
  const std::uint32_t found =
      step_map::value_at_address(tables.lines().data(), tables.options().owner_of, address.value);
  if (found == layout::kNothing) return {};
  const auto& owner = tables.owners()[found];
  return {.kind = static_cast<OwnerKind>(owner.kind), .index = owner.index, .subnet = owner.subnet};
}

PublicOwner PolicyView::public_owner_of(Ipv4 address) const {
  const Tables& tables = *tables_;
  const std::uint32_t found =
      step_map::value_at_address(tables.lines().data(), tables.options().public_owner_of, address.value);
  if (found == layout::kNothing) return {};
  const auto& owner = tables.public_owners()[found];
  return {.kind = static_cast<PublicKind>(owner.kind), .index = owner.index};
}

bool PolicyView::in_vpc(Ipv4 address) const {
  return std::ranges::any_of(tables_->vpc_cidrs(),
                             [&](const auto& block) { return prefix_of(block).contains(address); });
}

bool PolicyView::is_resolver(Ipv4 address) const {
  return address.value != 0 && address.value == tables_->options().resolver;
}

RouteVerdict PolicyView::route(RouteTableIndex table, Ipv4 destination) const {
  const Tables& tables = *tables_;
  const std::uint32_t route =
      step_map::value_at_address(tables.lines().data(), tables.route_tables()[table].route_of, destination.value);
  if (route == layout::kNothing) return {};
  if (route == layout::kLocalRoute)
    return {.found = true, .target = RouteTarget::local, .index = kNone, .route = kNone};
  const auto& found = tables.routes()[route];
  return {.found = true, .target = static_cast<RouteTarget>(found.target), .index = found.index, .route = route};
}

std::span<const PublishInfo> PolicyView::publishes(InterfaceIndex interface) const {
  const Tables& tables = *tables_;
  const auto& record = tables.interfaces()[interface];
  return tables.publish().subspan(record.publish_begin, record.publish_count);
}

const PublishInfo* PolicyView::published(InterfaceIndex interface, Ipv4 local, std::uint8_t protocol,
                                         std::uint16_t port) const {
  for (const PublishInfo& publish : publishes(interface)) {
    if (publish.protocol == protocol && publish.first_port <= port && port <= publish.last_port &&
        (publish.private_ip == 0 || publish.private_ip == local.value)) {
      return &publish;
    }
  }
  return nullptr;
}

std::uint32_t PolicyView::interfaces() const { return static_cast<std::uint32_t>(tables_->interfaces().size()); }
std::uint32_t PolicyView::subnets() const { return static_cast<std::uint32_t>(tables_->subnets().size()); }
std::uint32_t PolicyView::nat_gateways() const { return static_cast<std::uint32_t>(tables_->nat_gateways().size()); }
std::uint32_t PolicyView::rules() const { return static_cast<std::uint32_t>(tables_->rules().size()); }

bool PolicyView::has_rule(RuleIndex index) const { return (tables_->rules()[index].flags & layout::kRuleIsGone) == 0; }

InterfaceInfo PolicyView::interface(InterfaceIndex index) const {
  const Tables& tables = *tables_;
  const auto& record = tables.interfaces()[index];
  return {.name = tables.text_at(record.name),
          .subnet = record.subnet,
          .primary = record.address_count == 0 ? Ipv4{} : tables.private_ips()[record.address_begin],
          .public_ip = record.public_ip,
          .source_dest_check = (record.flags & layout::kSourceDestCheck) != 0,
          .is_host = (record.flags & layout::kIsHost) != 0,
          .has_mac = (record.flags & layout::kHasMac) != 0,
          .mac = MacAddress{record.mac},
          .timeouts = record.timeouts};
}

SubnetInfo PolicyView::subnet(SubnetIndex index) const {
  const Tables& tables = *tables_;
  const auto& record = tables.subnets()[index];
  return {.name = tables.text_at(record.name),
          .prefix = prefix_of(record.prefix),
          .acl = record.acl,
          .table = record.table,
          .host_interface = record.host_interface,
          .router = Ipv4{record.router}};
}

NatInfo PolicyView::nat(NatIndex index) const {
  const Tables& tables = *tables_;
  const auto& record = tables.nat_gateways()[index];
  return {.name = tables.text_at(record.name),
          .subnet = record.subnet,
          .private_ip = Ipv4{record.private_ip},
          .public_ips = tables.nat_public_ips().subspan(record.public_begin, record.public_count)};
}

RuleInfo PolicyView::rule(RuleIndex index) const {
  const Tables& tables = *tables_;
  const auto& record = tables.rules()[index];
  const bool is_acl = (record.flags & layout::kRuleIsAcl) != 0;
  return {.name = tables.text_at(record.name),
          .owner = tables.text_at(is_acl ? tables.acls()[record.owner] : tables.groups()[record.owner]),
          .direction = (record.flags & layout::kRuleIsEgress) != 0 ? Direction::egress : Direction::ingress,
          .is_acl = is_acl,
          .rule_no = record.rule_no,
          .line = record.line,
          .text = tables.text_at(record.text),
          .description = tables.text_at(record.description)};
}

RouteInfo PolicyView::route_info(RouteIndex index) const {
  const auto& record = tables_->routes()[index];
  return {.destination = prefix_of(record.destination), .line = record.line};
}

std::string_view PolicyView::acl_name(AclIndex index) const {
  const Tables& tables = *tables_;
  return tables.text_at(tables.acls()[index]);
}

std::string_view PolicyView::table_name(RouteTableIndex index) const {
  const Tables& tables = *tables_;
  return tables.text_at(tables.route_tables()[index].name);
}

std::vector<std::string_view> PolicyView::group_names(InterfaceIndex index) const {
  const Tables& tables = *tables_;
  const auto& list = tables.group_lists()[tables.interface_groups()[index]];
  std::vector<std::string_view> names;
  for (const std::uint32_t group : tables.list_groups().subspan(list.begin, list.count)) {
    names.push_back(tables.text_at(tables.groups()[group]));
  }
  return names;
}

std::uint32_t PolicyView::group_list(InterfaceIndex index) const { return tables_->interface_groups()[index]; }

std::span<const Ipv4> PolicyView::private_ips(InterfaceIndex index) const {
  const Tables& tables = *tables_;
  const auto& record = tables.interfaces()[index];
  return tables.private_ips().subspan(record.address_begin, record.address_count);
}

InterfaceIndex PolicyView::interface_named(std::string_view name) const {
  const Tables& tables = *tables_;
  if (name.ends_with("/*")) {  // no name has a star: the host interface of a subnet
    const SubnetIndex index = subnet_named(name.substr(0, name.size() - 2));
    return index == kNone ? kNone : tables.subnets()[index].host_interface;
  }
  return index_named(tables, tables.interfaces().first(tables.options().named_interfaces), name);
}

SubnetIndex PolicyView::subnet_named(std::string_view name) const {
  const Tables& tables = *tables_;
  return index_named(tables, tables.subnets(), name);
}

bool PolicyView::internet_gateway() const { return tables_->options().internet_gateway != 0; }
bool PolicyView::tcp_pickup() const { return tables_->options().tcp_pickup != 0; }
bool PolicyView::allow_private_internet() const { return tables_->options().allow_private_internet != 0; }
OnPolicyChange PolicyView::on_policy_change() const {
  return static_cast<OnPolicyChange>(tables_->options().on_policy_change);
}
std::uint32_t PolicyView::nat_timeout() const { return tables_->options().nat_timeout; }
Timeouts PolicyView::timeouts() const { return tables_->options().timeouts; }

}  // namespace sallyport::rules
