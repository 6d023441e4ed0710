// Ties an image to the ports and hands out uids that outlive it.
//
// Owner: dataplane/engine. Control thread only.
// Always: a name that is gone for a generation comes back as somebody else, so flows of a deleted interface never
// return.
#include <algorithm>
#include <utility>

#include "dataplane/engine/bound_policy.h"
#include "dataplane/flow/session.h"

namespace sallyport::dataplane {
namespace {

// '*' stands in no name, so these keys meet no interface's.
std::string host_key(std::string_view subnet) { return std::string(subnet) + "/*"; }
std::string nat_key(std::string_view nat) { return '*' + std::string(nat); }

// Where the policy has hosts of its own inside the link, theirs are theirs.
void add_broadcasts(const rules::PolicyView& view, const rules::Prefix& link, std::vector<rules::Ipv4>& broadcasts) {
  for (const auto address : {link.first(), link.last()}) {
    const auto kind = view.owner_of(address).kind;
    const bool somebodys = kind == rules::OwnerKind::interface || kind == rules::OwnerKind::host;
    if (rules::names_no_host(link, address) && !somebodys) broadcasts.push_back(address);
  }
}

void set_index(std::vector<std::uint32_t>& indexes, Uid uid, std::uint32_t index) {
  if (uid >= indexes.size()) indexes.resize(uid + 1U, rules::kNone);
  indexes[uid] = index;
}

}  // namespace

PortSettings settings_of(const rules::Port& port) {
  return {.name = port.name,
          .mtu = port.mtu,
          .subnets = port.subnets,
          .proxy_arp = port.proxy_arp,
          .routed = port.routed,
          .uplink = port.uplink};
}

std::expected<std::shared_ptr<const BoundPolicy>, std::string> Binder::bind(rules::Image image,
                                                                            std::uint64_t generation,
                                                                            std::uint32_t epoch, std::uint64_t now) {
  std::shared_ptr<BoundPolicy> bound(new BoundPolicy(std::move(image)));
  bound->generation_ = generation;
  bound->epoch_ = epoch;
  if (auto error = bind_ports(*bound)) return std::unexpected(std::move(*error));
  if (!has_uids_for(bound->view_)) {
    return std::unexpected(std::to_string(interface_names_->size()) +
                           " interfaces and NAT gateways were named since the gateway started, more than it can tell "
                           "apart with these: restart sallyportd with the new policy");
  }
  bind_places(*bound);
  bind_rules(*bound, 0);
  bind_public_addresses(*bound);
  lapse_history_.note(bound->view_, bound->interface_uids_, now);
  bound->lapses_ = lapse_history_.lapses(now);
  last_edition_ = generation == last_generation_ ? last_edition_ + 1 : 0;
  last_generation_ = generation;
  bound->edition_ = last_edition_;
  return bound;
}

std::shared_ptr<const BoundPolicy> Binder::rebind(const BoundPolicy& before, rules::Image image,
                                                  const RulesChange& change, std::uint64_t generation,
                                                  std::uint32_t epoch, std::uint64_t now) {
  std::shared_ptr<BoundPolicy> bound(new BoundPolicy(before));
  bound->image_ = std::move(image);
  bound->view_ = rules::PolicyView(bound->image_);
  bound->generation_ = last_generation_ = generation;
  bound->edition_ = last_edition_ = 0;
  bound->epoch_ = epoch;
  bind_rules(*bound, before.view_.rules());
  std::vector<rules::InterfaceIndex> changed;
  for (rules::InterfaceIndex i = 0; i < bound->view_.interfaces(); ++i) {
    const std::uint32_t list = bound->view_.group_list(i);
    if (list != before.view_.group_list(i) || std::ranges::binary_search(change.group_lists, list))
      changed.push_back(i);
  }
  lapse_history_.note_some(bound->view_, bound->interface_uids_, changed, now);
  bound->lapses_ = lapse_history_.lapses(now);
  return bound;
}

std::optional<std::string> Binder::bind_ports(BoundPolicy& bound) const {
  bound.ports_ = ports_;
  bound.subnet_ports_.resize(bound.view_.subnets());
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    const auto port = static_cast<PortIndex>(i);
    for (const auto& name : ports_[i].subnets) {
      const auto subnet = bound.view_.subnet_named(name);
      if (subnet == rules::kNone) {
        return "port \"" + ports_[i].name + "\" names subnet \"" + name + "\", which the policy does not have";
      }
      bound.subnet_ports_[subnet].push_back(port);
    }
    if (ports_[i].uplink) {
      bound.uplink_ports_.push_back(port);
      add_broadcasts(bound.view_, ports_[i].uplink->link, bound.uplink_broadcasts_);
    }
    if (ports_[i].routed && bound.routed_port_ == kNoPort) bound.routed_port_ = port;
  }
  return std::nullopt;
}

// A uid is the hop of a flow's key (FlowTuple), and none is given twice.
bool Binder::has_uids_for(const rules::PolicyView& view) const {
  const std::size_t most = interface_names_->size() + view.interfaces() + view.nat_gateways();
  return kFirstInterfaceUid + most <= FlowTuple::kMaxHop;
}

Uid Binder::uid_named(std::unordered_map<std::string, Uid>& living, std::string key, std::string_view name) {
  const auto known = interface_uids_.find(key);
  Uid uid = kFirstInterfaceUid + static_cast<Uid>(interface_names_->size());
  if (known != interface_uids_.end()) {
    uid = known->second;
  } else {
    interface_names_->emplace_back(name);
  }
  living.emplace(std::move(key), uid);
  return uid;
}

void Binder::bind_places(BoundPolicy& bound) {
  const auto& view = bound.view_;
  interface_names_ = std::make_shared<std::vector<std::string>>(*interface_names_);
  std::unordered_map<std::string, Uid> living;
  for (rules::InterfaceIndex i = 0; i < view.interfaces(); ++i) {
    const auto info = view.interface(i);
    const auto name = info.is_host ? host_key(view.subnet(info.subnet).name) : std::string(info.name);
    bound.interface_uids_.push_back(uid_named(living, name, name));
    set_index(bound.interface_indexes_, bound.interface_uids_.back(), i);
    if (info.has_mac) bound.written_macs_.push_back({info.mac, i});
  }
  std::ranges::stable_sort(bound.written_macs_, {}, &BoundPolicy::WrittenMac::mac);
  for (rules::NatIndex i = 0; i < view.nat_gateways(); ++i) {
    const auto name = view.nat(i).name;
    bound.nat_uids_.push_back(uid_named(living, nat_key(name), name));
    set_index(bound.nat_indexes_, bound.nat_uids_.back(), i);
  }
  interface_uids_ = std::move(living);
  bound.interface_names_ = interface_names_;
}

// Those from `first` on; the rules of one owner and direction stand together.
void Binder::bind_rules(BoundPolicy& bound, rules::RuleIndex first) {
  std::unordered_map<std::string, std::uint32_t> seen;  // equal rules of one owner stay apart by their order
  for (rules::RuleIndex i = first; i < bound.view_.rules(); ++i) {
    if (!bound.view_.has_rule(i)) {
      bound.rule_uids_.push_back(0);  // nothing leads to it
      continue;
    }
    const auto info = bound.view_.rule(i);
    std::string key = (info.is_acl ? "a\n" : "g\n") + std::string(info.owner) + '\n' +
                      (info.direction == rules::Direction::ingress ? "i\n" : "e\n") + std::to_string(info.rule_no) +
                      '\n' + std::string(info.text);
    key += '\n' + std::to_string(seen[key]++);
    bound.rule_uids_.push_back(rule_uids_.try_emplace(std::move(key), rule_uids()).first->second);
  }
  bound.rule_uid_limit_ = rule_uids();
}

void Binder::bind_public_addresses(BoundPolicy& bound) {
  const auto& view = bound.view_;
  const auto note = [&](rules::Ipv4 address, DrainingAddress entry) {
    entry.address = address;
    public_history_[address.value] = entry;
  };
  const auto announce = [&](rules::Ipv4 address) {
    for (const auto port : bound.uplink_ports_) {
      if (bound.ports_[port].uplink->link.contains(address)) bound.announcements_.push_back({port, address});
    }
  };
  for (rules::InterfaceIndex i = 0; i < view.interfaces(); ++i) {
    const auto info = view.interface(i);
    if (info.public_ip == 0) continue;
    note({info.public_ip}, {.owner = bound.interface_uids_[i], .private_ip = info.primary});
    announce({info.public_ip});
  }
  for (rules::NatIndex i = 0; i < view.nat_gateways(); ++i) {
    const auto info = view.nat(i);
    note(info.private_ip, {.owner = bound.nat_uids_[i], .nat = true});
    for (const auto address : info.public_ips) {
      note({address}, {.owner = bound.nat_uids_[i], .nat = true});
      announce({address});
    }
  }
  std::erase_if(public_history_, [&](const auto& entry) {
    const auto uid = entry.second.owner;
    return bound.interface_of(uid) == rules::kNone && bound.nat_of(uid) == rules::kNone;
  });
  for (const auto& [value, entry] : public_history_) {
    if (view.public_owner_of({value}).kind == rules::PublicKind::nobody &&
        view.owner_of({value}).kind == rules::OwnerKind::nobody) {
      bound.draining_.push_back(entry);
    }
  }
  std::ranges::sort(bound.draining_, {}, &DrainingAddress::address);
}

std::uint32_t Binder::rule_uids() const { return static_cast<std::uint32_t>(rule_uids_.size()); }

}  // namespace sallyport::dataplane
