// `sallyport show`: what the gateway understood, defaults filled in.
//
// Owner: control/cli.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <tuple>

#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/options.h"
#include "control/cli/output.h"
#include "control/cli/policy_input.h"
#include "control/cli/running_policy.h"

namespace sallyport::control {

extern const Command kShowCommand;

namespace {

constexpr std::array<std::string_view, 9> kSections{"vpc",          "prefix_lists", "security_groups",
                                                    "network_acls", "route_tables", "subnets",
                                                    "interfaces",   "nat_gateways", "options"};

int refuse(const std::string& what, const std::string& word, const std::vector<std::string_view>& known) {
  const auto nearest = rules::nearest_name(word, known);
  print_error("no " + what + " \"" + word + '"' + (nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?"));
  return kBadInput;
}

int refuse_name(const rules::Policy& policy, const std::string& section, const std::string& name) {
  const auto whole = nlohmann::json::parse(rules::write_section(policy, section, "").value_or("{}"));
  std::vector<std::string> names;
  for (const auto& item : whole.items()) names.push_back(item.key());
  return refuse("such name in " + section + ':', name, {names.begin(), names.end()});
}

int show(const rules::Policy& policy, const std::string& section, const std::string& name) {
  if (section.empty()) {
    print(rules::write_policy(policy));
    return kYes;
  }
  auto text = rules::write_section(policy, section, name);
  if (!text) return refuse_name(policy, section, name);
  if (!text->ends_with('\n')) *text += '\n';
  print(*text);
  return kYes;
}

// The document as it stands, so that its lines are those that other commands call running:LINE.
int show_document(const Invocation& invocation) {
  const auto document = Client(invocation.socket).get("/v1/policy");
  if (!document) return report(document.error());
  print(document->body);
  if (!document->body.ends_with('\n')) print("\n");
  return kYes;
}

int run_show(const Invocation& invocation) {
  const auto arguments =
      parse_arguments(invocation, kShowCommand, {{"running", Option::Kind::toggle}}, {{"WORD", false, true}});
  if (!arguments) return kBadInput;
  const bool running = arguments->has("running");
  auto words = arguments->all("WORD");
  if (running) words.insert(words.begin(), "");
  if (words.empty() || words.size() > 3) {
    print_error(std::string("show: ") + (words.empty() ? "give a POLICY or --running" : "too many arguments") +
                " (sallyport show --help)");
    return kBadInput;
  }
  words.resize(3);
  const auto& [policy, section, name] = std::tie(words[0], words[1], words[2]);
  if (!section.empty() && std::ranges::find(kSections, section) == kSections.end()) {
    return refuse("section", section, {kSections.begin(), kSections.end()});
  }
  if (running && section.empty()) return show_document(invocation);
  if (running) {
    const auto in_force = running_policy(invocation);
    return in_force ? show(*in_force, section, name) : in_force.error();
  }
  const auto input = load_policy(policy);
  return input ? show(input->policy, section, name) : kBadInput;
}

}  // namespace

const Command kShowCommand{"show", "what the gateway understood, or what is in force",
                           R"(usage: sallyport show POLICY|IMAGE|--running [SECTION [NAME]]

Prints the policy as it was understood, defaults filled in, as a document that is
valid as input again; with SECTION (security_groups, interfaces ...) that section,
with NAME one object of it.

  --running   of the policy in force. Without SECTION its document as it was applied,
              with the changes since in their places; its lines are those that other
              commands call running:LINE

examples:
  sallyport show policy.json security_groups app
  sallyport show --running > policy.json
)",
                           run_show, "json"};

}  // namespace sallyport::control
