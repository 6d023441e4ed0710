// `sallyport rule`: rules of a group or an ACL on the running gateway.
//
// Owner: control/cli.
#include <fmt/format.h>

#include "control/cli/change.h"
#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/options.h"
#include "control/cli/output.h"
#include "control/cli/rule_place.h"

namespace sallyport::control {

extern const Command kRuleCommand;

namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint32_t kMaxRuleNumber = 32766;

int refuse(const std::string& message) {
  print_error("rule: " + message);
  return kBadInput;
}

struct RuleWords {
  std::string action, name, direction;
};

std::expected<PeerText, std::string> peer_of(const Arguments& arguments) {
  const int kinds = static_cast<int>(arguments.has("cidr")) + static_cast<int>(arguments.has("group")) +
                    static_cast<int>(arguments.has("prefix-list")) + static_cast<int>(arguments.has("self"));
  if (kinds != 1) return std::unexpected("a group's rule has one of --cidr, --group, --prefix-list and --self");
  PeerText peer{arguments.text("cidr"), arguments.text("group"), arguments.text("prefix-list"), arguments.has("self")};
  if (!peer.cidr.empty()) {
    const auto checked = checked_cidr(peer.cidr);
    if (!checked) return std::unexpected(checked.error());
  }
  return peer;
}

Edited edit_group(PolicyEdit& edit, const RuleWords& words, const std::string& group, const TrafficText& traffic,
                  const Arguments& arguments) {
  for (const char* option : {"rule-no", "action"}) {
    if (arguments.has(option))
      return std::unexpected(fmt::format("--{} goes with an ACL, and {} is a group", option, group));
  }
  const auto peer = peer_of(arguments);
  if (!peer) return std::unexpected(peer.error());
  const GroupRuleText rule{traffic, *peer, arguments.text("description")};
  return words.action == "add" ? edit.add_group_rule(group, words.direction, rule)
                               : edit.remove_group_rule(group, words.direction, rule);
}

Edited edit_acl(PolicyEdit& edit, const RuleWords& words, const std::string& acl, const TrafficText& traffic,
                const Arguments& arguments) {
  for (const char* option : {"group", "prefix-list", "self", "description"}) {
    if (arguments.has(option))
      return std::unexpected(fmt::format("--{} goes with a group, and {} is an ACL", option, acl));
  }
  const auto number = parse_number(arguments.text("rule-no"), kMaxRuleNumber);
  if (!number || *number == 0)
    return std::unexpected(fmt::format("an ACL's rule needs --rule-no from 1 to {}", kMaxRuleNumber));
  if (words.action == "remove") return edit.remove_acl_entry(acl, words.direction, *number);
  return edit.add_acl_entry(acl, words.direction, {*number, arguments.text("action"), traffic, arguments.text("cidr")});
}

// The group and the ACL that a NAME may mean.
std::vector<std::string> owners_called(std::string_view name) {
  if (name.starts_with("sg:")) return {object_at("security_groups", name.substr(3))};
  if (name.starts_with("acl:")) return {object_at("network_acls", name.substr(4))};
  return {object_at("security_groups", name), object_at("network_acls", name)};
}

Edited edit_rule(PolicyEdit& edit, const RuleWords& words, const Arguments& arguments) {
  const auto owner = edit.owner_named(words.name);
  if (!owner) return std::unexpected(owner.error());
  const TrafficText traffic{arguments.text("protocol"), arguments.text("port"), arguments.text("icmp")};
  const bool by_number = owner->is_acl && words.action == "remove";
  if (traffic.protocol.empty() && !by_number) return std::unexpected("--protocol is missing");
  return owner->is_acl ? edit_acl(edit, words, owner->name, traffic, arguments)
                       : edit_group(edit, words, owner->name, traffic, arguments);
}

std::string rules_text(const nlohmann::json& body) {
  Table table({"RULE", "WHERE", "WHAT", "DECIDED", "DESCRIPTION"});
  for (const auto& rule : body.at("rules")) {
    table.add({rule.at("name"), place_of_rule(rule), rule.at("text"),
               std::to_string(rule.at("decided").get<std::uint64_t>()), rule.at("description")});
  }
  return table.text();
}

// The counters' rules, narrowed to one owner and direction.
nlohmann::json only_of(const nlohmann::json& counters, const RuleOwner& owner, const std::string& direction) {
  nlohmann::json rules = nlohmann::json::array();
  const std::string kind = owner.is_acl ? "network-acl" : "security-group";
  for (const auto& rule : counters.at("rules")) {
    const std::string name = rule.at("name");
    const bool mine = direction.empty()
                          ? name.starts_with(owner.name + "/ingress/") || name.starts_with(owner.name + "/egress/")
                          : name.starts_with(owner.name + "/" + direction + "/");
    if (mine && rule.at("kind") == kind) rules.push_back(rule);
  }
  return {{"schema", "sallyport/rules/1"}, {"rules", std::move(rules)}};
}

int list_rules(const Invocation& invocation, const RuleWords& words) {
  const Client client(invocation.socket);
  const auto document = client.get("/v1/policy");
  if (!document) return report(document.error());
  const PolicyEdit policy(Json::parse(document->body));
  const auto owner = policy.owner_named(words.name);
  if (!owner) return refuse(owner.error());
  auto counters = client.get("/v1/counters", {{"rules", "true"}});
  if (!counters) return report(counters.error());
  counters->body = only_of(counters->json(), *owner, words.direction).dump();
  return print_answer(invocation, counters, rules_text);
}

std::vector<Option> options_of_rule() {
  return with_edit_options({{"protocol"},
                            {"port"},
                            {"icmp"},
                            {"cidr"},
                            {"group"},
                            {"prefix-list"},
                            {"self", Option::Kind::toggle},
                            {"description"},
                            {"rule-no"},
                            {"action"}});
}

// What a list would leave unheeded.
std::optional<std::string> option_of_edits(const Arguments& arguments) {
  for (const Option& option : options_of_rule()) {
    if (arguments.has(option.name)) return option.name;
  }
  return std::nullopt;
}

int run_rule(const Invocation& invocation) {
  const auto arguments = parse_arguments(invocation, kRuleCommand, options_of_rule(),
                                         {{"add|remove|list"}, {"NAME"}, {"ingress|egress", false}});
  if (!arguments) return kBadInput;
  const RuleWords words{arguments->text("add|remove|list"), arguments->text("NAME"), arguments->text("ingress|egress")};
  if (words.action != "add" && words.action != "remove" && words.action != "list")
    return refuse("say add, remove or list");
  if (words.direction != "ingress" && words.direction != "egress" &&
      !(words.action == "list" && words.direction.empty())) {
    return refuse("say ingress or egress behind the name");
  }
  if (words.action == "list") {
    const auto option = option_of_edits(*arguments);
    return option ? refuse(fmt::format("--{} goes with add and remove, not with list", *option))
                  : list_rules(invocation, words);
  }
  return edit_running(invocation, kRuleCommand, *arguments, owners_called(words.name),
                      [&](PolicyEdit& edit) { return edit_rule(edit, words, *arguments); });
}

}  // namespace

const Command kRuleCommand{
    "rule", "add, remove or list rules of a group or an ACL, live",
    R"(usage: sallyport rule add|remove [sg:]NAME ingress|egress --protocol P [--port A[-B]] [--icmp T/C]
         --cidr C|--group G|--prefix-list L|--self [--description D] [OPTIONS]
       sallyport rule add [acl:]NAME ingress|egress --rule-no N --action allow|deny
         --protocol P [--port A[-B]] [--icmp T/C] --cidr C [OPTIONS]
       sallyport rule remove [acl:]NAME ingress|egress --rule-no N [OPTIONS]
       sallyport rule list NAME [ingress|egress]

Makes a new generation of the running policy. A rule that is there already and
one that is not are errors. OPTIONS are

)" SALLYPORT_EDIT_HELP R"(
examples:
  sallyport rule add web ingress --protocol tcp --port 443 --cidr 0.0.0.0/0
  sallyport rule remove acl:public ingress --rule-no 50 --write policy.json
)",
    run_rule};

}  // namespace sallyport::control
