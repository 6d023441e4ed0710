// Owner: rules/prove. See class_sets.h.
#include "rules/prove/class_sets.h"

#include <algorithm>

#include "rules/image/step_map_walk.h"

namespace sallyport::rules::proof {
namespace {

using literal::PeerId;

// A peer begins or ends to hold addresses from `address` on.
struct Edge {
  std::uint64_t address = 0;
  PeerId peer = 0;
  bool begins = false;
};

std::vector<Edge> edges_of(std::span<const std::vector<literal::Range>> peers) {
  std::vector<Edge> edges;
  for (PeerId peer = 0; peer < peers.size(); ++peer) {
    for (const literal::Range& range : peers[peer]) {
      edges.push_back({.address = range.first, .peer = peer, .begins = true});
      edges.push_back({.address = std::uint64_t{range.last} + 1, .peer = peer, .begins = false});
    }
  }
  std::ranges::sort(edges, {}, &Edge::address);
  return edges;
}

// The peers that hold the addresses of the interval being walked.
class Active {
 public:
  explicit Active(std::vector<Edge> edges) : edges_(std::move(edges)) {}

  // Up to which address (exclusive) the set of peers stays as it is from `address` on.
  std::uint64_t move_to(std::uint64_t address) {
    for (; next_ < edges_.size() && edges_[next_].address <= address; ++next_) {
      const PeerId peer = edges_[next_].peer;
      const auto at = std::ranges::lower_bound(peers_, peer);
      if (edges_[next_].begins) {
        peers_.insert(at, peer);
      } else {
        peers_.erase(at);
      }
    }
    return next_ < edges_.size() ? edges_[next_].address : std::uint64_t{1} << 32U;
  }
  [[nodiscard]] const std::vector<PeerId>& peers() const { return peers_; }

 private:
  std::vector<Edge> edges_;
  std::size_t next_ = 0;
  std::vector<PeerId> peers_;
};

}  // namespace

std::expected<ClassSets, std::string> read_classes(const layout::Tables& tables, const literal::Rules& rules) {
  ClassSets sets;
  const std::uint32_t count = tables.options().classes;
  std::size_t intervals = 0;
  step_map::walk_addresses(tables.lines().data(), tables.options().class_of, [&](auto, auto, auto) { ++intervals; });
  if (count > intervals) return std::unexpected("the image counts more classes than it has intervals of addresses");
  sets.peers_of.resize(count);
  sets.witness.resize(count);
  sets.reached.resize(count);
  sets.classes_of.resize(rules.peers().size());
  Active active(edges_of(rules.peers()));
  std::string problem;
  const auto look = [&](std::uint32_t address, std::uint32_t address_class) {
    ++sets.cells;
    if (!sets.reached[address_class]) {
      sets.reached[address_class] = true;
      sets.witness[address_class] = Ipv4{address};
      sets.peers_of[address_class] = active.peers();
      for (const PeerId peer : active.peers()) sets.classes_of[peer].push_back(address_class);
    } else if (sets.peers_of[address_class] != active.peers() && problem.empty()) {
      problem = "the image takes " + to_string(Ipv4{address}) + " and " + to_string(sets.witness[address_class]) +
                " for addresses of one kind (class " + std::to_string(address_class) + "), the rules tell them apart";
    }
  };
  step_map::walk_addresses(tables.lines().data(), tables.options().class_of,
                           [&](std::uint32_t first, std::uint32_t last, std::uint32_t address_class) {
                             for (std::uint64_t at = first; at <= last && problem.empty();) {
                               const std::uint64_t next = active.move_to(at);
                               look(static_cast<std::uint32_t>(at), address_class);
                               at = next;
                             }
                           });
  if (!problem.empty()) return std::unexpected(problem);
  return sets;
}

}  // namespace sallyport::rules::proof
