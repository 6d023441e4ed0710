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
#include <string>
#include <unordered_map>
#include <vector>

#include "dataplane/packet/packet.h"
#include "rules/decide/policy_view.h"
#include "rules/image/image.h"
#include "rules/model/gateway.h"

namespace sallyport::dataplane {

// Stable identities. kOwnHop marks a sender that owns the source address, kInternetHop the far side of an uplink.
using Uid = std::uint32_t;
inline constexpr Uid kOwnHop = 0;
inline constexpr Uid kInternetHop = 1;
inline constexpr Uid kFirstInterfaceUid = 16;

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

// Which interface, subnet or NAT gateway a thing is (for trace and messages).
enum class PlaceKind : std::uint8_t { none, interface, subnet, nat_gateway, port };

class BoundPolicy;

// Keeps names and their uids over generations. Control thread only.
class Binder {
 public:
  explicit Binder(std::vector<PortSettings> ports) : ports_(std::move(ports)) {}

  // `epoch` rises only when the meaning changed: flows of an older epoch are looked at again (docs/packet-path.md).
  // Error: a port names a subnet the policy does not have, and the like.
  [[nodiscard]] std::expected<std::shared_ptr<const BoundPolicy>, std::string> bind(rules::Image image, std::uint64_t generation,
                                                                                   std::uint32_t epoch);

  [[nodiscard]] std::uint32_t rule_uids() const;  // one more than the highest in use
  [[nodiscard]] const std::string& interface_name(Uid uid) const;
  struct RuleIdentity {
    std::string name;  // latest "web/ingress/0"
    std::string text;
    bool is_acl = false;
  };
  [[nodiscard]] const RuleIdentity& rule_identity(std::uint32_t rule_uid) const;

 private:
  std::vector<PortSettings> ports_;
  std::unordered_map<std::string, Uid> interface_uids_;
  std::vector<std::string> interface_names_;
  std::unordered_map<std::string, std::uint32_t> rule_uids_;
  std::vector<RuleIdentity> rules_;
};

}  // namespace sallyport::dataplane
