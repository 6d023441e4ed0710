#include "rules/compile/compile.h"

#include <cassert>
#include <string>

#include "rules/compile/steps.h"
#include "rules/image/image_writer.h"

namespace sallyport::rules {
namespace {

// Compares counts with ceilings and says what is too large.
class CeilingCheck {
 public:
  void at_most(std::size_t count, std::size_t ceiling, const std::string& what, const std::string& name,
               SourcePosition where, const std::string& pointer) {
    if (count <= ceiling) return;
    found_.error(where, pointer,
                 std::to_string(count) + " " + what + ", the ceiling " + name + " is " + std::to_string(ceiling));
  }
  [[nodiscard]] const Diagnostics& found() const { return found_; }

 private:
  Diagnostics found_;
};

std::size_t check_groups(const Policy& policy, const ImageCeilings& ceilings, CeilingCheck& check) {
  std::size_t rules = 0;
  for (const auto& [name, group] : policy.security_groups) {
    const auto count = [&](const std::vector<GroupRule>& list, const std::string& direction) {
      check.at_most(list.size(), ceilings.rules_per_group, direction + " rules in group \"" + name + "\"",
                    "rules_per_group", group.where, "/security_groups");
      rules += list.size();
    };
    count(group.ingress, "ingress");
    count(group.egress, "egress");
  }
  return rules;
}

Diagnostics check_ceilings(const Policy& policy, const ImageCeilings& ceilings) {
  CeilingCheck check;
  check.at_most(policy.interfaces.size(), ceilings.interfaces, "interfaces", "interfaces", {}, "/interfaces");
  check.at_most(policy.security_groups.size(), ceilings.security_groups, "security groups", "security_groups", {},
                "/security_groups");
  std::size_t rules = check_groups(policy, ceilings, check);
  for (const auto& [name, acl] : policy.network_acls) rules += acl.ingress.size() + acl.egress.size();
  check.at_most(rules, ceilings.rules, "rules in all groups and ACLs", "rules", {}, "");
  std::size_t entries = 0;
  for (const auto& [name, list] : policy.prefix_lists) entries += list.entries.size();
  check.at_most(entries, ceilings.prefix_list_entries, "CIDRs in prefix lists", "prefix_list_entries", {},
                "/prefix_lists");
  return check.found();
}

CompileReport report_of(const ImageTables& tables, std::size_t bytes) {
  return {.interfaces = tables.options.named_interfaces,
          .group_sets = tables.group_lists.size(),
          .rules = tables.rules.size(),
          .classes = tables.options.classes,
          .rows = tables.rows.size(),
          .predicates = tables.predicates.size(),
          .image_bytes = bytes};
}

}  // namespace

std::expected<Compiled, Diagnostics> compile(const Policy& policy, const ImageCeilings& ceilings) {
  Diagnostics problems = check_ceilings(policy, ceilings);
  if (problems.has_errors()) return std::unexpected(std::move(problems));
  CompileContext context(policy);
  context.tables.source = policy.source;
  context.tables.file_name = policy.file;
  compile_places(context);
  compile_owners(context);
  compile_routes(context);
  compile_rules(context);
  if (!compile_decisions(context, ceilings.rows)) {
    problems.error({}, "",
                   "groups and ACLs look at too many kinds of remote addresses, the ceiling rows is " +
                       std::to_string(ceilings.rows));
    return std::unexpected(std::move(problems));
  }
  auto image = Image::load(write_image(context.tables));
  if (!image) {
    problems.error({}, "", "the compiled image does not pass its own checks: " + image.error());
    return std::unexpected(std::move(problems));
  }
  CompileReport report = report_of(context.tables, image->bytes().size());
  return Compiled{.image = std::move(*image), .report = report};
}

}  // namespace sallyport::rules
