// One packet between two addresses that shows what reach claims, stage by stage. Owner: rules/analyze. See reach.h.
#include <algorithm>

#include "rules/analyze/reach.h"

namespace sallyport::rules {
namespace {

using literal::Kind;
using literal::Side;
using reaching::Ground;
using reaching::Host;
using reaching::kNothing;
using reaching::SetId;
using reaching::Way;
using reaching::WayStep;

constexpr std::uint16_t kUsualSourcePort = 49152;

bool has(const literal::KeySet& keys, std::uint32_t key) {
  return std::ranges::any_of(keys, [key](const auto& each) { return each.first <= key && key <= each.last; });
}

// A set's packet that a person would send first.
void choose(const TrafficSet& set, ReachProof& proof) {
  static constexpr std::uint32_t kUsual[] = {443, 80, 22, 53};
  for (const std::size_t kind : {0U, 1U}) {
    if (set[kind].empty()) continue;
    proof.protocol = static_cast<std::uint8_t>(kind == 0 ? kProtocolTcp : kProtocolUdp);
    const auto usual = std::ranges::find_if(kUsual, [&](auto port) { return has(set[kind], port); });
    proof.to_port = static_cast<std::uint16_t>(usual != std::end(kUsual) ? *usual : set[kind].front().first);
    proof.from_port = kUsualSourcePort;
    return;
  }
  if (!set[2].empty()) {
    proof.protocol = static_cast<std::uint8_t>(kProtocolIcmp);
    const auto key = has(set[2], 8 * 256) ? 8 * 256 : set[2].front().first;
    proof.icmp_type = static_cast<std::uint8_t>(key >> 8U);
    proof.icmp_code = static_cast<std::uint8_t>(key & 255U);
    return;
  }
  static constexpr std::uint32_t kOthers[] = {47, 50, 132};
  const auto usual = std::ranges::find_if(kOthers, [&](auto number) { return has(set[3], number); });
  if (!set[3].empty()) {
    const auto is_other = [](std::uint32_t number) { return number != 1 && number != 6 && number != 17; };
    std::uint32_t number = set[3].front().first;
    while (!is_other(number) && has(set[3], number + 1)) ++number;
    proof.protocol = static_cast<std::uint8_t>(usual != std::end(kOthers) ? *usual : number);
  }
}

class Prover {
 public:
  Prover(Ground& ground, SetId asked, Ipv4 from, Ipv4 to)
      : ground_(ground), way_(way_between(ground, from, to)), asked_(asked) {
    proof_.from = from;
    proof_.to = to;
    if (ground.in_vpc(from)) sender_ = ground.host_of(from);
  }

  ReachProof run() {
    choose_packet();
    const bool forward = leaves() && passes(way_.forward, false) && arrives();
    proof_.open = forward && passes(way_.reply, true);
    return std::move(proof_);
  }

  ReachRules rules() {
    ReachRules rules;
    if (way_.exempt) return rules;
    if (sender_) rules.leaving = rules_at(*sender_, Side::egress, proof_.to);
    if (way_.receiver) rules.arriving = rules_at(*way_.receiver, Side::ingress, way_.seen_from);
    return rules;
  }

 private:
  SetId leaving() {
    return way_.exempt || !sender_ ? reaching::kEverything : ground_.groups(*sender_->groups, Side::egress, proof_.to);
  }
  SetId arriving() {
    return way_.exempt || !way_.receiver ? reaching::kEverything
                                         : ground_.groups(*way_.receiver->groups, Side::ingress, way_.seen_from);
  }

  // A packet that comes through; else one that gets as far as any does.
  void choose_packet() {
    auto& sets = ground_.sets;
    SetId left = asked_;
    const auto narrow = [&](SetId by) {
      const SetId next = sets.intersect(left, by);
      if (next == kNothing) return false;
      left = next;
      return true;
    };
    bool on = narrow(leaving());
    for (const auto& step : way_.forward) on = on && narrow(step.admits);
    on = on && narrow(arriving());
    if (on) narrow(way_.answered);
    choose(sets.at(left), proof_);
    const std::size_t kind = proof_.protocol == kProtocolTcp ? 0 : 1;
    const bool has_ports = proof_.protocol == kProtocolTcp || proof_.protocol == kProtocolUdp;
    if (!has_ports || way_.reply_ports[kind].empty()) return;
    if (!has(way_.reply_ports[kind], proof_.from_port)) {
      proof_.from_port = static_cast<std::uint16_t>(way_.reply_ports[kind].front().first);
    }
  }

  bool is_in(SetId set, bool reply) const {
    std::size_t kind = 3;
    std::uint32_t key = proof_.protocol;
    if (proof_.protocol == kProtocolTcp || proof_.protocol == kProtocolUdp) {
      kind = proof_.protocol == kProtocolTcp ? 0 : 1;
      key = reply ? proof_.from_port : proof_.to_port;
    } else if (proof_.protocol == kProtocolIcmp) {
      kind = 2;
      const std::uint32_t answer = proof_.icmp_type == 8 ? 0U : proof_.icmp_type + 1U;
      key = reply ? answer * 256 : proof_.icmp_type * 256U + proof_.icmp_code;
    }
    return has(ground_.sets.at(set)[kind], key);
  }

  bool leaves() {
    if (!sender_ || way_.exempt) return true;
    return groups(*sender_, Side::egress, proof_.to, leaving());
  }
  bool arrives() {
    if (!way_.receiver || way_.exempt) return true;
    return groups(*way_.receiver, Side::ingress, way_.seen_from, arriving());
  }

  bool groups(const Host& host, Side side, Ipv4 remote, SetId admitted) {
    ReachStep step;
    step.stage = side == Side::ingress ? Stage::security_group_ingress : Stage::security_group_egress;
    step.passes = is_in(admitted, false);
    for (const auto& name : *host.groups) step.place += (step.place.empty() ? "" : ", ") + name;
    step.line = ground_.policy.security_groups.at(host.groups->front()).where.line;
    if (!step.passes) {
      step.code = DropCode::ENI_SG_RULES_MISMATCH;
    } else {
      name_rule(host, side, remote, step);
    }
    proof_.steps.push_back(std::move(step));
    return proof_.steps.back().passes;
  }

  void name_rule(const Host& host, Side side, Ipv4 remote, ReachStep& step) {
    each_rule(host, side, remote, [&](const std::string&, const literal::Rule& rule, const GroupRule& written) {
      if (!is_in(ground_.sets.of(rule.traffic), false)) return true;
      step.rule = rule.name;
      step.line = written.where.line;
      return false;
    });
  }

  // visit(group, rule, as written) for the rules about the other end, in the order in which they are named; until one
  // returns false.
  template <typename Visit>
  void each_rule(const Host& host, Side side, Ipv4 remote, Visit&& visit) {
    for (const auto& name : *host.groups) {
      const auto ids = ground_.rules.of_group(name, side);
      const auto& group = ground_.policy.security_groups.at(name);
      const auto& written = side == Side::ingress ? group.ingress : group.egress;
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto& rule = ground_.rules.rule(ids[i]);
        if (ground_.has_peer(rule, remote) && !visit(name, rule, written[i])) return;
      }
    }
  }

  std::vector<ReachStep> rules_at(const Host& host, Side side, Ipv4 remote) {
    std::vector<ReachStep> steps;
    auto& sets = ground_.sets;
    SetId left = asked_;
    each_rule(host, side, remote, [&](const std::string& name, const literal::Rule& rule, const GroupRule& written) {
      const SetId admitted = sets.intersect(left, sets.of(rule.traffic));
      if (admitted == kNothing) return true;
      left = sets.subtract(left, admitted);
      steps.push_back({.stage = side == Side::ingress ? Stage::security_group_ingress : Stage::security_group_egress,
                       .place = name,
                       .rule = rule.name,
                       .line = written.where.line});
      return left != kNothing;
    });
    return steps;
  }

  void name_entry(const WayStep& of, bool reply, ReachStep& step) {
    const auto& name = of.subnet->second.network_acl;
    const auto& acl = ground_.policy.network_acls.at(name);
    const auto side = of.stage == Stage::network_acl_ingress ? Side::ingress : Side::egress;
    step.place = of.subnet->first + "/" + name;
    step.line = acl.where.line;
    step.rule.assign(1, '*');
    const auto& entries = side == Side::ingress ? acl.ingress : acl.egress;
    const auto ids = ground_.rules.of_acl(name, side);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto& entry = entries[i];
      const bool meant = ground_.holds(ground_.rules.rule(ids[i]).peers.front(), of.remote);
      if (!meant || !is_in(ground_.sets.of(entry.traffic), reply)) continue;
      step.rule = std::to_string(entry.rule_no);
      step.line = entry.where.line;
      return;
    }
  }

  // A NAT gateway may use any port: a reply that comes back to some only is lost.
  bool answered_by(const WayStep& of) const {
    const bool has_ports = proof_.protocol == kProtocolTcp || proof_.protocol == kProtocolUdp;
    if (!has_ports || way_.nat == nullptr || !of.far) return is_in(of.admits, true);
    const std::size_t kind = proof_.protocol == kProtocolTcp ? 0 : 1;
    const literal::KeySet all{reaching::kAskingPorts};
    return literal::subtract(all, ground_.sets.at(of.admits)[kind]).empty();
  }

  bool asks() const {
    const auto type = proof_.icmp_type;
    return proof_.protocol != kProtocolIcmp || type == 8 || type == 13 || type == 15 || type == 17;
  }

  bool passes(const std::vector<WayStep>& steps, bool reply) {
    if (reply && !asks()) return true;
    for (const WayStep& of : steps) {
      ReachStep step{.reply = reply, .stage = of.stage};
      step.passes = reply ? answered_by(of) : is_in(of.admits, false);
      if (!step.passes) step.code = of.code;
      const bool acl = of.stage == Stage::network_acl_ingress || of.stage == Stage::network_acl_egress;
      if (acl) {
        name_entry(of, reply, step);
      } else if (of.stage == Stage::route && of.subnet != nullptr) {
        step.place = of.subnet->second.route_table;
        const auto table = ground_.policy.route_tables.find(step.place);
        step.line = of.route != nullptr ? of.route->where.line : table->second.where.line;
      } else if (of.nat != nullptr) {
        step.place = of.nat->first;
        step.line = of.nat->second.where.line;
      } else if (of.interface != nullptr) {
        step.place = of.interface->first;
        step.line = of.interface->second.where.line;
      }
      proof_.steps.push_back(step);
      if (!step.passes) return false;
    }
    return true;
  }

  Ground& ground_;
  Way way_;
  SetId asked_;
  ReachProof proof_;
  std::optional<Host> sender_;
};

}  // namespace

ReachProof prove_reach(Ground& ground, SetId asked, Ipv4 from, Ipv4 to) {
  return Prover(ground, asked, from, to).run();
}

ReachRules rules_behind(Ground& ground, SetId open, Ipv4 from, Ipv4 to) {
  return Prover(ground, open, from, to).rules();
}

}  // namespace sallyport::rules
