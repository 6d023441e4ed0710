// The whole of `sallyport`: global options, the command word, help, and the call of the command.
//
// Owner: control/cli. sallyport_main.cpp and the tests call this and nothing else.
// Always: returns an exit status of the contract; no exception passes.
#pragma once

#include <string>
#include <vector>

namespace sallyport::control {

// `words`: the arguments without the program's name.
[[nodiscard]] int run_command_line(const std::vector<std::string>& words) noexcept;

}  // namespace sallyport::control
