// An image tied to this gateway's ports: what every worker reads, made off the packet path, swapped whole.
//
// Owner: dataplane/engine. Made by a Binder on the control thread; immutable; one generation number each.
// Always: uids are stable over generations (an interface keeps its uid while its name lives, a rule while its owner,
// direction and content do), so flows and counters survive a swap although image indexes do not.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "dataplane/engine/lapses.h"
#include "dataplane/engine/uid.h"
#include "dataplane/packet/packet.h"
#include "rules/decide/policy_view.h"
#include "rules/image/image.h"
#include "rules/model/gateway.h"

namespace sallyport::dataplane {

// What the engine needs to know of a port; the driver adds the link address it really has.
struct PortSettings {
  std::string name;
  rules::MacAddress mac;
  std::uint16_t mtu = 1500;  // bytes of IP
  std::vector<std::string> subnets;
  bool proxy_arp = false;
  std::optional<rules::LinkAddress> routed;
  std::optional<rules::LinkAddress> uplink;
  // The kernel on the other end may leave TCP and UDP sums over the pseudo-header alone (veth, tap): such sums count as
  // good and are finished before the packet leaves.
  bool unfinished_checksums = false;
};

// What a port of the gateway document says of it; the driver's part (link address, unfinished sums) is left open.
[[nodiscard]] PortSettings settings_of(const rules::Port& port);

// Which interface, subnet or NAT gateway a thing is (for trace and messages).
enum class PlaceKind : std::uint8_t { none, interface, subnet, nat_gateway, port };

class Binder;

// An address that no longer stands in the policy but may still have flows: it drains.
struct DrainingAddress {
  rules::Ipv4 address{};
  Uid owner = 0;             // the interface or NAT gateway it belonged to
  bool nat = false;          // of a NAT gateway
  rules::Ipv4 private_ip{};  // what a public_ip stood for
};

class BoundPolicy {
 public:
  [[nodiscard]] const rules::Image& image() const { return image_; }
  [[nodiscard]] const rules::PolicyView& view() const { return view_; }
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  // How often the generation was bound before, to another image of the same policy.
  [[nodiscard]] std::uint32_t edition() const { return edition_; }
  [[nodiscard]] std::uint32_t epoch() const { return epoch_; }

  [[nodiscard]] Uid uid_of(rules::InterfaceIndex index) const { return interface_uids_[index]; }
  [[nodiscard]] Uid nat_uid_of(rules::NatIndex index) const { return nat_uids_[index]; }
  // kNone where the uid's owner is not in this generation.
  [[nodiscard]] rules::InterfaceIndex interface_of(Uid uid) const { return indexed(interface_indexes_, uid); }
  [[nodiscard]] rules::NatIndex nat_of(Uid uid) const { return indexed(nat_indexes_, uid); }
  // The name behind a uid, also of one that is gone; empty for none.
  [[nodiscard]] std::string_view interface_name(Uid uid) const;
  [[nodiscard]] std::uint32_t rule_uid(rules::RuleIndex index) const { return rule_uids_[index]; }
  [[nodiscard]] std::uint32_t rule_uid_limit() const { return rule_uid_limit_; }

  [[nodiscard]] std::span<const PortSettings> ports() const { return ports_; }
  // Ports on which a subnet is on-link, in order.
  [[nodiscard]] std::span<const PortIndex> ports_of(rules::SubnetIndex subnet) const;
  [[nodiscard]] bool on_link(rules::SubnetIndex subnet, PortIndex port) const;
  [[nodiscard]] PortIndex routed_port() const { return routed_port_; }
  // The uplink whose link holds the address, else the first one; kNoPort without any.
  [[nodiscard]] PortIndex uplink_towards(rules::Ipv4 destination) const;
  [[nodiscard]] bool in_uplink_prefix(rules::Ipv4 address) const;
  // The network's own or the broadcast address of an uplink's link: nobody's, and many's as a destination.
  [[nodiscard]] bool is_uplink_broadcast(rules::Ipv4 address) const;

  // Routers of the subnets, uplink and routed addresses that are not public addresses of the policy.
  [[nodiscard]] bool is_gateway_address(rules::Ipv4 address) const;
  // Public addresses of the policy inside an uplink's prefix: answered by ARP there and announced.
  struct Announcement {
    PortIndex port = kNoPort;
    rules::Ipv4 address;
  };
  [[nodiscard]] std::span<const Announcement> announcements() const { return announcements_; }
  // The interfaces whose `mac` is written so.
  struct WrittenMac {
    rules::MacAddress mac;
    rules::InterfaceIndex interface = rules::kNone;
  };
  [[nodiscard]] std::span<const WrittenMac> interfaces_with(const rules::MacAddress& mac) const;
  // The entry of an address that left, or nullptr.
  [[nodiscard]] const DrainingAddress* draining(rules::Ipv4 address) const;
  // For how many seconds, when this policy was bound, the interface's groups had not let TCP to this port through
  // untracked any more, though they once did; nullopt where they do, or never did.
  [[nodiscard]] std::optional<std::uint32_t> lapsed_for(Uid interface, rules::Direction direction,
                                                        std::uint16_t port) const;

 private:
  friend class Binder;
  // The address of an uplink or routed port, whatever the policy says.
  [[nodiscard]] bool is_link_address(rules::Ipv4 address) const;
  explicit BoundPolicy(rules::Image image) : image_(std::move(image)), view_(image_) {}
  [[nodiscard]] static std::uint32_t indexed(const std::vector<std::uint32_t>& indexes, Uid uid) {
    return uid < indexes.size() ? indexes[uid] : rules::kNone;
  }

  rules::Image image_;
  rules::PolicyView view_;
  std::uint64_t generation_ = 0;
  std::uint32_t edition_ = 0;
  std::uint32_t epoch_ = 0;
  std::vector<Uid> interface_uids_, nat_uids_;
  std::vector<std::uint32_t> interface_indexes_, nat_indexes_;       // by uid
  std::shared_ptr<const std::vector<std::string>> interface_names_;  // by uid - kFirstInterfaceUid
  std::vector<std::uint32_t> rule_uids_;
  std::uint32_t rule_uid_limit_ = 0;
  std::vector<PortSettings> ports_;
  std::vector<std::vector<PortIndex>> subnet_ports_;
  std::vector<PortIndex> uplink_ports_;
  std::vector<rules::Ipv4> uplink_broadcasts_;
  PortIndex routed_port_ = kNoPort;
  std::vector<Announcement> announcements_;
  std::vector<WrittenMac> written_macs_;   // ascending by link address
  std::vector<DrainingAddress> draining_;  // ascending by address
  std::vector<Lapse> lapses_;              // ascending
};

// What a change of rules and memberships alone leaves as it was, and what not.
struct RulesChange {
  std::vector<std::uint32_t> group_lists;  // that decide otherwise now, ascending
};

// Keeps names and their uids over generations. Control thread only.
class Binder {
 public:
  explicit Binder(std::vector<PortSettings> ports) : ports_(std::move(ports)) {}

  // `epoch` rises only when the meaning changed: flows of an older epoch are looked at again (docs/packet-path.md).
  // `now`: seconds on a clock of the caller's. Error: a port names a subnet the policy does not have, or no uids are
  // left.
  [[nodiscard]] std::expected<std::shared_ptr<const BoundPolicy>, std::string> bind(rules::Image image,
                                                                                    std::uint64_t generation,
                                                                                    std::uint32_t epoch,
                                                                                    std::uint64_t now);

  // The same for an image whose interfaces, subnets, routes and addresses are those of `before`, the latest that was
  // bound: only groups of interfaces, rules and who they are about may differ.
  [[nodiscard]] std::shared_ptr<const BoundPolicy> rebind(const BoundPolicy& before, rules::Image image,
                                                          const RulesChange& change, std::uint64_t generation,
                                                          std::uint32_t epoch, std::uint64_t now);

  [[nodiscard]] std::uint32_t rule_uids() const;  // one more than the highest in use

 private:
  [[nodiscard]] std::optional<std::string> bind_ports(BoundPolicy& bound) const;
  [[nodiscard]] bool has_uids_for(const rules::PolicyView& view) const;
  void bind_places(BoundPolicy& bound);
  void bind_rules(BoundPolicy& bound, rules::RuleIndex first);
  void bind_public_addresses(BoundPolicy& bound);
  [[nodiscard]] Uid uid_named(std::unordered_map<std::string, Uid>& living, std::string key, std::string_view name);

  std::vector<PortSettings> ports_;
  std::uint64_t last_generation_ = 0;
  std::uint32_t last_edition_ = 0;
  std::unordered_map<std::string, Uid> interface_uids_;  // of the latest generation, NAT gateways too
  // By uid - kFirstInterfaceUid; what was given to a bound policy is not changed any more.
  std::shared_ptr<std::vector<std::string>> interface_names_ = std::make_shared<std::vector<std::string>>();
  std::unordered_map<std::string, std::uint32_t> rule_uids_;
  std::unordered_map<std::uint32_t, DrainingAddress> public_history_;
  LapseHistory lapse_history_;
};

}  // namespace sallyport::dataplane
