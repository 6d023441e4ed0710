// What stands in an image exactly as readers of rules/decide get it.
//
// Owner: rules/image. Always: no hidden padding; the numbers of the enumerations are part of the image's format.
#pragma once

#include <cstdint>

namespace sallyport::rules {

// Whose a VPC address is.
enum class OwnerKind : std::uint8_t {
  nobody,       // inside no subnet, or an unnamed address of a subnet without groups
  interface,    // index: the interface that lists it
  host,         // an unnamed address of a subnet with security_groups; index: the subnet's host interface
  nat_gateway,  // a private_ip; index: the NAT gateway
  router,       // the gateway's own address in a subnet
  reserved,     // network, +2, +3 of a subnet
  broadcast,    // last address of a subnet
};

enum class PublicKind : std::uint8_t { nobody, interface, nat_gateway };

// A published port range of an interface.
struct PublishInfo {
  std::uint32_t private_ip = 0;  // 0: every private address of the interface
  std::uint32_t target = 0;
  std::uint16_t first_port = 0;
  std::uint16_t last_port = 0;
  std::uint16_t target_first_port = 0;
  std::uint8_t protocol = 0;
  std::uint8_t unused = 0;
};
static_assert(sizeof(PublishInfo) == 16);

}  // namespace sallyport::rules
