// Second phase of the command line: a command's own options and positional arguments.
//
// Owner: control/cli.
// Always: unknown options and surplus arguments are errors that name them; long options may not be abbreviated.
#pragma once

#include <boost/program_options.hpp>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "control/cli/command.h"

namespace sallyport::control {

namespace po = boost::program_options;

inline constexpr int kOptionStyle = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;

// How a positional argument is called, in messages and as an option's name.
struct Positional {
  std::string name;
  bool required = true;
  bool many = false;  // takes all that follow; the last one only
};

// What a command was given: options by name (long form), positionals by theirs.
class Arguments {
 public:
  explicit Arguments(po::variables_map values) : values_(std::move(values)) {}

  [[nodiscard]] bool has(const std::string& name) const { return values_.contains(name); }
  [[nodiscard]] std::string text(const std::string& name, const std::string& otherwise = "") const;
  [[nodiscard]] std::vector<std::string> all(const std::string& name) const;

 private:
  po::variables_map values_;
};

// An option of a command: "proto" or "count,c"; a switch takes no value; `repeated` options collect theirs.
struct Option {
  enum class Kind : std::uint8_t { toggle, value, repeated };
  std::string name;
  Kind kind = Kind::value;
};

// Parses an invocation's arguments. A failure has been printed already.
[[nodiscard]] std::optional<Arguments> parse_arguments(const Invocation& invocation, const Command& command,
                                                       const std::vector<Option>& options,
                                                       const std::vector<Positional>& positionals);

// Whole numbers of option values: decimal digits only, at most `max`.
[[nodiscard]] std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t max);

}  // namespace sallyport::control
