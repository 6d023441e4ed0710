// `sallyportd --check`: what the daemon would do with a gateway document, without root, EAL or a port.
//
// Owner: control/server.
#pragma once

#include <string>

namespace sallyport::control {

// Prints to stdout what would be done, or to stderr what is wrong; returns the exit status.
[[nodiscard]] int check_gateway(const std::string& path);

}  // namespace sallyport::control
