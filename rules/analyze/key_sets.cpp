// Owner: rules/analyze. See key_sets.h.
#include "rules/analyze/key_sets.h"

#include <algorithm>

namespace sallyport::rules::literal {

std::optional<Keys> keys_of(const Traffic& traffic, Kind kind) {
  if (traffic.protocol == kAnyProtocol) return Keys{0, kind == Kind::other ? 255U : 65535U};
  if (traffic.protocol == kProtocolTcp || traffic.protocol == kProtocolUdp) {
    if (kind != (traffic.protocol == kProtocolTcp ? Kind::tcp : Kind::udp)) return std::nullopt;
    return Keys{traffic.from_port, traffic.to_port};
  }
  if (traffic.protocol == kProtocolIcmp || traffic.protocol == kProtocolIcmpv6) {
    if (kind != (traffic.protocol == kProtocolIcmp ? Kind::icmp : Kind::icmpv6)) return std::nullopt;
    if (traffic.icmp_type < 0) return Keys{0, 65535};
    const auto type = static_cast<std::uint32_t>(traffic.icmp_type) * 256;
    if (traffic.icmp_code < 0) return Keys{type, type + 255};
    const std::uint32_t key = type + static_cast<std::uint32_t>(traffic.icmp_code);
    return Keys{key, key};
  }
  if (kind != Kind::other) return std::nullopt;
  const auto protocol = static_cast<std::uint32_t>(traffic.protocol);
  return Keys{protocol, protocol};
}

KeySet unite(const KeySet& a, const KeySet& b) {
  KeySet all = a;
  all.insert(all.end(), b.begin(), b.end());
  std::ranges::sort(all);
  KeySet result;
  for (const Keys& keys : all) {
    if (!result.empty() && keys.first <= result.back().last + 1) {
      result.back().last = std::max(result.back().last, keys.last);
    } else {
      result.push_back(keys);
    }
  }
  return result;
}

KeySet subtract(const KeySet& a, const KeySet& b) {
  KeySet result;
  for (const Keys& keys : a) {
    std::uint32_t next = keys.first;
    for (const Keys& gone : b) {
      if (gone.last < next || gone.first > keys.last) continue;
      if (gone.first > next) result.push_back({next, gone.first - 1});
      next = gone.last + 1;
    }
    if (next <= keys.last) result.push_back({next, keys.last});
  }
  return result;
}

KeySet intersect(const KeySet& a, const KeySet& b) { return subtract(a, subtract(a, b)); }

}  // namespace sallyport::rules::literal
