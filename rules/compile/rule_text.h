// A rule in words, as trace and counters print it: "tcp 5432 from group app", "rule 100 allow tcp 443 from 0.0.0.0/0".
//
// Owner: rules/compile.
#pragma once

#include <string>

#include "rules/decide/policy_view.h"
#include "rules/model/policy.h"

namespace sallyport::rules {

// "all", "tcp 443", "udp 1024-65535", "icmp 8", "icmp 3/4", "protocol 50".
[[nodiscard]] std::string text_of(const Traffic& traffic);
// The first peers are named, the rest counted.
[[nodiscard]] std::string text_of(const GroupRule& rule, Direction direction);
[[nodiscard]] std::string text_of(const AclEntry& entry, Direction direction);

}  // namespace sallyport::rules
