// What only the whole policy can tell of IPv6: subnets and addresses that contradict each other.
//
// Owner: rules/document. Always: sorting, never comparing all with all.
#include <algorithm>
#include <tuple>

#include "rules/document/policy_reader.h"

namespace sallyport::rules {
namespace {

// Below this a subnet has no address that is not reserved.
constexpr int kLongestSubnet = 125;

const Ipv6Prefix& block_of(const std::pair<const Subnet*, std::uint32_t>& subnet) {
  return *subnet.first->ipv6_cidr_block;
}

}  // namespace

void PolicyReader::check_ipv6_subnets() {
  std::ranges::sort(ipv6_subnets_, {}, [](const auto& subnet) { return std::tie(block_of(subnet), subnet.second); });
  const std::pair<const Subnet*, std::uint32_t>* widest = nullptr;  // of those seen, the one that reaches furthest
  for (const auto& subnet : ipv6_subnets_) {
    const Ipv6Prefix& block = block_of(subnet);
    if (block.length > kLongestSubnet) {
      in_.error(at(subnet.second),
                to_string(block) + " has no address that is not reserved, expected a /125 or larger");
    }
    const auto around = [&](const Ipv6Prefix& of_vpc) { return of_vpc.contains(block); };
    if (std::ranges::none_of(policy_.vpc.ipv6_cidr_blocks, around)) {
      in_.error(at(subnet.second), to_string(block) + " lies in no IPv6 CIDR block of the VPC");
    }
    if (widest == nullptr || block_of(*widest).last() < block.first()) {
      widest = &subnet;
      continue;
    }
    in_.error(at(subnet.second), to_string(block) + " overlaps the subnet " + to_string(block_of(*widest)) + ' ' +
                                     line_of(at(widest->second).where()));
  }
}

void PolicyReader::check_ipv6_claims() {
  std::ranges::sort(ipv6_claims_, {}, [](const Ipv6Claim& claim) { return std::tie(claim.address, claim.node); });
  for (std::size_t i = 1; i < ipv6_claims_.size(); ++i) {
    const auto& before = ipv6_claims_[i - 1];
    const auto& claim = ipv6_claims_[i];
    if (before.address != claim.address) continue;
    in_.error(at(claim.node), to_string(claim.address) + " belongs to interface " + in_quotes(*before.owner) + ' ' +
                                  line_of(at(before.node).where()) + " already");
  }
}

}  // namespace sallyport::rules
