// The table of commands: a row each, in the order in which help lists them.
//
// Owner: control/cli. Always: a command that is not listed here does not exist.
#include <array>

#include "control/cli/command.h"

namespace sallyport::control {

extern const Command kCheckCommand;
extern const Command kCompileCommand;
extern const Command kShowCommand;
extern const Command kDiffCommand;
extern const Command kVerifyCommand;
extern const Command kTraceCommand;
extern const Command kReachCommand;
extern const Command kTestCommand;
extern const Command kReplayCommand;
extern const Command kApplyCommand;
extern const Command kConfirmCommand;
extern const Command kRollbackCommand;
extern const Command kHistoryCommand;
extern const Command kRuleCommand;
extern const Command kMemberCommand;
extern const Command kPrefixCommand;
extern const Command kPatchCommand;
extern const Command kStatusCommand;
extern const Command kPortsCommand;
extern const Command kCountersCommand;
extern const Command kFlowsCommand;
extern const Command kHealthCommand;
extern const Command kAuthorizeIngressCommand;
extern const Command kAuthorizeEgressCommand;
extern const Command kRevokeIngressCommand;
extern const Command kRevokeEgressCommand;
extern const Command kCreateAclEntryCommand;
extern const Command kReplaceAclEntryCommand;
extern const Command kDeleteAclEntryCommand;
extern const Command kExplainCommand;
extern const Command kVersionCommand;

std::span<const Command* const> commands() {
  static constexpr std::array kCommands{
      &kCheckCommand,
      &kCompileCommand,
      &kShowCommand,
      &kDiffCommand,
      &kVerifyCommand,
      &kTraceCommand,
      &kReachCommand,
      &kTestCommand,
      &kReplayCommand,
      &kApplyCommand,
      &kConfirmCommand,
      &kRollbackCommand,
      &kHistoryCommand,
      &kRuleCommand,
      &kMemberCommand,
      &kPrefixCommand,
      &kPatchCommand,
      &kStatusCommand,
      &kPortsCommand,
      &kCountersCommand,
      &kFlowsCommand,
      &kHealthCommand,
      &kAuthorizeIngressCommand,
      &kAuthorizeEgressCommand,
      &kRevokeIngressCommand,
      &kRevokeEgressCommand,
      &kCreateAclEntryCommand,
      &kReplaceAclEntryCommand,
      &kDeleteAclEntryCommand,
      &kExplainCommand,
      &kVersionCommand,
  };
  return kCommands;
}

}  // namespace sallyport::control
