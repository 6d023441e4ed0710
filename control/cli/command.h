// The shape of every command: a row in the table, a function, a help text with two examples.
//
// Owner: control/cli. Offline commands and those that talk to the daemon look the same from here.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::control {

// Exit statuses of the command line contract.
enum ExitStatus : int {
  kYes = 0,
  kNo = 1,           // denied, different, failed expectation
  kBadInput = 2,     // a document or usage error
  kUnreachable = 3,  // no daemon
  kRefused = 4,      // not permitted, limit exceeded, nothing to roll back to
};

// What was typed behind the command word, and the options that may stand anywhere.
struct Invocation {
  std::vector<std::string> arguments;
  std::string socket = "/run/sallyport/control.sock";
  std::string output = "table";  // one of the command's formats
  bool colour = false;           // stdout is a terminal and NO_COLOR is not set
};

struct Command {
  std::string_view name;
  std::string_view summary;  // one line
  std::string_view help;     // usage, options, two examples
  int (*run)(const Invocation&);
  // What `-o` takes, separated by `|`. Empty: `-o` names a file and stays among the arguments.
  std::string_view formats = "table|json";
};

// All commands in the order in which help lists them. Each command's file defines one `extern const Command
// kNameCommand;`.
[[nodiscard]] std::span<const Command* const> commands();

}  // namespace sallyport::control
