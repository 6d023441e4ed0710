// See the header. Owner: tools/bench.
#include "tools/bench/questions.h"

#include <type_traits>

#include "rules/model/protocol.h"

namespace sallyport::bench {
namespace {

using rules::Direction;

template <typename AnyQuery>
AnyQuery query_of(const Packet& packet) {
  AnyQuery query{.protocol = packet.protocol};
  if constexpr (std::is_same_v<AnyQuery, rules::Query>) {
    query.remote = rules::Ipv4{packet.remote[0]};
  } else {
    query.remote = ipv6_of(packet.remote);
  }
  if (rules::has_icmp_type(packet.protocol)) {
    query.icmp_type = static_cast<std::uint8_t>(packet.key >> 8U);
    query.icmp_code = static_cast<std::uint8_t>(packet.key);
  } else {
    query.destination_port = packet.key;
  }
  return query;
}

}  // namespace

void ask(Traffic& traffic, Family family, std::span<const rules::InterfaceIndex> interfaces) {
  for (const Packet& packet : traffic.packets) {
    const rules::InterfaceIndex interface = interfaces[packet.interface];
    if (family == Family::ipv4) {
      traffic.questions.push_back({interface, Direction::ingress, query_of<rules::Query>(packet)});
    } else {
      traffic.ipv6_questions.push_back({interface, Direction::ingress, query_of<rules::Ipv6Query>(packet)});
    }
  }
}

void judge_each(const rules::PolicyView& view, Traffic& traffic, std::size_t first, std::size_t count) {
  const auto judge = [&](const auto& questions) {
    for (std::size_t i = first; i < first + count; ++i) {
      traffic.answers[i] = view.judge_groups(questions[i].interface, Direction::ingress, questions[i].query).rule;
    }
  };
  if (traffic.questions.empty()) {
    judge(traffic.ipv6_questions);
  } else {
    judge(traffic.questions);
  }
}

std::uint64_t checksum_of(std::span<const std::uint32_t> lines) {
  std::uint64_t hash = 0xCBF2'9CE4'8422'2325U;
  for (const std::uint32_t line : lines) hash = (hash ^ line) * 0x100'0000'01B3U;
  return hash;
}

}  // namespace sallyport::bench
