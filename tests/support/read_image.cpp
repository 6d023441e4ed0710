// Owner: tests/support. See read_image.h.
#include "tests/support/read_image.h"

#include <cstdlib>
#include <string>
#include <vector>

#include "rules/decide/judge_burst.h"
#include "rules/decide/policy_view.h"

namespace sallyport::test {

using namespace rules;

namespace {

// An address, mostly one near those of the sample.
Ipv4 some_address(std::mt19937& random) {
  const auto value = static_cast<std::uint32_t>(random());
  return Ipv4{(random() & 3U) == 0 ? value : 0x0A000000U + (value & 0x3FFU)};
}

Ipv6 some_ipv6_address(std::mt19937& random) {
  const Ipv6 any{random() | std::uint64_t{random()} << 32U, random() | std::uint64_t{random()} << 32U};
  return (random() & 3U) == 0 ? any : Ipv6{0x2001'0DB8'0010'0001U ^ (any.high & 0x3U), any.low & 0x3FU};
}

// A packet of any kind from somewhere: ports, types and codes are often small.
template <typename AnyQuery, typename Address>
AnyQuery some_query(std::mt19937& random, Address remote) {
  return {.remote = remote,
          .protocol = static_cast<std::uint8_t>(random() % 60),
          .destination_port = static_cast<std::uint16_t>(random() % 2 == 0 ? random() : random() % 100),
          .icmp_type = static_cast<std::uint8_t>(random()),
          .icmp_code = static_cast<std::uint8_t>(random() % 4)};
}
Query some_query(std::mt19937& random) { return some_query<Query>(random, some_address(random)); }
Ipv6Query some_ipv6_query(std::mt19937& random) { return some_query<Ipv6Query>(random, some_ipv6_address(random)); }

// Every instruction set says of every interface what a single question is told.
template <typename Question>
void judge_bursts(const Image& image, std::mt19937& random, auto some) {
  const PolicyView view(image);
  std::vector<Question> questions;
  for (std::uint32_t i = 0; i < 2 * view.interfaces(); ++i) {
    questions.push_back(
        {.interface = i / 2, .direction = i % 2 == 0 ? Direction::ingress : Direction::egress, .query = some(random)});
  }
  std::vector<GroupVerdict> verdicts(questions.size());
  for (const InstructionSet set : instruction_sets()) {
    judge_groups_with(set, image, questions, verdicts);
    for (std::size_t i = 0; i < questions.size(); ++i) {
      const auto& [interface, direction, query] = questions[i];
      const GroupVerdict single = view.judge_groups(interface, direction, query);
      const bool same = verdicts[i].rule == single.rule && verdicts[i].allow == single.allow &&
                        verdicts[i].untracked == single.untracked;
      if (!same) std::abort();
    }
  }
}

}  // namespace

std::size_t read_all(const Image& image, std::mt19937& random) {
  const PolicyView view(image);
  judge_bursts<GroupQuestion>(image, random, [](auto& r) { return some_query(r); });
  judge_bursts<Ipv6GroupQuestion>(image, random, some_ipv6_query);
  std::string text;
  std::vector<RuleIndex> rules;
  std::vector<PortRange> ports;
  for (InterfaceIndex i = 0; i < view.interfaces(); ++i) {
    const InterfaceInfo info = view.interface(i);
    const SubnetInfo subnet = view.subnet(info.subnet);
    const Query query = some_query(random);
    const Ipv6Query ipv6_query = some_ipv6_query(random);
    for (const auto direction : {Direction::ingress, Direction::egress}) {
      rules.push_back(view.judge_groups(i, direction, query).rule);
      rules.push_back(view.judge_acl(subnet.acl, direction, query).rule);
      view.matching_rules(i, direction, query, rules);
      ports.clear();
      view.untracked_tcp_ports(i, direction, ports);
      rules.push_back(view.judge_groups(i, direction, ipv6_query).rule);
      rules.push_back(view.judge_acl(subnet.acl, direction, ipv6_query).rule);
      view.matching_rules(i, direction, ipv6_query, rules);
    }
    const RouteVerdict route = view.route(subnet.table, some_address(random));
    if (route.route != kNone) text += to_string(view.route_info(route.route).destination);
    if (route.target == RouteTarget::nat_gateway) text += view.nat(route.index).name;
    const PublishInfo* published = view.published(i, some_address(random), 6, 80);
    if (published != nullptr) text += std::to_string(published->target);
    for (const auto name : view.group_names(i)) text += name;
    for (const Ipv4 address : view.private_ips(i)) text += to_string(address);
    text += info.name;
    text += subnet.name;
    text += view.acl_name(subnet.acl);
    text += view.table_name(subnet.table);
    text += std::to_string(view.interface_named(info.name));
  }
  for (const RuleIndex rule : rules) {
    if (rule == kNone) continue;
    const RuleInfo info = view.rule(rule);
    for (const auto part : {info.name, info.owner, info.text, info.description}) text += part;
  }
  const Owner owner = view.owner_of(some_address(random));
  if (owner.kind == OwnerKind::interface) text += view.interface(owner.index).name;
  if (owner.kind == OwnerKind::nat_gateway) text += view.nat(owner.index).name;
  if (view.public_owner_of(Ipv4{0xCB007105U}).kind == PublicKind::nat_gateway) text += "nat";
  return text.size();
}

}  // namespace sallyport::test
