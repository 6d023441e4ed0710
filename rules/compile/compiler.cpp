// A policy compiled whole, and its changes compiled behind it; see the header. Owner: rules/compile.
#include "rules/compile/compiler.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "rules/compile/compile_state.h"
#include "rules/compile/policy_change.h"
#include "rules/compile/steps.h"
#include "rules/document/same_meaning.h"
#include "rules/image/tables.h"

namespace sallyport::rules {
namespace {

using layout::SectionId;

// A rule's text names its peers in the order in which they are written.
bool same_words(const GroupRule& a, const GroupRule& b) {
  return a.cidr_blocks == b.cidr_blocks && a.ipv6_cidr_blocks == b.ipv6_cidr_blocks &&
         a.security_groups == b.security_groups && a.prefix_lists == b.prefix_lists;
}
bool same_words(const AclEntry& /*a*/, const AclEntry& /*b*/) { return true; }

template <typename Rule>
bool same_rules(const std::vector<Rule>& a, const std::vector<Rule>& b) {
  return std::ranges::equal(a, b, [](const Rule& x, const Rule& y) { return same_rule(x, y) && same_words(x, y); });
}

std::vector<std::uint32_t> marked(const std::vector<bool>& marks) {
  std::vector<std::uint32_t> indexes;
  for (std::uint32_t i = 0; i < marks.size(); ++i) {
    if (marks[i]) indexes.push_back(i);
  }
  return indexes;
}

}  // namespace

// Tables that all images share, each as much of them as there was when it was made.
struct Grown {
  explicit Grown(ImageTables& tables)
      : strings({tables.strings.begin(), tables.strings.end()}),
        row_buckets(std::move(tables.row_buckets)),
        predicates(std::move(tables.predicates)),
        predicate_rules(std::move(tables.predicate_rules)),
        lines(std::move(tables.lines)) {
    tables.strings.clear();
    take(tables);
  }

  // What was appended to the tables since.
  void take(ImageTables& tables) {
    std::vector<char> text(tables.strings.begin(), tables.strings.end());
    tables.strings.clear();
    strings.append(text);
    row_buckets.append(tables.row_buckets);
    predicates.append(tables.predicates);
    predicate_rules.append(tables.predicate_rules);
    lines.append(tables.lines);
    tables.before = {.strings = strings.size(),
                     .row_buckets = row_buckets.size(),
                     .predicates = predicates.size(),
                     .predicate_rules = predicate_rules.size(),
                     .lines = lines.size()};
  }

  // visit(id, table) for each.
  template <typename Visit>
  void each(Visit visit) const {
    visit(SectionId::strings, strings);
    visit(SectionId::row_buckets, row_buckets);
    visit(SectionId::predicates, predicates);
    visit(SectionId::predicate_rules, predicate_rules);
    visit(SectionId::lines, lines);
  }

  KeptTable<char> strings;
  KeptTable<layout::RowBucket> row_buckets;
  KeptTable<layout::PredicateRecord> predicates;
  KeptTable<std::uint32_t> predicate_rules;
  KeptTable<Line> lines;
};

// The tables that a change of rules makes anew; of the others an image has those it was derived from, or all of a
// grown one.
constexpr bool is_made_anew(SectionId id) {
  constexpr std::array kMadeAnew{SectionId::options,         SectionId::interface_groups, SectionId::group_lists,
                                 SectionId::list_groups,     SectionId::descriptors,      SectionId::rules,
                                 SectionId::ipv6_descriptors};
  return std::ranges::find(kMadeAnew, id) != kMadeAnew.end();
}

struct Compiler::State {
  State(CompileState& from, const Image& image) : base(image), grown(from.context.tables) {}

  std::unique_ptr<CompileState> compiled;
  Image base;
  Grown grown;
};

namespace {

// One change of the policy carried into the tables.
class Updating {
 public:
  Updating(CompileState& state, const PolicyChange& change)
      : state_(state),
        context_(state.context),
        decisions_(*state.decisions),
        change_(change),
        lists_(context_.tables.group_lists.size()),
        acls_(context_.tables.acls.size()) {}

  bool run() {
    if (!change_members() || !change_prefix_lists()) return false;
    for (const auto& group : change_.groups) change_group(group);
    for (const auto& acl : change_.acls) change_acl(acl);
    mark_lists();
    if (context_.tables.rules.size() > layout::kMaxRules) return false;
    return decisions_.update(lists_, acls_);
  }
  [[nodiscard]] const std::vector<bool>& lists() const { return lists_; }

 private:
  bool change_members() {
    std::map<std::uint32_t, std::pair<std::vector<Ipv4>, std::vector<Ipv4>>> members;  // came, went
    for (const auto& [index, name, before, after] : change_.interfaces) {
      if (after->security_groups.size() > ImageCeilings{}.groups_per_interface) return false;
      const auto is_in = [](const Interface* of, const std::string& group) {
        return std::ranges::find(of->security_groups, group) != of->security_groups.end();
      };
      for (const auto& group : after->security_groups) {
        if (!is_in(before, group)) add(members[context_.groups.at(group)].first, after->private_ips);
      }
      for (const auto& group : before->security_groups) {
        if (!is_in(after, group)) add(members[context_.groups.at(group)].second, after->private_ips);
      }
      context_.tables.interface_groups[index] = context_.group_list(after->security_groups);
    }
    return std::ranges::all_of(members, [&](const auto& each) {
      return decisions_.change_members(each.first, each.second.first, each.second.second);
    });
  }

  static void add(std::vector<Ipv4>& addresses, const std::vector<Ipv4>& more) {
    for (const Ipv4 address : more) {
      if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
    }
  }

  bool change_prefix_lists() {
    return std::ranges::all_of(change_.prefix_lists,
                               [&](const auto& each) { return decisions_.change_list(*each.name); });
  }

  void remove(RuleRange range) {
    for (RuleIndex rule = range.begin; rule < range.end; ++rule) {
      context_.tables.rules[rule].flags |= layout::kRuleIsGone;
      decisions_.remove_rule(rule);
    }
  }

  void change_group(const ChangedObject<SecurityGroup>& group) {
    const auto change = [&](Direction direction, const auto& before, const auto& after) {
      if (same_rules(before, after)) return;
      RuleRange& range = context_.group_ranges[2 * std::size_t{group.index} + static_cast<std::size_t>(direction)];
      remove(range);
      range = add_group_rules(context_, *group.name, after, direction);
      decisions_.add_rules(group.index, after);
      groups_.push_back(group.index);
    };
    change(Direction::ingress, group.before->ingress, group.after->ingress);
    change(Direction::egress, group.before->egress, group.after->egress);
  }

  void change_acl(const ChangedObject<NetworkAcl>& acl) {
    const auto change = [&](Direction direction, const auto& before, const auto& after) {
      if (same_rules(before, after)) return;
      RuleRange& range = context_.acl_ranges[2 * std::size_t{acl.index} + static_cast<std::size_t>(direction)];
      remove(range);
      range = add_acl_entries(context_, *acl.name, after, direction);
      decisions_.add_rules(after);
      acls_[acl.index] = true;
    };
    change(Direction::ingress, acl.before->ingress, acl.after->ingress);
    change(Direction::egress, acl.before->egress, acl.after->egress);
  }

  // The lists with a group whose rules changed.
  void mark_lists() {
    const auto& tables = context_.tables;
    for (std::uint32_t list = 0; list < lists_.size(); ++list) {
      const auto groups =
          std::span(tables.list_groups).subspan(tables.group_lists[list].begin, tables.group_lists[list].count);
      lists_[list] = std::ranges::any_of(
          groups, [&](std::uint32_t group) { return std::ranges::find(groups_, group) != groups_.end(); });
    }
  }

  CompileState& state_;
  CompileContext& context_;
  Decisions& decisions_;
  const PolicyChange& change_;
  std::vector<std::uint32_t> groups_;  // whose rules changed
  std::vector<bool> lists_;
  std::vector<bool> acls_;
};

Image image_of(const ImageTables& made, const Grown& grown, const Image& base) {
  layout::Tables tables = base.tables();
  std::vector<Image::Block> keeps;
  grown.each([&](SectionId id, const auto& table) {
    tables.replace(id, table.records());
    keeps.push_back({table.holder(), table.held_bytes()});
  });
  each_section(made, [&](SectionId id, const auto& records) {
    if (!is_made_anew(id)) return;
    const auto own = std::make_shared<const std::remove_cvref_t<decltype(records)>>(records);
    tables.replace(id, std::span(own->data(), own->size()));
    keeps.push_back({own, std::span(*own).size_bytes()});
  });
  return Image::derived(base, tables, std::move(keeps));
}

}  // namespace

Compiler::Compiler(std::unique_ptr<State> state) : state_(std::move(state)) {}

Compiler::~Compiler() = default;

std::optional<Compiler::Update> Compiler::update(const Policy& next) {
  CompileState& state = *state_->compiled;
  const Policy before = std::exchange(state.policy, next);
  const auto change = change_between(before, state.policy);
  if (!change) return std::nullopt;
  Updating updating(state, *change);
  if (!updating.run()) return std::nullopt;
  state_->grown.take(state.context.tables);
  state.decisions->go_on_behind(state_->grown.predicates);
  return Update{.image = image_of(state.context.tables, state_->grown, state_->base),
                .changed_lists = marked(updating.lists())};
}

std::optional<std::string> Compiler::problem() const { return state_->compiled->context.meter.problem(); }

std::expected<Kept, Diagnostics> compile_and_keep(const Policy& policy, const Budget& budget, const Elapsed& elapsed) {
  auto compiled = std::make_unique<CompileState>(policy, budget, elapsed);
  auto result = compile(*compiled, {});
  if (!result) return std::unexpected(std::move(result.error()));
  compiled->context.meter.stop_clock();
  auto state = std::make_unique<Compiler::State>(*compiled, result->image);
  compiled->decisions->load(state->grown.lines.records());
  compiled->decisions->go_on_behind(state->grown.predicates);
  compiled->context.tables.source = {};
  state->compiled = std::move(compiled);
  return Kept{.compiled = std::move(*result), .compiler = std::make_unique<Compiler>(std::move(state))};
}

}  // namespace sallyport::rules
