// Owner: dataplane/engine. See steer.h.
//
// Both directions of a flow see the same two endpoints once 1:1 and published addresses are undone, so a symmetric hash
// of them agrees; where one endpoint is a NAT gateway's the port decides, since the worker chose it from its own slice.
#include "dataplane/engine/steer.h"

#include <utility>

#include "dataplane/flow/flow_hash.h"
#include "dataplane/packet/parse.h"
#include "dataplane/packet/rewrite.h"

namespace sallyport::dataplane {
namespace {

struct Ends {
  Endpoint source, destination;
  std::uint8_t protocol = 0;
};

Ends ends_of(const ParsedPacket& parsed) {
  const auto& quoted = parsed.quoted;
  if (parsed.is_icmp_error && quoted.present) {
    return {{quoted.source, quoted.source_port}, {quoted.destination, quoted.destination_port}, quoted.protocol};
  }
  return {{parsed.source, parsed.source_port}, {parsed.destination, parsed.destination_port}, parsed.protocol};
}

bool is_nat_address(const BoundPolicy& policy, std::uint32_t value) {
  const rules::Ipv4 address{value};
  if (policy.view().public_owner_of(address).kind == rules::PublicKind::nat_gateway) return true;
  if (policy.view().owner_of(address).kind == rules::OwnerKind::nat_gateway) return true;
  const auto* draining = policy.draining(address);
  return draining != nullptr && draining->nat;
}

// The endpoint behind 1:1 and publish.
Endpoint innermost(const BoundPolicy& policy, Endpoint end, std::uint8_t protocol) {
  const auto& view = policy.view();
  const auto outside = view.public_owner_of({end.address});
  if (outside.kind == rules::PublicKind::interface) {
    end.address = view.interface(outside.index).primary.value;
  } else if (const auto* draining = policy.draining({end.address}); draining != nullptr && !draining->nat) {
    end.address = draining->private_ip.value;
  }
  const auto owner = view.owner_of({end.address});
  if (owner.kind != rules::OwnerKind::interface) return end;
  const auto* entry = view.published(owner.index, {end.address}, protocol, end.port);
  if (entry == nullptr) return end;
  const auto offset = static_cast<unsigned>(end.port - entry->first_port);
  return {entry->target, static_cast<std::uint16_t>(entry->target_first_port + offset)};
}

std::uint64_t word_of(const Endpoint& end) { return std::uint64_t{end.address} << 16U | end.port; }

}  // namespace

std::uint32_t owner_of(std::span<const std::byte> frame, const BoundPolicy* policy, std::uint32_t workers,
                       std::uint64_t seed) {
  const auto parsed = parse(frame, {.any_destination_mac = true});
  if (parsed.is_arp) return kEveryWorker;
  if (parsed.drop != rules::DropCode::none || workers <= 1) return 0;
  auto ends = ends_of(parsed);
  if (policy != nullptr) {
    if (is_nat_address(*policy, ends.destination.address)) return ends.destination.port % workers;
    if (is_nat_address(*policy, ends.source.address)) return ends.source.port % workers;
    ends.source = innermost(*policy, ends.source, ends.protocol);
    ends.destination = innermost(*policy, ends.destination, ends.protocol);
  }
  auto low = word_of(ends.source), high = word_of(ends.destination);
  if (low > high) std::swap(low, high);
  const FlowHash hash(~seed);  // another hash than the flow tables', whose buckets would fill unevenly
  const FlowTuple tuple{static_cast<std::uint32_t>(low >> 16U), static_cast<std::uint32_t>(high >> 16U),
                        static_cast<std::uint16_t>(low), static_cast<std::uint16_t>(high),
                        FlowTuple::pack(kOwnHop, ends.protocol)};
  return static_cast<std::uint32_t>(scaled(hash(tuple), workers));
}

}  // namespace sallyport::dataplane
