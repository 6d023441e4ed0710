// Reading and writing the two documents a user writes.
//
// Owner: rules/document. Pure: text in, model or diagnostics out. Reading is strict: whatever the format does not name,
// or this version does not enforce, is an error, never ignored; all errors of a document are found in one run.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "rules/document/diagnostics.h"
#include "rules/model/gateway.h"
#include "rules/model/policy.h"

namespace sallyport::rules {

// Documents larger than this are refused before they are read (a policy of a million interfaces is near 200 MB).
inline constexpr std::size_t kMaxDocumentBytes = std::size_t{1} << 30U;
// Nesting deeper than this is an error.
inline constexpr int kMaxDepth = 64;

// How much a policy may hold. Going over one is an error that names it.
struct Ceilings {
  std::size_t security_groups = 1'000'000;
  std::size_t rules_per_group = 100'000;  // a direction
  std::size_t network_acls = 100'000;
  std::size_t route_tables = 100'000;
  std::size_t routes_per_table = 100'000;
  std::size_t subnets = 1'000'000;
  std::size_t interfaces = 4'000'000;
  std::size_t publish_per_interface = 10'000;
  std::size_t nat_gateways = 100'000;
  std::size_t prefix_list_entries = 8'000'000;  // of all lists together
};

// A policy that was accepted, with what is worth a warning.
struct ReadPolicy {
  Policy policy;
  Diagnostics warnings;
};
// What of a policy is read. IPv6 is compiled and proven but no packet of it is forwarded yet: whoever puts a policy in
// force, or says what the gateway would do, refuses it.
enum class Families : std::uint8_t { ipv4, ipv4_and_ipv6 };
[[nodiscard]] std::expected<ReadPolicy, Diagnostics> read_policy(std::string_view text, std::string file,
                                                                 const Ceilings& ceilings = {},
                                                                 Families families = Families::ipv4);

struct ReadGateway {
  GatewayConfig config;
  Diagnostics warnings;
};
[[nodiscard]] std::expected<ReadGateway, Diagnostics> read_gateway(std::string_view text, std::string file);

// Do the two fit: every subnet a port names exists, no router address is taken twice, an uplink address that is also a
// public_ip is unique ... Errors refuse the pair; warnings name, e.g., rules that a routed port cannot enforce because
// the traffic stays inside its subnet (no proxy_arp).
[[nodiscard]] Diagnostics check_together(const Policy& policy, const GatewayConfig& gateway);

// The policy as a document, defaults filled in, valid as input again; keys in the order of the format's description,
// names sorted, two spaces of indentation. Equal policies give equal text.
[[nodiscard]] std::string write_policy(const Policy& policy);

// One section ("security_groups"), or one named object of it, as JSON; nullopt where there is none.
[[nodiscard]] std::optional<std::string> write_section(const Policy& policy, std::string_view section,
                                                       std::string_view name);

// What differs in meaning between two policies, in the order of the format's sections; descriptions, positions and the
// order of keys aside. A name that both know means another thing in each. Names point into the policies.
enum class Section : std::uint8_t {
  vpc,
  prefix_lists,
  security_groups,
  network_acls,
  route_tables,
  subnets,
  interfaces,
  nat_gateways,
  options
};
struct Difference {
  Section section = Section::vpc;
  std::string_view name;  // "" of vpc and options
  bool before = true;     // the first policy knows it
  bool after = true;
};
[[nodiscard]] std::vector<Difference> differences(const Policy& before, const Policy& after);

// The first key that an object of this JSON has twice, in words; nothing where there is none, or no JSON. Parsers that
// take the last of them silently are asked this first.
[[nodiscard]] std::optional<std::string> doubled_key(std::string_view json);

// True when both mean the same for every packet and flow.
[[nodiscard]] bool same_meaning(const Policy& a, const Policy& b);

// The policy with one object read anew from `text`, all others shared with it. Rules that stay keep their positions,
// new ones are kAddedLive (positions.h). Nothing where the object alone cannot tell (read the whole document then):
// it is wrong or worth a warning, nobody wrote it before, it is neither group, ACL, prefix list nor interface, an
// interface changes in more than its groups, or routes use the prefix list.
[[nodiscard]] std::optional<Policy> with_object(const Policy& policy, Section section, const std::string& name,
                                                std::string text, const Ceilings& ceilings = {});
// The text an object was read from; nothing where there is none.
[[nodiscard]] std::optional<std::string_view> text_of(const Policy& policy, Section section, std::string_view name);
// The document with every object that was changed alone.
[[nodiscard]] std::string document_of(const Policy& policy);

}  // namespace sallyport::rules
