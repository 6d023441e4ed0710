// The AWS spellings for entries of network ACLs: create-, replace- and delete-network-acl-entry.
//
// Owner: control/cli. Flags are those of the AWS command line; what they do is `sallyport rule`.
#include <fmt/format.h>

#include "control/cli/change.h"
#include "control/cli/command.h"
#include "control/cli/options.h"
#include "control/cli/output.h"

namespace sallyport::control {

extern const Command kCreateAclEntryCommand;
extern const Command kReplaceAclEntryCommand;
extern const Command kDeleteAclEntryCommand;

namespace {

constexpr std::uint32_t kMaxRuleNumber = 32766;

using Pair = std::expected<std::pair<std::string, std::string>, std::string>;

// "From=80,To=90" and "Type=8,Code=0": the two values, in the order of the names, whichever was typed first.
Pair shorthand(const std::string& option, const std::string& text, const std::string& first,
               const std::string& second) {
  std::string values[2];
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    const std::size_t equals = part.find('=');
    const std::string name = part.substr(0, equals);
    if (equals == std::string::npos || (name != first && name != second)) {
      return std::unexpected(fmt::format("--{} is {}=,{}=, not \"{}\"", option, first, second, text));
    }
    values[name == second ? 1 : 0] = part.substr(equals + 1);
    begin = end + 1;
  }
  if (values[0].empty() || values[1].empty())
    return std::unexpected(fmt::format("--{} is {}=,{}=, not \"{}\"", option, first, second, text));
  return std::pair(values[0], values[1]);
}

std::expected<AclEntryText, std::string> entry_of(const Arguments& arguments, std::uint32_t number) {
  AclEntryText entry{
      number, arguments.text("rule-action"), {arguments.text("protocol"), "", ""}, arguments.text("cidr-block")};
  for (const char* needed : {"protocol", "rule-action", "cidr-block"}) {
    if (!arguments.has(needed)) return std::unexpected(fmt::format("--{} is missing", needed));
  }
  if (arguments.has("port-range")) {
    const auto range = shorthand("port-range", arguments.text("port-range"), "From", "To");
    if (!range) return std::unexpected(range.error());
    entry.traffic.port = range->first + "-" + range->second;
  }
  if (arguments.has("icmp-type-code")) {
    const auto icmp = shorthand("icmp-type-code", arguments.text("icmp-type-code"), "Type", "Code");
    if (!icmp) return std::unexpected(icmp.error());
    entry.traffic.icmp = icmp->first + "/" + icmp->second;
  }
  return entry;
}

enum class Action : std::uint8_t { create, replace, remove };

std::expected<AclEntryText, std::string> checked_entry(const Arguments& arguments, Action action) {
  if (!arguments.has("network-acl-id")) return std::unexpected("--network-acl-id is missing");
  if (arguments.has("ingress") == arguments.has("egress")) return std::unexpected("give one of --ingress and --egress");
  const auto number = parse_number(arguments.text("rule-number"), kMaxRuleNumber);
  if (!number || *number == 0)
    return std::unexpected(fmt::format("--rule-number is a number from 1 to {}", kMaxRuleNumber));
  if (action == Action::remove) return AclEntryText{*number, "", {}, ""};
  return entry_of(arguments, *number);
}

int run(const Invocation& invocation, const Command& command, Action action) {
  std::vector<Option> options{
      {"network-acl-id"}, {"ingress", Option::Kind::toggle}, {"egress", Option::Kind::toggle}, {"rule-number"}};
  if (action != Action::remove) {
    for (const char* name : {"protocol", "port-range", "icmp-type-code", "cidr-block", "rule-action"})
      options.push_back({name});
  }
  const auto arguments = parse_arguments(invocation, command, with_edit_options(options), {});
  if (!arguments) return kBadInput;
  const auto entry = checked_entry(*arguments, action);
  if (!entry) {
    print_error(std::string(command.name) + ": " + entry.error());
    return kBadInput;
  }
  const std::string acl = arguments->text("network-acl-id");
  const std::string direction = arguments->has("ingress") ? "ingress" : "egress";
  return edit_running(invocation, command, *arguments, {object_at("network_acls", acl)}, [&](PolicyEdit& edit) {
    if (action == Action::create) return edit.add_acl_entry(acl, direction, *entry);
    if (action == Action::replace) return edit.replace_acl_entry(acl, direction, *entry);
    return edit.remove_acl_entry(acl, direction, entry->rule_no);
  });
}

int create_entry(const Invocation& invocation) { return run(invocation, kCreateAclEntryCommand, Action::create); }
int replace_entry(const Invocation& invocation) { return run(invocation, kReplaceAclEntryCommand, Action::replace); }
int delete_entry(const Invocation& invocation) { return run(invocation, kDeleteAclEntryCommand, Action::remove); }

}  // namespace

const Command kCreateAclEntryCommand{
    "create-network-acl-entry", "add a rule to an ACL, as AWS spells it",
    R"(usage: sallyport create-network-acl-entry --network-acl-id ACL --ingress|--egress --rule-number N
         --protocol P [--port-range From=A,To=B] [--icmp-type-code Type=T,Code=C]
         --cidr-block C --rule-action allow|deny [OPTIONS]

Does what sallyport rule add does, with the flags of the AWS command line. A
number that is taken is an error. OPTIONS are

)" SALLYPORT_EDIT_HELP R"(
examples:
  sallyport create-network-acl-entry --network-acl-id public --ingress --rule-number 50 --protocol -1 \
    --cidr-block 192.0.2.0/24 --rule-action deny
  sallyport create-network-acl-entry --network-acl-id public --egress --rule-number 100 --protocol tcp \
    --port-range From=1024,To=65535 --cidr-block 0.0.0.0/0 --rule-action allow
)",
    create_entry};

const Command kReplaceAclEntryCommand{
    "replace-network-acl-entry", "replace a rule of an ACL, as AWS spells it",
    R"(usage: sallyport replace-network-acl-entry --network-acl-id ACL --ingress|--egress --rule-number N
         --protocol P [--port-range From=A,To=B] [--icmp-type-code Type=T,Code=C]
         --cidr-block C --rule-action allow|deny [OPTIONS]

Puts another rule in the place of the one with this number. A number that is not
there is an error. OPTIONS are

)" SALLYPORT_EDIT_HELP R"(
examples:
  sallyport replace-network-acl-entry --network-acl-id public --ingress --rule-number 50 --protocol -1 \
    --cidr-block 192.0.2.0/24 --rule-action allow
  sallyport replace-network-acl-entry --network-acl-id public --ingress --rule-number 110 --protocol icmp \
    --icmp-type-code Type=8,Code=0 --cidr-block 0.0.0.0/0 --rule-action allow
)",
    replace_entry};

const Command kDeleteAclEntryCommand{
    "delete-network-acl-entry", "remove a rule from an ACL, as AWS spells it",
    R"(usage: sallyport delete-network-acl-entry --network-acl-id ACL --ingress|--egress --rule-number N
         [OPTIONS]

Removes the rule with this number. A number that is not there is an error. OPTIONS are

)" SALLYPORT_EDIT_HELP R"(
examples:
  sallyport delete-network-acl-entry --network-acl-id public --ingress --rule-number 50
  sallyport delete-network-acl-entry --network-acl-id public --egress --rule-number 100 --write policy.json
)",
    delete_entry};

}  // namespace sallyport::control
