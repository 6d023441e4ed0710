// The table of commands: a row each, in the order in which help lists them.
//
// Owner: control/cli. Always: a command that is not listed here does not exist.
#include <array>

#include "control/cli/command.h"

namespace sallyport::control {

extern const Command kCheckCommand;
extern const Command kCompileCommand;
extern const Command kShowCommand;
extern const Command kTraceCommand;
extern const Command kTestCommand;
extern const Command kExplainCommand;
extern const Command kVersionCommand;

std::span<const Command* const> commands() {
  static constexpr std::array kCommands{
      &kCheckCommand, &kCompileCommand, &kShowCommand,    &kTraceCommand,
      &kTestCommand,  &kExplainCommand, &kVersionCommand,
  };
  return kCommands;
}

}  // namespace sallyport::control
