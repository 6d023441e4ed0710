// TCP ports that an interface's groups once let through untracked and do no longer. A connection from then has no
// session that could end with its rule; this is how its segments are told from those of one that is admitted now
// (docs/packet-path.md "Untracked").
//
// Owner: dataplane/engine. The history belongs to the Binder, control thread only; each BoundPolicy has an excerpt.
// Always: spans of one interface and direction are disjoint and ascending, so there are at most 65536 of them.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "dataplane/engine/uid.h"
#include "rules/decide/policy_view.h"

namespace sallyport::dataplane {

struct Lapse {
  Uid interface = 0;
  rules::Direction direction = rules::Direction::ingress;
  std::uint16_t first = 0, last = 0;  // destination ports
  std::uint32_t age = 0;              // seconds, when the policy was bound
};

class LapseHistory {
 public:
  // No flow lives longer than this idle (policy format: tcp_established), so nothing older is remembered.
  static constexpr std::uint64_t kLongest = 432000;

  // A policy comes into force at `now`, in seconds; `uids` are those of its interfaces.
  void note(const rules::PolicyView& view, std::span<const Uid> uids, std::uint64_t now);
  // The same where only these interfaces' groups differ from the policy before.
  void note_some(const rules::PolicyView& view, std::span<const Uid> uids,
                 std::span<const rules::InterfaceIndex> interfaces, std::uint64_t now);
  // What is not let through any more, ascending.
  [[nodiscard]] std::vector<Lapse> lapses(std::uint64_t now) const;

 private:
  static constexpr std::uint64_t kInForce = ~std::uint64_t{0};
  struct Span {
    std::uint16_t first = 0, last = 0;
    std::uint64_t until = kInForce;
  };
  using Spans = std::vector<Span>;

  using Key = std::pair<Uid, rules::Direction>;
  // Asks for each group list once.
  class OpenPorts;

  [[nodiscard]] static Spans merged(const Spans& before, const std::vector<rules::PortRange>& ports, std::uint64_t now);

  std::map<Key, Spans> spans_;
};

}  // namespace sallyport::dataplane
