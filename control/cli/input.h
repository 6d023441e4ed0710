// Files and standard input, read whole; files written whole.
//
// Owner: control/cli.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace sallyport::control {

// `-` is standard input. The error is ready to print: "cannot read policy.json: No such file or directory".
[[nodiscard]] std::expected<std::string, std::string> read_input(const std::string& path, std::size_t limit);

// `-` is standard output. A regular file is replaced whole or left as it was.
[[nodiscard]] std::expected<void, std::string> write_output(const std::string& path, std::string_view bytes);

// How messages call the input: the path, "standard input" for `-`.
[[nodiscard]] std::string input_name(const std::string& path);

}  // namespace sallyport::control
