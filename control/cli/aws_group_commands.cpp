// The AWS spellings for rules of security groups: authorize- and revoke-security-group-ingress and -egress.
//
// Owner: control/cli. Flags are those of the AWS command line; what they do is `sallyport rule`.
#include <fmt/format.h>

#include "control/cli/change.h"
#include "control/cli/command.h"
#include "control/cli/options.h"
#include "control/cli/output.h"

namespace sallyport::control {

extern const Command kAuthorizeIngressCommand;
extern const Command kAuthorizeEgressCommand;
extern const Command kRevokeIngressCommand;
extern const Command kRevokeEgressCommand;

namespace {

using Json = nlohmann::ordered_json;
using Rules = std::expected<std::vector<GroupRuleText>, std::string>;

// AWS writes ports, and ICMP type and code, into one flag: "22", "1024-65535", "8", "3-4", "-1".
std::expected<TrafficText, std::string> traffic_of(const std::string& protocol, const std::string& port) {
  TrafficText traffic{protocol, port, ""};
  if (protocol == "icmp" || protocol == "1") {
    const std::size_t dash = port.find('-', port.starts_with('-') ? 1 : 0);
    traffic.icmp = dash == std::string::npos ? port : port.substr(0, dash) + "/" + port.substr(dash + 1);
    traffic.port.clear();
  } else if (protocol == "-1" || protocol == "all") {
    if (!port.empty() && port != "-1" && port != "0" && port != "0-65535") {
      return std::unexpected("all protocols have no ports: leave --port out");
    }
    traffic.port.clear();
  }
  return traffic;
}

// FromPort and ToPort of an IpPermission.
std::expected<TrafficText, std::string> traffic_of(const Json& permission) {
  for (const char* member : {"FromPort", "ToPort"}) {
    if (permission.contains(member) && !permission[member].is_number_integer()) {
      return std::unexpected(fmt::format("--ip-permissions: {} is a number", member));
    }
  }
  const Json protocol = permission.value("IpProtocol", Json());
  if (!protocol.is_string()) return std::unexpected("--ip-permissions: IpProtocol is missing, or no string");
  const std::string name = protocol.get<std::string>();
  if (!permission.contains("FromPort") || name == "-1" || name == "all") return traffic_of(name, "");
  const int from = permission["FromPort"].get<int>();
  const int to = permission.value("ToPort", from);
  if (name == "icmp" || name == "1")
    return TrafficText{name, "", fmt::format("{}/{}", from, permission.value("ToPort", -1))};
  return TrafficText{name, fmt::format("{}-{}", from, to), ""};
}

struct PeerKind {
  const char* list;    // member of the permission
  const char* member;  // of its elements
  std::string PeerText::* peer;
};
constexpr PeerKind kPeerKinds[] = {{"IpRanges", "CidrIp", &PeerText::cidr},
                                   {"UserIdGroupPairs", "GroupId", &PeerText::group},
                                   {"PrefixListIds", "PrefixListId", &PeerText::prefix_list}};

Edited known_members(const Json& object, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : object.items()) {
    if (std::ranges::find(known, name) == known.end())
      return std::unexpected(fmt::format("--ip-permissions: {} is not known here", name));
  }
  return {};
}

Edited read_peers(const Json& permission, const TrafficText& traffic, const PeerKind& kind,
                  std::vector<GroupRuleText>& out) {
  const Json peers = permission.value(kind.list, Json::array());
  if (!peers.is_array()) return std::unexpected(fmt::format("--ip-permissions: {} is an array", kind.list));
  for (const Json& each : peers) {
    if (!each.is_object() || !each.contains(kind.member) || !each[kind.member].is_string()) {
      return std::unexpected(fmt::format("--ip-permissions: an element of {} has a string {}", kind.list, kind.member));
    }
    if (auto known = known_members(each, {kind.member, "Description"}); !known) return known;
    const Json description = each.value("Description", Json(""));
    if (!description.is_string()) return std::unexpected("--ip-permissions: Description is a string");
    GroupRuleText rule{traffic, {}, description.get<std::string>()};
    rule.peer.*kind.peer = each[kind.member].get<std::string>();
    out.push_back(std::move(rule));
  }
  return {};
}

Rules rules_from_json(const std::string& text) {
  Json permissions = Json::parse(text, nullptr, false);
  if (permissions.is_object()) permissions = Json::array({permissions});
  if (!permissions.is_array() || permissions.empty())
    return std::unexpected("--ip-permissions is a JSON array of permissions");
  std::vector<GroupRuleText> rules;
  for (const Json& permission : permissions) {
    if (!permission.is_object()) return std::unexpected("--ip-permissions is a JSON array of objects");
    if (permission.contains("Ipv6Ranges") && !permission["Ipv6Ranges"].empty()) {
      return std::unexpected("--ip-permissions: this version does not enforce Ipv6Ranges");
    }
    if (auto known = known_members(permission, {"IpProtocol", "FromPort", "ToPort", "IpRanges", "Ipv6Ranges",
                                                "UserIdGroupPairs", "PrefixListIds"});
        !known) {
      return std::unexpected(known.error());
    }
    const auto traffic = traffic_of(permission);
    if (!traffic) return std::unexpected(traffic.error());
    const std::size_t before = rules.size();
    for (const PeerKind& kind : kPeerKinds) {
      if (auto read = read_peers(permission, *traffic, kind, rules); !read) return std::unexpected(read.error());
    }
    if (rules.size() == before)
      return std::unexpected("--ip-permissions: a permission names nobody (IpRanges, UserIdGroupPairs, PrefixListIds)");
  }
  return rules;
}

Rules rules_of(const Arguments& arguments) {
  if (arguments.has("ip-permissions")) {
    for (const char* other : {"protocol", "port", "cidr", "source-group"}) {
      if (arguments.has(other))
        return std::unexpected(fmt::format("--{} and --ip-permissions exclude each other", other));
    }
    return rules_from_json(arguments.text("ip-permissions"));
  }
  if (!arguments.has("protocol")) return std::unexpected("--protocol is missing");
  if (arguments.has("cidr") == arguments.has("source-group"))
    return std::unexpected("give one of --cidr and --source-group");
  const auto traffic = traffic_of(arguments.text("protocol"), arguments.text("port"));
  if (!traffic) return std::unexpected(traffic.error());
  return std::vector{GroupRuleText{*traffic, {arguments.text("cidr"), arguments.text("source-group"), "", false}, ""}};
}

Edited edit_all(PolicyEdit& edit, const std::string& group, const std::string& direction, bool add,
                const std::vector<GroupRuleText>& rules) {
  for (const GroupRuleText& rule : rules) {
    if (!rule.peer.cidr.empty()) {
      if (const auto checked = checked_cidr(rule.peer.cidr); !checked) return std::unexpected(checked.error());
    }
    auto edited = add ? edit.add_group_rule(group, direction, rule) : edit.remove_group_rule(group, direction, rule);
    if (!edited) return edited;
  }
  return {};
}

int run(const Invocation& invocation, const Command& command, const std::string& direction, bool add) {
  const auto arguments = parse_arguments(
      invocation, command,
      with_edit_options({{"group-id"}, {"protocol"}, {"port"}, {"cidr"}, {"source-group"}, {"ip-permissions"}}), {});
  if (!arguments) return kBadInput;
  auto rules = rules_of(*arguments);
  if (rules && !arguments->has("group-id")) rules = std::unexpected("--group-id is missing");
  if (!rules) {
    print_error(std::string(command.name) + ": " + rules.error());
    return kBadInput;
  }
  const std::string group = arguments->text("group-id");
  return edit_running(invocation, command, *arguments, {object_at("security_groups", group)},
                      [&](PolicyEdit& edit) { return edit_all(edit, group, direction, add, *rules); });
}

template <const Command& kCommand>
int run(const Invocation& invocation) {
  const bool add = kCommand.name.starts_with("authorize");
  return run(invocation, kCommand, kCommand.name.ends_with("ingress") ? "ingress" : "egress", add);
}

// Usage and manners are the same for all four.
#define SALLYPORT_GROUP_HELP(name, manners, examples)                                                               \
  "usage: sallyport " name                                                                                          \
  " --group-id GROUP --protocol P [--port A[-B]]\n"                                                                 \
  "         --cidr C|--source-group G [OPTIONS]\n"                                                                  \
  "       sallyport " name " --group-id GROUP --ip-permissions JSON [OPTIONS]\n\n" manners "\n" SALLYPORT_EDIT_HELP \
  "\nexamples:\n" examples

#define SALLYPORT_ADDS                                                                  \
  "Does what sallyport rule add does, with the flags of the AWS command line. A rule\n" \
  "that is there already is an error. All permissions are added or none. OPTIONS are\n"
#define SALLYPORT_REMOVES                                                             \
  "Does what sallyport rule remove does, with the flags of the AWS command line. A\n" \
  "rule that is not there is an error. All permissions are removed or none. OPTIONS are\n"

}  // namespace

const Command kAuthorizeIngressCommand{
    "authorize-security-group-ingress", "add ingress rules to a group, as AWS spells it",
    SALLYPORT_GROUP_HELP(
        "authorize-security-group-ingress", SALLYPORT_ADDS,
        R"(  sallyport authorize-security-group-ingress --group-id web --protocol tcp --port 443 --cidr 0.0.0.0/0
  sallyport authorize-security-group-ingress --group-id web --ip-permissions \
    '[{"IpProtocol":"tcp","FromPort":22,"ToPort":22,"IpRanges":[{"CidrIp":"198.51.100.0/24"}]}]'
)"),
    run<kAuthorizeIngressCommand>};

const Command kAuthorizeEgressCommand{
    "authorize-security-group-egress", "add egress rules to a group, as AWS spells it",
    SALLYPORT_GROUP_HELP(
        "authorize-security-group-egress", SALLYPORT_ADDS,
        R"(  sallyport authorize-security-group-egress --group-id web --protocol udp --port 53 --cidr 10.0.0.2/32
  sallyport authorize-security-group-egress --group-id web --protocol tcp --port 5432 --source-group db
)"),
    run<kAuthorizeEgressCommand>};

const Command kRevokeIngressCommand{
    "revoke-security-group-ingress", "remove ingress rules from a group, as AWS spells it",
    SALLYPORT_GROUP_HELP(
        "revoke-security-group-ingress", SALLYPORT_REMOVES,
        R"(  sallyport revoke-security-group-ingress --group-id web --protocol tcp --port 443 --cidr 0.0.0.0/0
  sallyport revoke-security-group-ingress --group-id web --protocol icmp --port 8 --cidr 0.0.0.0/0
)"),
    run<kRevokeIngressCommand>};

const Command kRevokeEgressCommand{
    "revoke-security-group-egress", "remove egress rules from a group, as AWS spells it",
    SALLYPORT_GROUP_HELP("revoke-security-group-egress", SALLYPORT_REMOVES,
                         R"(  sallyport revoke-security-group-egress --group-id web --protocol -1 --cidr 0.0.0.0/0
  sallyport revoke-security-group-egress --group-id web --protocol tcp --port 5432 --source-group db
)"),
    run<kRevokeEgressCommand>};

}  // namespace sallyport::control
