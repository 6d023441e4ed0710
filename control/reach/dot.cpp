// The graph of groups for graphviz. Owner: control/reach.
#include <map>
#include <set>

#include "control/reach/outputs.h"
#include "control/reach/words.h"

namespace sallyport::control {
namespace {

using rules::reaching::kNothing;
using rules::reaching::SetId;

std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result + "\"";
}

// Who asks and who answers: a group, or addresses that a rule names.
using Arrow = std::pair<std::string, std::string>;

class Graph {
 public:
  Graph(const rules::Reach& reach, const std::string& file) : reach_(reach), file_(file) {}

  std::string draw() {
    gather();
    note_what_is_open();
    std::string text = "digraph groups {\n  label=" + in_quotes("Groups of " + file_ + ": who may ask whom") +
                       ";\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n"
                       "  edge [fontname=\"sans-serif\", fontsize=10];\n";
    for (const auto& [name, members] : members_) {
      text += "  " + in_quotes(name) + " [label=" + in_quotes(name + " (" + std::to_string(members.size()) + ")");
      text += members.empty() ? ", color=gray];\n" : "];\n";
    }
    for (const auto& name : addresses_) text += "  " + in_quotes(name) + " [shape=ellipse];\n";
    for (const auto& [arrow, set] : arrows_) text += "  " + arrow_text(arrow, set);
    return text + "}\n";
  }

 private:
  const rules::Policy& policy() const { return reach_.ground->policy; }

  void gather() {
    std::set<std::string> asked;
    for (const auto* parties : {&reach_.from, &reach_.to}) {
      for (const auto& party : *parties) {
        for (const auto& group : party.groups) members_[group].insert(party.interfaces.begin(), party.interfaces.end());
      }
    }
    for (const auto& party : reach_.to) asked.insert(party.groups.begin(), party.groups.end());
    for (const auto& name : asked) {
      for (const auto& rule : policy().security_groups.at(name).ingress) gather_rule(name, rule);
    }
  }

  void gather_rule(const std::string& name, const rules::GroupRule& rule) {
    const SetId set = reach_.ground->sets.intersect(reach_.ground->sets.of(rule.traffic), reach_.asked);
    if (set == kNothing) return;
    const auto add = [&](const std::string& from) {
      auto& all = arrows_[{from, name}];
      all = reach_.ground->sets.unite(all, set);
    };
    for (const auto& group : rule.security_groups) {
      members_.try_emplace(group);
      add(group);
    }
    if (rule.self) add(name);
    for (const auto& prefix : rule.cidr_blocks) {
      const std::string from = prefix.length == 0 ? "anyone" : to_string(prefix);
      addresses_.insert(from);
      add(from);
    }
    for (const auto& list : rule.prefix_lists) {
      addresses_.insert("list " + list);
      add("list " + list);
    }
  }

  // Between groups, whatever stands in between and whichever else their hosts are in.
  void note_what_is_open() {
    const auto note = [&](std::uint32_t from, std::uint32_t to, SetId open) {
      for (const auto& sender : reach_.from[from].groups) {
        for (const auto& receiver : reach_.to[to].groups) {
          const auto arrow = arrows_.find({sender, receiver});
          if (arrow == arrows_.end()) continue;
          auto& all = open_[arrow->first];
          all = reach_.ground->sets.unite(all, open);
        }
      }
    };
    for (const auto& cell : reach_.cells) note(cell.from, cell.to, cell.open);
    if (reach_.complete) return;
    for (std::uint32_t to = 0; to < reach_.to.size(); ++to) {
      for (const auto& usual : reach_.usual[to]) usual_[to] = reach_.ground->sets.unite(usual_[to], usual.open);
      for (const auto& receiver : reach_.to[to].groups) {
        auto& all = open_to_[receiver];
        all = reach_.ground->sets.unite(all, usual_[to]);
      }
    }
  }

  // Dashed: the rule is there, and yet nothing of it passes (no members, no way out, no way back).
  std::string arrow_text(const Arrow& arrow, SetId set) {
    std::string text = in_quotes(arrow.first) + " -> " + in_quotes(arrow.second) +
                       " [label=" + in_quotes(traffic_words(reach_.traffic(set), 6));
    if (!addresses_.contains(arrow.first)) {
      const auto& usual = open_to_[arrow.second];
      const auto open = reach_.ground->sets.intersect(reach_.ground->sets.unite(open_[arrow], usual), set);
      if (open == kNothing) text += ", style=dashed, color=gray";
    }
    if (rules::level_of(reach_.traffic(set)) >= rules::ReachLevel::admin) text += ", penwidth=2";
    return text + "];\n";
  }

  const rules::Reach& reach_;
  const std::string& file_;
  std::map<std::string, std::set<std::string>> members_;
  std::set<std::string> addresses_;
  std::map<Arrow, SetId> arrows_, open_;
  std::map<std::uint32_t, SetId> usual_;
  std::map<std::string, SetId> open_to_;
};

}  // namespace

std::string reach_dot(const rules::Reach& reach, const std::string& file) { return Graph(reach, file).draw(); }

}  // namespace sallyport::control
