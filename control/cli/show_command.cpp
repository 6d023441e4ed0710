// `sallyport show`: what the gateway understood, defaults filled in.
//
// Owner: control/cli.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "control/cli/command.h"
#include "control/cli/options.h"
#include "control/cli/output.h"
#include "control/cli/policy_input.h"

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

int run_show(const Invocation& invocation) {
  const auto arguments =
      parse_arguments(invocation, kShowCommand, {}, {{"POLICY"}, {"SECTION", false}, {"NAME", false}});
  if (!arguments) return kBadInput;
  const auto section = arguments->text("SECTION");
  if (!section.empty() && std::ranges::find(kSections, section) == kSections.end()) {
    return refuse("section", section, {kSections.begin(), kSections.end()});
  }
  const auto input = load_policy(arguments->text("POLICY"));
  if (!input) return kBadInput;
  if (section.empty()) {
    print(rules::write_policy(input->policy));
    return kYes;
  }
  const auto name = arguments->text("NAME");
  auto text = rules::write_section(input->policy, section, name);
  if (!text) return refuse_name(input->policy, section, name);
  if (!text->ends_with('\n')) *text += '\n';
  print(*text);
  return kYes;
}

}  // namespace

const Command kShowCommand{"show", "what the gateway understood, defaults filled in",
                           R"(usage: sallyport show POLICY|IMAGE [SECTION [NAME]]

Prints the policy as it was understood, defaults filled in, as a document that is
valid as input again; with SECTION (security_groups, interfaces ...) that section,
with NAME one object of it.

examples:
  sallyport show policy.spi
  sallyport show policy.json security_groups app
)",
                           run_show, "json"};

}  // namespace sallyport::control
