// Writes the model as a policy document: what the gateway understood, valid as input again.
//
// Owner: rules/document. Keys stand in the order in which the format describes them, names in alphabetical order, and
// defaults are written out, so that equal policies give equal text. What would mean nothing (empty lists, ports of a
// protocol without ports, timeouts of an interface that are those of the options) is left out.
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "rules/document/documents.h"
#include "rules/model/protocol.h"

namespace sallyport::rules {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kIndentation = 2;
constexpr std::array<std::string_view, 3> kOnPolicyChange{"keep", "revalidate", "cut"};

// Texts are UTF-8, because they were read as JSON; one that a program made otherwise must not throw.
std::string dumped(const Json& json) {
  return json.dump(kIndentation, ' ', false, Json::error_handler_t::replace) + '\n';
}

// Appends a member without looking for one of that name first, which would cost a walk over all of them.
void append(Json& object, std::string_view key, Json value) {
  object.get_ref<Json::object_t&>().emplace_back(std::string(key), std::move(value));
}

template <typename T>
Json texts(const std::vector<T>& values) {
  auto array = Json::array();
  for (const auto& value : values) {
    if constexpr (requires { to_string(value); }) {
      array.push_back(to_string(value));
    } else {
      array.push_back(value);
    }
  }
  return array;
}

template <typename T>
void append_list(Json& object, std::string_view key, const std::vector<T>& values) {
  if (!values.empty()) append(object, key, texts(values));
}

void append_text(Json& object, std::string_view key, const std::string& text) {
  if (!text.empty()) append(object, key, text);
}

void append_traffic(Json& object, const Traffic& traffic, std::string_view type_key, std::string_view code_key) {
  append(object, "protocol", protocol_text(traffic.protocol));
  if (has_ports(traffic.protocol)) {
    append(object, "from_port", traffic.from_port);
    append(object, "to_port", traffic.to_port);
  } else if (has_icmp_type(traffic.protocol)) {
    append(object, type_key, traffic.icmp_type);
    append(object, code_key, traffic.icmp_code);
  }
}

Json written(const Vpc& vpc) {
  auto object = Json::object();
  append(object, "cidr_blocks", texts(vpc.cidr_blocks));
  append_list(object, "ipv6_cidr_blocks", vpc.ipv6_cidr_blocks);
  append(object, "internet_gateway", vpc.internet_gateway);
  return object;
}

Json written(const PrefixList& list) {
  auto array = texts(list.entries);
  for (const auto& prefix : list.ipv6_entries) array.push_back(to_string(prefix));
  return array;
}

Json written(const GroupRule& rule) {
  auto object = Json::object();
  append_text(object, "description", rule.description);
  append_traffic(object, rule.traffic, "from_port", "to_port");
  append_list(object, "cidr_blocks", rule.cidr_blocks);
  append_list(object, "ipv6_cidr_blocks", rule.ipv6_cidr_blocks);
  append_list(object, "security_groups", rule.security_groups);
  append_list(object, "prefix_lists", rule.prefix_lists);
  if (rule.self) append(object, "self", true);
  return object;
}

Json written(const AclEntry& entry) {
  auto object = Json::object();
  append_text(object, "description", entry.description);
  append(object, "rule_no", entry.rule_no);
  append(object, "action", entry.allow ? "allow" : "deny");
  append_traffic(object, entry.traffic, "icmp_type", "icmp_code");
  if (entry.ipv6_cidr_block) {
    append(object, "ipv6_cidr_block", to_string(*entry.ipv6_cidr_block));
  } else {
    append(object, "cidr_block", to_string(entry.cidr_block));
  }
  return object;
}

Json written(const Route& route) {
  auto object = Json::object();
  if (const auto* prefix = std::get_if<Prefix>(&route.destination)) {
    append(object, "cidr_block", to_string(*prefix));
  } else {
    append(object, "prefix_list", std::get<std::string>(route.destination));
  }
  switch (route.target) {
    case RouteTarget::internet:
      append(object, "gateway", "internet");
      break;
    case RouteTarget::nat_gateway:
      append(object, "nat_gateway", route.target_name);
      break;
    case RouteTarget::interface:
      append(object, "interface", route.target_name);
      break;
    case RouteTarget::blackhole:
      append(object, "blackhole", true);
      break;
    case RouteTarget::local:  // implicit, never in a table
      break;
  }
  return object;
}

template <typename T>
Json written(const std::vector<T>& list) {
  auto array = Json::array();
  for (const auto& element : list) array.push_back(written(element));
  return array;
}

Json written(const SecurityGroup& group) {
  auto object = Json::object();
  append_text(object, "description", group.description);
  append(object, "ingress", written(group.ingress));
  append(object, "egress", written(group.egress));
  return object;
}

Json written(const NetworkAcl& acl) {
  auto object = Json::object();
  append(object, "ingress", written(acl.ingress));
  append(object, "egress", written(acl.egress));
  return object;
}

Json written(const RouteTable& table) { return written(table.routes); }

Json written(const Subnet& subnet) {
  auto object = Json::object();
  append(object, "cidr_block", to_string(subnet.cidr_block));
  if (subnet.ipv6_cidr_block) append(object, "ipv6_cidr_block", to_string(*subnet.ipv6_cidr_block));
  append(object, "route_table", subnet.route_table);
  append(object, "network_acl", subnet.network_acl);
  append_list(object, "security_groups", subnet.security_groups);
  return object;
}

Json written(const Timeouts& timeouts) {
  auto object = Json::object();
  append(object, "tcp_established", timeouts.tcp_established);
  append(object, "udp", timeouts.udp);
  append(object, "udp_stream", timeouts.udp_stream);
  append(object, "other", timeouts.other);
  append(object, "tcp_syn", timeouts.tcp_syn);
  append(object, "tcp_closing", timeouts.tcp_closing);
  append(object, "tcp_time_wait", timeouts.tcp_time_wait);
  return object;
}

Json written(const Interface& interface, const Timeouts& usual) {
  auto object = Json::object();
  append(object, "subnet", interface.subnet);
  append(object, "private_ips", texts(interface.private_ips));
  append_list(object, "ipv6_addresses", interface.ipv6_addresses);
  if (interface.public_ip) append(object, "public_ip", to_string(*interface.public_ip));
  append(object, "security_groups", texts(interface.security_groups));
  append(object, "source_dest_check", interface.source_dest_check);
  if (interface.mac) append(object, "mac", to_string(*interface.mac));
  if (interface.timeouts != usual) append(object, "timeouts", written(interface.timeouts));
  if (!interface.publish.empty()) {
    auto list = Json::array();
    for (const auto& publish : interface.publish) list.push_back(publish.text);
    append(object, "publish", std::move(list));
  }
  return object;
}

Json written(const NatGateway& nat) {
  auto object = Json::object();
  append(object, "subnet", nat.subnet);
  append(object, "private_ip", to_string(nat.private_ip));
  append(object, "public_ips", texts(nat.public_ips));
  return object;
}

Json written(const Options& options) {
  auto object = Json::object();
  append(object, "on_policy_change", kOnPolicyChange[static_cast<std::size_t>(options.on_policy_change)]);
  append(object, "tcp_pickup", options.tcp_pickup);
  append(object, "nat_fragments", "all");
  append(object, "allow_private_internet", options.allow_private_internet);
  auto timeouts = written(options.timeouts);
  append(timeouts, "nat", options.nat_timeout);
  append(object, "timeouts", std::move(timeouts));
  return object;
}

// All of a section, or the one object that `only` names; nullopt where that does not exist.
template <typename T, typename... Context>
std::optional<Json> section(const Named<T>& named, std::string_view only, const Context&... context) {
  if (!only.empty()) {
    const auto found = named.find(only);
    return found == named.end() ? std::nullopt : std::optional(written(found->second, context...));
  }
  auto object = Json::object();
  for (const auto& [name, value] : named) append(object, name, written(value, context...));
  return object;
}

constexpr std::array<std::string_view, 10> kSections{"version",      "vpc",          "prefix_lists", "security_groups",
                                                     "network_acls", "route_tables", "subnets",      "interfaces",
                                                     "nat_gateways", "options"};

std::optional<Json> section_named(const Policy& policy, std::string_view name, std::string_view only) {
  if (name == "prefix_lists") return section(policy.prefix_lists, only);
  if (name == "security_groups") return section(policy.security_groups, only);
  if (name == "network_acls") return section(policy.network_acls, only);
  if (name == "route_tables") return section(policy.route_tables, only);
  if (name == "subnets") return section(policy.subnets, only);
  if (name == "interfaces") return section(policy.interfaces, only, policy.options.timeouts);
  if (name == "nat_gateways") return section(policy.nat_gateways, only);
  if (!only.empty()) return std::nullopt;
  if (name == "version") return Json(1);
  if (name == "vpc") return written(policy.vpc);
  if (name == "options") return written(policy.options);
  return std::nullopt;
}

}  // namespace

std::string write_policy(const Policy& policy) {
  auto document = Json::object();
  for (const auto name : kSections) append(document, name, *section_named(policy, name, {}));
  return dumped(document);
}

std::optional<std::string> write_section(const Policy& policy, std::string_view section, std::string_view name) {
  const auto json = section_named(policy, section, name);
  if (!json) return std::nullopt;
  return dumped(*json);
}

}  // namespace sallyport::rules
