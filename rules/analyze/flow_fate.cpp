// Owner: rules/analyze. See flow_fate.h.
#include "rules/analyze/flow_fate.h"

#include <algorithm>

#include "rules/document/documents.h"

namespace sallyport::rules {
namespace {

using literal::Side;
using reaching::Ground;
using reaching::Host;
using reaching::KnownFlow;
using reaching::NamedInterface;
using reaching::Way;
using reaching::WayStep;

bool has(const literal::KeySet& keys, std::uint32_t key) {
  return std::ranges::any_of(keys, [key](const auto& each) { return each.first <= key && key <= each.last; });
}

// Who stands at an end, by the name the gateway has for it.
std::optional<Host> host_named(const Ground& ground, const std::string& name) {
  if (name.ends_with("/*")) {
    const auto subnet = ground.policy.subnets.find(name.substr(0, name.size() - 2));
    if (subnet == ground.policy.subnets.end() || subnet->second.security_groups.empty()) return std::nullopt;
    return Host{&*subnet, nullptr, &subnet->second.security_groups};
  }
  const auto interface = ground.policy.interfaces.find(name);
  if (interface == ground.policy.interfaces.end()) return std::nullopt;
  return ground.host_of(&*interface);
}

std::string name_of_host(const Host& host) {
  return host.interface != nullptr ? host.interface->first : host.subnet->first + "/*";
}

// Whose an address is now, in the words of the policy; empty: nobody's.
std::string owner_of(const Ground& ground, Ipv4 address) {
  if (const auto interface = ground.public_owner(address)) return interface->first;
  if (const auto nat = ground.public_nat(address)) return "NAT gateway " + nat->first;
  for (const auto& [name, nat] : ground.policy.nat_gateways) {
    if (nat.private_ip == address) return "NAT gateway " + name;
  }
  const auto host = ground.in_vpc(address) ? ground.host_of(address) : std::nullopt;
  return host ? name_of_host(*host) : "";
}

// Where a packet of a publishing host's address goes on to.
struct Published {
  Ipv4 to;
  std::uint16_t port = 0;
  bool published = false;
};
Published published_by(const Way& way, const LiveFlow& flow) {
  if (way.handed_to_appliance || !way.receiver || way.receiver->interface == nullptr)
    return {way.seen_to, flow.to_port};
  for (const auto& entry : way.receiver->interface->second.publish) {
    const bool same_address = entry.private_ip.value == 0 || entry.private_ip == way.seen_to;
    if (!same_address || entry.protocol != flow.protocol) continue;
    if (flow.to_port < entry.first_port || flow.to_port > entry.last_port) continue;
    return {entry.target, static_cast<std::uint16_t>(entry.target_first_port + (flow.to_port - entry.first_port)),
            true};
  }
  return {way.seen_to, flow.to_port};
}

// By whom the far side is reached: nobody, the internet, an interface that the packet is handed to, or itself.
std::string far_hop(const Way& way, const LiveFlow& flow) {
  if (way.reaches_internet) return "the internet";
  if (!way.receiver) return "nowhere";
  const bool handed = way.handed_to_appliance || published_by(way, flow).published;
  return handed ? name_of_host(*way.receiver) : "itself";
}

class Judging {
 public:
  Judging(Ground& before, Ground& after, const LiveFlow& flow)
      : before_(before), after_(after), flow_(flow), old_way_(way_in(before)) {
    mapped_by_ = nat_of_flow();
  }

  FlowFate run() {
    if (cut_by_option() || loses_an_end() || loses_an_address()) return result_;
    way_ = way_in(after_);
    if (loses_its_way()) return result_;
    if (drops(after_, way_) && !drops_already()) return result_;
    return {};
  }

 private:
  Way way_in(Ground& ground) const {
    KnownFlow known{.leaving_from = flow_.translated_from, .before = &before_};
    if (!flow_.from_interface.empty()) known.sender = host_named(ground, flow_.from_interface);
    if (!flow_.to_interface.empty()) known.receiver = host_named(ground, flow_.to_interface);
    return way_of(ground, known, flow_.from, flow_.to);
  }

  bool cut(std::string reason) {
    result_ = {.fate = Fate::cut, .reason = std::move(reason)};
    return true;
  }

  std::string nat_of_flow() const {
    if (flow_.translated_from == flow_.from && flow_.translated_from_port == flow_.from_port) return "";
    const auto owner = owner_of(before_, flow_.translated_from);
    constexpr std::string_view kPrefix = "NAT gateway ";
    if (owner.starts_with(kPrefix)) return owner.substr(kPrefix.size());
    return old_way_.nat != nullptr ? old_way_.nat->first : "";
  }

  bool cut_by_option() {
    return after_.policy.options.on_policy_change == OnPolicyChange::cut && cut("on_policy_change is cut");
  }

  bool loses_an_end() {
    for (const auto* name : {&flow_.from_interface, &flow_.to_interface}) {
      if (!name->empty() && !host_named(after_, *name)) return cut("interface " + *name + " is gone");
    }
    if (!mapped_by_.empty() && !after_.policy.nat_gateways.contains(mapped_by_)) {
      return cut("NAT gateway " + mapped_by_ + " is gone");
    }
    return false;
  }

  bool claimed(Ipv4 address, const std::string& whose) {
    const auto owner = owner_of(after_, address);
    if (owner.empty() || owner == whose) return false;
    return cut(to_string(address) + " belongs to " + owner + " now");
  }

  bool loses_an_address() {
    const auto old_owner = owner_of(before_, flow_.from);
    const bool sends_itself = !flow_.from_interface.empty() && (old_owner.empty() || old_owner == flow_.from_interface);
    const bool arrives = far_hop(old_way_, flow_) == "itself";
    const bool published = published_by(old_way_, flow_).published;
    if (sends_itself && claimed(flow_.from, flow_.from_interface)) return true;
    if (arrives && claimed(flow_.translated_to, flow_.to_interface)) return true;
    if ((arrives || published) && claimed(flow_.to, flow_.to_interface)) return true;
    if (flow_.translated_from == flow_.from) return false;
    return claimed(flow_.translated_from, mapped_by_.empty() ? flow_.from_interface : "NAT gateway " + mapped_by_);
  }

  // The step at which the way ends, ACLs aside: they are asked a packet at a time.
  const WayStep* dead_end(Ground& ground, const Way& way) const {
    const auto ends = [&](const WayStep& step) {
      const bool acl = step.stage == Stage::network_acl_ingress || step.stage == Stage::network_acl_egress;
      return !acl && !is_in(ground, step.admits, flow_.to_port, false);
    };
    const auto found = std::ranges::find_if(way.forward, ends);
    return found == way.forward.end() ? nullptr : &*found;
  }

  bool loses_its_way() {
    if (sender_is_refused()) return true;
    if (const auto* end = dead_end(after_, way_)) {
      if (!mapped_by_.empty()) return cut("there is no way any more: " + std::string(name_of(end->code)));
      if (dead_end(before_, old_way_) != nullptr) return false;
      return drop(*end, false, after_);
    }
    if (receiver_refuses()) return true;
    const auto to = published_by(way_, flow_);
    const auto hop = far_hop(way_, flow_);
    if (hop != far_hop(old_way_, flow_)) return cut("it would go by " + hop);
    if (to.to != flow_.translated_to) return cut("its destination would be " + to_string(to.to));
    const std::string nat = way_.nat == nullptr ? "" : way_.nat->first;
    if (nat != mapped_by_) return cut(nat.empty() ? "it would not be translated" : "it would go by NAT gateway " + nat);
    if (!mapped_by_.empty()) return false;
    if (to.port != flow_.translated_to_port) return cut("its destination port would be " + std::to_string(to.port));
    return way_.seen_from != flow_.translated_from && cut("its source would be " + to_string(way_.seen_from));
  }

  // Under `revalidate` the groups are asked again.
  [[nodiscard]] bool asks_again(bool tracked) const {
    return tracked && after_.policy.options.on_policy_change == OnPolicyChange::revalidate && !way_.exempt;
  }

  bool sender_is_refused() {
    const auto sender = flow_.from_interface.empty() ? std::nullopt : host_named(after_, flow_.from_interface);
    if (!sender || !asks_again(flow_.tracked_from)) return false;
    return !admitted(after_, *sender, Side::egress, flow_.to, flow_.to_port) &&
           cut("no egress rule of " + joined(*sender->groups) + " admits it");
  }

  bool receiver_refuses() {
    if (!way_.receiver || !asks_again(flow_.tracked_to)) return false;
    return !admitted(after_, *way_.receiver, Side::ingress, way_.seen_from, flow_.to_port) &&
           cut("no ingress rule of " + joined(*way_.receiver->groups) + " admits it");
  }

  static std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
  }

  // --- packets of a flow that stays

  bool is_in(Ground& ground, reaching::SetId set, std::uint16_t port, bool reply) const {
    const auto& traffic = ground.sets.at(set);
    if (flow_.protocol == kProtocolTcp) return has(traffic[0], port);
    if (flow_.protocol == kProtocolUdp) return has(traffic[1], port);
    if (flow_.protocol == kProtocolIcmp) return has(traffic[2], reply ? 0 : 8 * 256);
    return has(traffic[3], flow_.protocol);
  }

  bool admitted(Ground& ground, const Host& host, Side side, Ipv4 remote, std::uint16_t port,
                bool reply = false) const {
    return is_in(ground, ground.groups(*host.groups, side, remote), port, reply);
  }

  bool drop_by_groups(const Host& host, Side side, bool reply) {
    result_ = {.fate = Fate::dropped,
               .reason = std::string(side == Side::ingress ? "security-group-ingress " : "security-group-egress ") +
                         joined(*host.groups) + ": the untracked end has no rule for it",
               .reply = reply,
               .line = after_.policy.security_groups.at(host.groups->front()).where.line};
    return true;
  }

  // Groups judge every packet at an untracked end.
  bool drops_at_an_end(Ground& ground, const Way& way) {
    if (way.exempt) return false;
    const auto sender = flow_.from_interface.empty() ? std::nullopt : host_named(ground, flow_.from_interface);
    if (sender && !flow_.tracked_from) {
      if (!admitted(ground, *sender, Side::egress, flow_.to, flow_.to_port)) {
        return drop_by_groups(*sender, Side::egress, false);
      }
      if (!admitted(ground, *sender, Side::ingress, flow_.to, flow_.from_port, true)) {
        return drop_by_groups(*sender, Side::ingress, true);
      }
    }
    if (!way.receiver || flow_.tracked_to) return false;
    if (!admitted(ground, *way.receiver, Side::ingress, way.seen_from, flow_.to_port)) {
      return drop_by_groups(*way.receiver, Side::ingress, false);
    }
    return !admitted(ground, *way.receiver, Side::egress, way.seen_from, flow_.translated_from_port, true) &&
           drop_by_groups(*way.receiver, Side::egress, true);
  }

  bool drops(Ground& ground, const Way& way) {
    if (flow_.from_interface.empty() && ground.is_public(flow_.from)) {
      const auto code = std::string(name_of(DropCode::GATEWAY_REJECTS_SPOOFED_TRAFFIC));
      result_ = {.fate = Fate::dropped, .reason = std::string(name_of(Stage::source_check)) + ": " + code};
      return true;
    }
    for (const auto& step : way.forward) {
      if (!is_in(ground, step.admits, flow_.to_port, false)) return drop(step, false, ground);
    }
    if (drops_at_an_end(ground, way)) return true;
    for (const auto& step : way.reply) {
      const auto port = step.far ? flow_.translated_from_port : flow_.from_port;
      if (!is_in(ground, step.admits, port, true)) return drop(step, true, ground);
    }
    return false;
  }

  // Nothing is taken from a flow whose packets do not pass as it is.
  bool drops_already() {
    const auto found = result_;
    const bool already = drops(before_, old_way_);
    result_ = found;
    return already;
  }

  bool drop(const WayStep& step, bool reply, Ground& ground) {
    result_ = {.fate = Fate::dropped, .reason = std::string(name_of(step.stage)), .reply = reply};
    const bool acl = step.stage == Stage::network_acl_ingress || step.stage == Stage::network_acl_egress;
    if (acl) {
      name_entry(step, reply, ground);
    } else if (step.route != nullptr) {
      result_.line = step.route->where.line;
    }
    if (!acl && step.subnet != nullptr) result_.reason += " " + step.subnet->second.route_table;
    result_.reason += ": " + std::string(name_of(step.code));
    return true;
  }

  void name_entry(const WayStep& step, bool reply, Ground& ground) {
    const auto& name = step.subnet->second.network_acl;
    const auto& acl = ground.policy.network_acls.at(name);
    const auto port = !reply ? flow_.to_port : step.far ? flow_.translated_from_port : flow_.from_port;
    std::string rule = "*";
    result_.line = acl.where.line;
    const bool ingress = step.stage == Stage::network_acl_ingress;
    const auto& entries = ingress ? acl.ingress : acl.egress;
    const auto ids = ground.rules.of_acl(name, ingress ? Side::ingress : Side::egress);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto& entry = entries[i];
      if (!ground.holds(ground.rules.rule(ids[i]).peers.front(), step.remote)) continue;
      if (!is_in(ground, ground.sets.of(entry.traffic), port, reply)) continue;
      rule = std::to_string(entry.rule_no);
      result_.line = entry.where.line;
      break;
    }
    result_.reason += " " + step.subnet->first + "/" + name + ", rule " + rule;
  }

  Ground& before_;
  Ground& after_;
  const LiveFlow& flow_;
  Way old_way_;
  Way way_;
  std::string mapped_by_;
  FlowFate result_;
};

}  // namespace

struct FlowJudge::Sides {
  Sides(const Policy& old_policy, const Policy& new_policy)
      : before(old_policy), after(new_policy), same(same_meaning(old_policy, new_policy)) {}
  Ground before, after;
  bool same;  // a change of text alone touches no flow
};

FlowJudge::FlowJudge(const Policy& before, const Policy& after) : sides_(std::make_unique<Sides>(before, after)) {}
FlowJudge::~FlowJudge() = default;

FlowFate FlowJudge::judge(const LiveFlow& flow) {
  if (sides_->same) return {};
  return Judging(sides_->before, sides_->after, flow).run();
}

}  // namespace sallyport::rules
