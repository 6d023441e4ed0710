// What an ACL keeps back, in words. Owner: rules/analyze.
#include "rules/analyze/lint_acl_sets.h"

namespace sallyport::rules::linting {
namespace {

constexpr Interval kPortsOfAskers{1024, 65535};

std::string protocol_name(std::int16_t protocol) { return protocol == kProtocolTcp ? "tcp" : "udp"; }

std::string far_side(const Refused& refused) {
  return (refused.side == Side::ingress ? " from " : " to ") + to_string(refused.far_side);
}

std::string protocols(const Refused& refused) {
  std::vector<std::string> names;
  for (const auto& part : refused.parts) names.push_back(protocol_name(part.protocol));
  return listed(names);
}

}  // namespace

std::string words(const Refused& refused) {
  const auto& first = refused.parts.front().lost;
  std::vector<std::string> traffic;
  for (const auto& part : refused.parts) {
    traffic.push_back(protocol_name(part.protocol) + ' ' + range(part.lost.what.key));
  }
  const bool same = refused.parts.size() == 2 && refused.parts.back().lost.what.key == first.what.key;
  const auto text = (same ? protocols(refused) + ' ' + range(first.what.key) : listed(traffic)) + far_side(refused);
  const bool one = refused.parts.size() == 1 && first.what.key.first == first.what.key.last;
  const std::string side(name_of(refused.side));
  if (first.denied_by == nullptr) return text + (one ? " matches no " : " match no ") + side + " entry";
  return text + (one ? " is" : " are") + " denied by " + side + " entry " + std::to_string(first.denied_by->rule_no);
}

std::string remedy(const Refused& refused) {
  const auto* denied_by = refused.parts.front().lost.denied_by;
  return "allow " + protocols(refused) + ' ' + range(kPortsOfAskers) + far_side(refused) + " in " +
         std::string(name_of(refused.side)) +
         (denied_by == nullptr ? "" : ", before entry " + std::to_string(denied_by->rule_no));
}

Place place_of(const Refused& refused, const AclSets& sets, const std::string& acl, SourcePosition where) {
  const auto& first = refused.parts.front();
  const auto& entries = sets.entries(refused.side);
  if (first.lost.denied_by != nullptr) return place_of(acl, refused.side, entries, *first.lost.denied_by);
  const auto wanted = traffic_of(first.protocol, kPortsOfAskers);
  if (const auto* nearest = sets.nearest(refused.side, refused.far_side, wanted, first.lost.aside)) {
    auto place = place_of(acl, refused.side, entries, *nearest);
    place.message += ", only a part of them";
    return place;
  }
  return {where, pointer_to("network_acls", acl),
          "no " + std::string(name_of(refused.side)) + " entry of ACL " + quoted(acl) + " admits them"};
}

}  // namespace sallyport::rules::linting
