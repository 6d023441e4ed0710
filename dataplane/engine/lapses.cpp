// Owner: dataplane/engine. See lapses.h.
#include "dataplane/engine/lapses.h"

#include <algorithm>

namespace sallyport::dataplane {

// The ports in force now, and what is left of the earlier spans beside them.
LapseHistory::Spans LapseHistory::merged(const Spans& before, const std::vector<rules::PortRange>& ports,
                                         std::uint64_t now) {
  Spans spans;
  for (const auto& range : ports) spans.push_back({range.first, range.last, kInForce});
  for (const auto& span : before) {
    const auto until = span.until == kInForce ? now : span.until;
    if (now - until >= kLongest) continue;
    std::uint32_t first = span.first;
    for (const auto& range : ports) {
      if (range.last < first || range.first > span.last) continue;
      if (range.first > first) {
        spans.push_back({static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(range.first - 1), until});
      }
      first = range.last + 1U;
    }
    if (first <= span.last) spans.push_back({static_cast<std::uint16_t>(first), span.last, until});
  }
  std::ranges::sort(spans, {}, &Span::first);
  return spans;
}

class LapseHistory::OpenPorts {
 public:
  explicit OpenPorts(const rules::PolicyView& view) : view_(view) {}

  const std::vector<rules::PortRange>& of(rules::InterfaceIndex interface, rules::Direction direction) {
    const auto [found, is_new] = of_groups_.try_emplace({view_.group_list(interface), direction});
    if (is_new) view_.untracked_tcp_ports(interface, direction, found->second);
    return found->second;
  }

 private:
  const rules::PolicyView& view_;
  std::map<std::pair<std::uint32_t, rules::Direction>, std::vector<rules::PortRange>> of_groups_;
};

void LapseHistory::note(const rules::PolicyView& view, std::span<const Uid> uids, std::uint64_t now) {
  std::map<Key, Spans> next;
  OpenPorts ports(view);
  for (rules::InterfaceIndex i = 0; i < uids.size(); ++i) {
    for (const auto direction : {rules::Direction::ingress, rules::Direction::egress}) {
      const Key key{uids[i], direction};
      const auto before = spans_.find(key);
      auto spans = merged(before == spans_.end() ? Spans{} : before->second, ports.of(i, direction), now);
      if (!spans.empty()) next.emplace(key, std::move(spans));
    }
  }
  spans_ = std::move(next);
}

void LapseHistory::note_some(const rules::PolicyView& view, std::span<const Uid> uids,
                             std::span<const rules::InterfaceIndex> interfaces, std::uint64_t now) {
  OpenPorts ports(view);
  for (const rules::InterfaceIndex i : interfaces) {
    for (const auto direction : {rules::Direction::ingress, rules::Direction::egress}) {
      const Key key{uids[i], direction};
      const auto before = spans_.find(key);
      auto spans = merged(before == spans_.end() ? Spans{} : before->second, ports.of(i, direction), now);
      if (!spans.empty()) {
        spans_[key] = std::move(spans);
      } else if (before != spans_.end()) {
        spans_.erase(before);
      }
    }
  }
}

std::vector<Lapse> LapseHistory::lapses(std::uint64_t now) const {
  std::vector<Lapse> all;
  for (const auto& [key, spans] : spans_) {
    for (const auto& span : spans) {
      if (span.until == kInForce) continue;
      all.push_back({key.first, key.second, span.first, span.last, static_cast<std::uint32_t>(now - span.until)});
    }
  }
  return all;
}

}  // namespace sallyport::dataplane
