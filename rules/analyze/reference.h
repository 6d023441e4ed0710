// The literal reading of a policy: what the rules say, word by word, with linear scans over the model.
//
// Owner: rules/analyze. The oracle that everything fast is compared with; shares no code with rules/compile or
// rules/decide. Slow on purpose.
// Always: a function here can be checked against docs/packet-path.md by reading both side by side.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "rules/model/drop_code.h"
#include "rules/model/policy.h"

namespace sallyport::rules::reference {

enum class Side : std::uint8_t { ingress, egress };

// What a group or an ACL is asked, seen from its own end.
struct Question {
  Ipv4 remote;
  std::uint8_t protocol = 0;
  std::uint16_t destination_port = 0;
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
};

// Somebody whose packets the groups judge: an interface, or an unnamed address of a subnet with groups.
struct Host {
  std::string name;    // of the interface; empty for an unnamed host
  std::string subnet;  // where its address lies
  const std::vector<std::string>* security_groups = nullptr;
  const Interface* interface = nullptr;
};

// Rules are named as in provenance ("web/ingress/0"); an ACL's rule by its number, the catch-all "*".
struct GroupAnswer {
  bool allow = false;
  bool untracked = false;
  std::string rule;
};
struct AclAnswer {
  bool allow = false;
  std::string rule;
};
struct RouteAnswer {
  bool found = false;
  RouteTarget target = RouteTarget::blackhole;
  std::string name;  // of the interface or NAT gateway
};

[[nodiscard]] bool in_vpc(const Policy& policy, Ipv4 address);
// The name of the subnet an address lies in, or "".
[[nodiscard]] std::string subnet_of(const Policy& policy, Ipv4 address);
[[nodiscard]] std::optional<Host> host_of(const Policy& policy, Ipv4 address);
[[nodiscard]] Host host_of(const Policy& policy, const std::string& interface_name);
[[nodiscard]] bool is_nat_private(const Policy& policy, Ipv4 address);
[[nodiscard]] bool is_member(const Policy& policy, Ipv4 address, const std::string& group);

[[nodiscard]] GroupAnswer ask_groups(const Policy& policy, const Host& host, Side side, const Question& question);
[[nodiscard]] AclAnswer ask_acl(const Policy& policy, const std::string& acl, Side side, const Question& question);
[[nodiscard]] RouteAnswer ask_route(const Policy& policy, const std::string& table, Ipv4 destination);

// The first packet of a connection, as it enters the gateway.
struct FirstPacket {
  std::uint8_t protocol = 6;  // TCP packets are bare SYNs
  Ipv4 from;
  Ipv4 to;
  std::uint16_t from_port = 0;
  std::uint16_t to_port = 0;
  std::uint8_t icmp_type = 8;
  std::uint8_t icmp_code = 0;
};

// What becomes of it, and of its reply when the packet itself is allowed.
struct PathAnswer {
  bool allow = false;
  DropCode code = DropCode::none;
  bool on_reply = false;  // the deny falls on the reply
  std::string direction;  // "ingress" or "egress" with groups and ACLs
  std::string rule;       // of a deny by an ACL
  Ipv4 translated_from;   // as the far side sees them
  Ipv4 translated_to;
  std::uint16_t translated_to_port = 0;
};

// As seen by a gateway whose ports show every subnet and one uplink without an excepted prefix, all neighbours known
// and every sender what its source address says.
[[nodiscard]] PathAnswer follow(const Policy& policy, const FirstPacket& packet);

}  // namespace sallyport::rules::reference
