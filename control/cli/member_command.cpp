// `sallyport member`, `prefix` and `patch`: other edits of the running policy.
//
// Owner: control/cli.
#include "control/cli/change.h"
#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/input.h"
#include "control/cli/options.h"
#include "control/cli/output.h"
#include "rules/document/documents.h"

namespace sallyport::control {

extern const Command kMemberCommand;
extern const Command kPrefixCommand;
extern const Command kPatchCommand;

namespace {

bool adds_or_removes(const Arguments& arguments, const char* command) {
  const std::string word = arguments.text("add|remove");
  if (word == "add" || word == "remove") return true;
  print_error(std::string(command) + ": say add or remove");
  return false;
}

int run_member(const Invocation& invocation) {
  const auto arguments =
      parse_arguments(invocation, kMemberCommand, with_edit_options({}), {{"add|remove"}, {"INTERFACE"}, {"GROUP"}});
  if (!arguments || !adds_or_removes(*arguments, "member")) return kBadInput;
  const bool add = arguments->text("add|remove") == "add";
  return edit_running(invocation, kMemberCommand, *arguments, {object_at("interfaces", arguments->text("INTERFACE"))},
                      [&](PolicyEdit& edit) {
                        return add ? edit.add_member(arguments->text("INTERFACE"), arguments->text("GROUP"))
                                   : edit.remove_member(arguments->text("INTERFACE"), arguments->text("GROUP"));
                      });
}

int run_prefix(const Invocation& invocation) {
  const auto arguments = parse_arguments(invocation, kPrefixCommand, with_edit_options({}),
                                         {{"add|remove"}, {"LIST"}, {"CIDR", true, true}});
  if (!arguments || !adds_or_removes(*arguments, "prefix")) return kBadInput;
  const bool add = arguments->text("add|remove") == "add";
  return edit_running(invocation, kPrefixCommand, *arguments, {object_at("prefix_lists", arguments->text("LIST"))},
                      [&](PolicyEdit& edit) -> Edited {
                        for (const std::string& cidr : arguments->all("CIDR")) {
                          const std::string list = arguments->text("LIST");
                          if (auto edited = add ? edit.add_prefix(list, cidr) : edit.remove_prefix(list, cidr); !edited)
                            return edited;
                        }
                        return {};
                      });
}

int run_patch(const Invocation& invocation) {
  const auto arguments = parse_arguments(invocation, kPatchCommand, with_edit_options({}), {{"FILE"}});
  if (!arguments) return kBadInput;
  const auto query = change_query(*arguments, kPatchCommand);
  if (!query) return kBadInput;
  const auto patch = read_input(arguments->text("FILE"), rules::kMaxDocumentBytes);
  if (!patch) {
    print_error(patch.error());
    return kBadInput;
  }
  const Client client(invocation.socket);
  const int status = print_change(invocation, client.patch("/v1/policy", *query, *patch, ""));
  return status == kYes ? write_back(client, arguments->text("write")) : status;
}

}  // namespace

const Command kMemberCommand{"member", "put an interface into a group or take it out, live",
                             R"(usage: sallyport member add|remove INTERFACE GROUP [OPTIONS] [-o table|json]

Makes a new generation of the running policy in which INTERFACE is, or is no
longer, a member of GROUP. OPTIONS are

)" SALLYPORT_EDIT_HELP R"(
examples:
  sallyport member add app-1 web
  sallyport member remove app-1 web --write policy.json
)",
                             run_member};

const Command kPrefixCommand{"prefix", "add prefixes to a list or remove them, live",
                             R"(usage: sallyport prefix add|remove LIST CIDR … [OPTIONS] [-o table|json]

Makes a new generation of the running policy with the prefixes added to LIST or
removed from it, all or none. OPTIONS are

)" SALLYPORT_EDIT_HELP R"(
examples:
  sallyport prefix add office 198.51.100.0/24 192.0.2.7/32
  sallyport prefix remove office 192.0.2.7/32
)",
                             run_prefix};

const Command kPatchCommand{"patch", "change the running policy by a JSON patch",
                            R"(usage: sallyport patch FILE [OPTIONS] [-o table|json]

Applies a JSON patch (RFC 6902) to the document in force, all of it or nothing.
FILE may be - for standard input. OPTIONS are

)" SALLYPORT_EDIT_HELP R"(
examples:
  sallyport patch change.json --confirm-within 60s
  sallyport patch - --write policy.json < change.json
)",
                            run_patch};

}  // namespace sallyport::control
