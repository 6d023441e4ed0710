// Owner: rules/prove. See class_sets.h.
#include "rules/prove/class_sets.h"

#include <algorithm>

#include "rules/image/step_map_walk.h"
#include "rules/image/wide_map_walk.h"

namespace sallyport::rules::proof {
namespace {

using literal::PeerId;

// What the walk needs to know of a family: how ranges of it are written, and the table of its classes.
struct Ipv4Family {
  using Address = Ipv4;
  static constexpr Ipv4 kLast{0xFFFF'FFFFU};
  static Ipv4 first_of(const literal::Range& range) { return Ipv4{range.first}; }
  static Ipv4 last_of(const literal::Range& range) { return Ipv4{range.last}; }
  static Ipv4 after(Ipv4 address) { return Ipv4{address.value + 1}; }
  static auto peers(const literal::Rules& rules) { return rules.peers(); }
  template <typename Visit>
  static void walk(const layout::Tables& tables, Visit&& visit) {
    step_map::walk_addresses(tables.lines().data(), tables.options().class_of,
                             [&](std::uint32_t first, std::uint32_t last, std::uint32_t address_class) {
                               visit(Ipv4{first}, Ipv4{last}, address_class);
                             });
  }
};

struct Ipv6Family {
  using Address = Ipv6;
  static constexpr Ipv6 kLast = kLastIpv6;
  static Ipv6 first_of(const literal::Ipv6Range& range) { return range.first; }
  static Ipv6 last_of(const literal::Ipv6Range& range) { return range.last; }
  static Ipv6 after(Ipv6 address) { return next(address); }
  static auto peers(const literal::Rules& rules) { return rules.ipv6_peers(); }
  template <typename Visit>
  static void walk(const layout::Tables& tables, Visit&& visit) {
    wide_map::walk(tables.lines().data(), tables.options().class_of_ipv6,
                   [&](const wide_map::Range& range, std::uint32_t address_class) {
                     visit(range.first, range.last, address_class);
                   });
  }
};

// A peer begins or ends to hold addresses from `address` on.
template <typename Family>
struct Edge {
  typename Family::Address address;
  PeerId peer = 0;
  bool begins = false;
};

template <typename Family>
std::vector<Edge<Family>> edges_of(const literal::Rules& rules) {
  std::vector<Edge<Family>> edges;
  const auto peers = Family::peers(rules);
  for (PeerId peer = 0; peer < peers.size(); ++peer) {
    for (const auto& range : peers[peer]) {
      edges.push_back({.address = Family::first_of(range), .peer = peer, .begins = true});
      if (Family::last_of(range) == Family::kLast) continue;
      edges.push_back({.address = Family::after(Family::last_of(range)), .peer = peer, .begins = false});
    }
  }
  std::ranges::sort(edges, {}, &Edge<Family>::address);
  return edges;
}

// The peers that hold the addresses of the interval being walked.
template <typename Family>
class Active {
 public:
  using Address = Family::Address;

  explicit Active(std::vector<Edge<Family>> edges) : edges_(std::move(edges)) {}

  // Where the set of peers next becomes another one behind `address`; nothing if it stays as it is to the end.
  std::optional<Address> move_to(Address address) {
    for (; next_ < edges_.size() && edges_[next_].address <= address; ++next_) {
      const PeerId peer = edges_[next_].peer;
      const auto at = std::ranges::lower_bound(peers_, peer);
      if (edges_[next_].begins) {
        peers_.insert(at, peer);
      } else {
        peers_.erase(at);
      }
    }
    return next_ < edges_.size() ? std::optional(edges_[next_].address) : std::nullopt;
  }
  [[nodiscard]] const std::vector<PeerId>& peers() const { return peers_; }

 private:
  std::vector<Edge<Family>> edges_;
  std::size_t next_ = 0;
  std::vector<PeerId> peers_;
};

template <typename Family>
class Reading {
 public:
  using Address = Family::Address;

  Reading(const layout::Tables& tables, const literal::Rules& rules)
      : tables_(tables), active_(edges_of<Family>(rules)) {
    const std::uint32_t count = tables.options().classes;
    sets_.peers_of.resize(count);
    sets_.witness.resize(count);
    sets_.reached.resize(count);
    const auto peers = Family::peers(rules);
    sets_.classes_of.resize(peers.size());
    for (const auto& ranges : peers) {
      sets_.everything.push_back(ranges.size() == 1 && Family::first_of(ranges[0]) == Address{} &&
                                 Family::last_of(ranges[0]) == Family::kLast);
    }
  }

  std::expected<ClassSets<Address>, std::string> run() {
    Family::walk(tables_, [&](Address first, Address last, std::uint32_t address_class) {
      while (problem_.empty()) {
        const std::optional<Address> next = active_.move_to(first);
        look(first, address_class);
        if (!next || *next > last) return;
        first = *next;
      }
    });
    if (!problem_.empty()) return std::unexpected(problem_);
    return std::move(sets_);
  }

 private:
  void look(Address address, std::uint32_t address_class) {
    ++sets_.cells;
    if (!sets_.reached[address_class]) {
      sets_.reached[address_class] = true;
      sets_.witness[address_class] = address;
      sets_.peers_of[address_class] = active_.peers();
      for (const PeerId peer : active_.peers()) sets_.classes_of[peer].push_back(address_class);
    } else if (sets_.peers_of[address_class] != active_.peers()) {
      problem_ = "the image takes " + to_string(address) + " and " + to_string(sets_.witness[address_class]) +
                 " for addresses of one kind (class " + std::to_string(address_class) + "), the rules tell them apart";
    }
  }

  const layout::Tables& tables_;
  Active<Family> active_;
  ClassSets<Address> sets_;
  std::string problem_;
};

}  // namespace

bool has_spare_classes(const layout::Tables& tables) {
  std::size_t intervals = 0;
  bool some_in_no_object = false;
  const auto count = [&](auto, auto, std::uint32_t address_class) {
    ++intervals;
    some_in_no_object |= address_class == layout::kNoObject;
  };
  Ipv4Family::walk(tables, count);
  Ipv6Family::walk(tables, count);
  return tables.options().classes > intervals + (some_in_no_object ? 0 : 1);
}

std::expected<FamilyClasses, std::string> read_classes(const layout::Tables& tables, const literal::Rules& rules) {
  auto ipv4 = Reading<Ipv4Family>(tables, rules).run();
  if (!ipv4) return std::unexpected(std::move(ipv4.error()));
  auto ipv6 = Reading<Ipv6Family>(tables, rules).run();
  if (!ipv6) return std::unexpected(std::move(ipv6.error()));
  return FamilyClasses{.ipv4 = std::move(*ipv4), .ipv6 = std::move(*ipv6)};
}

}  // namespace sallyport::rules::proof
