// The other end of a veth, asked of the kernel by rtnetlink.
//
// Owner: dataplane/ports. Looks, changes nothing.
#pragma once

#include <string>

namespace sallyport::dataplane {

// The name of the interface that `name` is linked to, where this network namespace has it; empty otherwise. Indexes
// repeat from namespace to namespace, so only the kernel's word that the link stays inside this one counts.
[[nodiscard]] std::string veth_peer(const std::string& name);

}  // namespace sallyport::dataplane
