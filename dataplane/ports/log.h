// Where the ports room says what happens: a function the daemon provides.
//
// Owner: dataplane/ports. Called from control threads, and by drivers through EAL; never by a worker's own code.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace sallyport::dataplane {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

using LogFunction = std::function<void(LogLevel, std::string_view)>;

}  // namespace sallyport::dataplane
