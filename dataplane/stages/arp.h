// Which ARP claims are believed.
//
// Owner: dataplane/stages.
#pragma once

#include "dataplane/stages/context.h"

namespace sallyport::dataplane {

// Whether `address` may be behind the port with this link address.
[[nodiscard]] bool may_learn(const World& world, PortIndex port, std::uint32_t address, const rules::MacAddress& mac);

}  // namespace sallyport::dataplane
