// The tables of an image, walked: classes of addresses, what matches any address, rows, rulings.
#include <algorithm>
#include <array>

#include "rules/decide/policy_view.h"
#include "rules/image/step_map_walk.h"
#include "rules/image/tables.h"
#include "tests/rules/oracle/decision_diagrams.h"

namespace sallyport::rules::oracle {
namespace {

// A map's intervals of keys with their ruling.
struct Interval {
  std::uint32_t first = 0;
  std::uint32_t ruling = layout::kNothing;
};
using Intervals = std::vector<Interval>;

class Walker {
 public:
  Walker(const Diagrams& diagrams, const Image& image)
      : diagrams_(diagrams), tables_(image.tables()), view_(image), classes_(tables_.options().classes, bddfalse) {
    step_map::walk_addresses(tables_.lines().data(), tables_.options().class_of,
                             [&](std::uint32_t first, std::uint32_t last, std::uint32_t value) {
                               classes_[value] |= diagrams_.addresses(first, last);
                             });
    for (std::uint32_t kind = 0; kind < layout::kTrafficKinds; ++kind) kinds_[kind] = diagrams_.kind(kind);
  }

  Decisions decisions() {
    Decisions all;
    std::map<std::size_t, Decision> known;
    const auto of = [&](std::size_t descriptor) -> const Decision& {
      const auto [found, added] = known.try_emplace(descriptor);
      if (!added) return found->second;
      acl_ = descriptor >= 2 * tables_.group_lists().size();
      found->second = decide(tables_.descriptors()[descriptor]);
      return found->second;
    };
    const std::array<std::string, 2> sides{" ingress", " egress"};
    for (InterfaceIndex i = 0; i < view_.interfaces(); ++i) {
      for (std::size_t side = 0; side < 2; ++side) {
        all["interface " + std::string(view_.interface(i).name) + sides[side]] =
            of(2 * std::size_t{tables_.interface_groups()[i]} + side);
      }
    }
    const std::size_t first = 2 * tables_.group_lists().size();
    for (AclIndex acl = 0; acl < tables_.acls().size(); ++acl) {
      for (std::size_t side = 0; side < 2; ++side) {
        all["ACL " + std::string(view_.acl_name(acl)) + sides[side]] = of(first + 2 * std::size_t{acl} + side);
      }
    }
    return all;
  }

 private:
  [[nodiscard]] Intervals read(step_map::Ref ref) const {
    Intervals intervals;
    step_map::walk(tables_.lines().data(), ref, [&](std::uint32_t first, std::uint32_t, step_map::Ref leaf) {
      intervals.push_back({.first = first, .ruling = step_map::value_of(leaf)});
    });
    return intervals;
  }

  // Of a row's predicate, which may hold the map itself.
  [[nodiscard]] Intervals of_row(const layout::PredicateRecord& row, std::uint32_t kind) const {
    if (row.maps[kind] != layout::kOwn) return read(row.maps[kind]);
    Intervals intervals{{.first = 0, .ruling = row.own.values[0]}};
    for (std::size_t i = 0; i < row.own.bounds.size(); ++i) {
      if (row.own.bounds[i] < 0xFFFF)
        intervals.push_back({.first = row.own.bounds[i] + 1U, .ruling = row.own.values[i + 1]});
    }
    return intervals;
  }

  // Classes that have a row, and the row's predicate; found where a lookup would look.
  [[nodiscard]] std::map<std::uint32_t, std::uint32_t> rows_of(const layout::DescriptorRecord& descriptor) const {
    std::map<std::uint32_t, std::uint32_t> rows;
    for (std::uint32_t address_class = 0; address_class < classes_.size(); ++address_class) {
      const std::uint32_t at = layout::bucket_of(address_class, descriptor.mask);
      for (const std::uint32_t bucket : {at, (at + 1) & descriptor.mask}) {
        const layout::RowBucket& row = tables_.row_buckets()[descriptor.buckets + bucket];
        const auto place = std::ranges::find(row.classes, address_class);
        if (place != row.classes.end()) {
          rows.try_emplace(address_class, row.predicates[static_cast<std::size_t>(place - row.classes.begin())]);
        }
        if (row.classes.back() == layout::kNoIndex) break;
      }
    }
    return rows;
  }

  // Where each ruling holds, for the addresses of `where`; of the two maps the lesser ruling.
  void add(const layout::DescriptorRecord& descriptor, const layout::PredicateRecord* row, const bdd& where,
           Decision& decision) {
    for (std::uint32_t kind = 0; kind < layout::kTrafficKinds; ++kind) {
      const Intervals any = read(descriptor.any[kind]);
      const Intervals peer = row == nullptr ? Intervals{{}} : of_row(*row, kind);
      for (std::size_t a = 0, b = 0; a < any.size() && b < peer.size();) {
        const std::uint32_t first = std::max(any[a].first, peer[b].first);
        const std::uint32_t any_ends = a + 1 < any.size() ? any[a + 1].first : 0x10000;
        const std::uint32_t peer_ends = b + 1 < peer.size() ? peer[b + 1].first : 0x10000;
        const std::uint32_t end = std::min(any_ends, peer_ends);
        add(any[a].ruling, peer[b].ruling, where & kinds_[kind] & of_keys(kind, first, end - 1),
            (descriptor.flags & (kind == 0 ? layout::kReturnOpenTcp : layout::kReturnOpenUdp)) != 0 && kind < 2,
            decision);
        if (any_ends == end) ++a;
        if (peer_ends == end) ++b;
      }
    }
  }

  // A key of the other protocols is the protocol's number; none has more than 255.
  [[nodiscard]] bdd of_keys(std::uint32_t kind, std::uint32_t first, std::uint32_t last) const {
    if (kind < 3) return diagrams_.keys(first, last);
    bdd set = bddfalse;
    for (std::uint32_t number = first; number <= std::min(last, 255U); ++number) set |= diagrams_.protocol(number);
    return set;
  }

  void add(std::uint32_t any, std::uint32_t peer, const bdd& packets, bool return_open, Decision& decision) const {
    const std::uint32_t ruling = std::min(any, peer);
    if (ruling == layout::kNothing || packets == bddfalse) return;
    const std::string name(view_.rule(layout::rule_of(ruling)).name);
    const auto [found, added] = decision.by_rule.try_emplace(name, bddfalse);
    found->second |= packets;
    // Groups know no deny and ACLs no tracking, whatever the flags say.
    if (!acl_ || (ruling & layout::kAllows) != 0) decision.allowed |= packets;
    if (acl_) return;
    if (return_open && any != layout::kNothing && (any & layout::kSomeAnyPeer) != 0) decision.untracked |= packets;
  }

  Decision decide(const layout::DescriptorRecord& descriptor) {
    Decision decision;
    bdd rest = bddtrue;
    for (const auto& [address_class, predicate] : rows_of(descriptor)) {
      rest &= bdd_not(classes_[address_class]);
      add(descriptor, &tables_.predicates()[predicate], classes_[address_class], decision);
    }
    add(descriptor, nullptr, rest, decision);
    return decision;
  }

  const Diagrams& diagrams_;
  const layout::Tables& tables_;
  PolicyView view_;
  std::vector<bdd> classes_;
  std::array<bdd, layout::kTrafficKinds> kinds_;
  bool acl_ = false;  // of the descriptor at hand
};

}  // namespace

Decisions decisions_of(const Diagrams& diagrams, const Image& image) { return Walker(diagrams, image).decisions(); }

}  // namespace sallyport::rules::oracle
