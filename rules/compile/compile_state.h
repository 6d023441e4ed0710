// A policy with all that its compilation made, for the time of it or for changes that follow.
//
// Owner: rules/compile.
#pragma once

#include <expected>

#include "rules/compile/compile.h"
#include "rules/compile/context.h"
#include "rules/compile/decisions.h"

namespace sallyport::rules {

struct CompileState {
  CompileState(const Policy& from, const Budget& budget, const Elapsed& elapsed)
      : base_policy(from), policy(from), context(policy, budget, elapsed) {}

  const Policy base_policy;  // whose names the context's indexes refer to
  Policy policy;             // as it is after the latest change
  CompileContext context;
  std::optional<Decisions> decisions;  // once owners and rules are there
};

[[nodiscard]] std::expected<Compiled, Diagnostics> compile(CompileState& state, const ImageCeilings& ceilings);

}  // namespace sallyport::rules
