// A compiler that remembers what it compiled, so that a change of some rules costs those rules.
//
// Owner: rules/compile. One policy after the other, on one thread; the images it makes may be read by others meanwhile
// and outlive it. Always: an updated image decides as a whole compile of the same policy does; its records may be
// others: rules of a changed group are numbered anew behind all others, and what nothing leads to any more stays
// behind.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rules/compile/compile.h"

namespace sallyport::rules {

class Compiler {
 public:
  struct State;

  explicit Compiler(std::unique_ptr<State> state);
  ~Compiler();
  Compiler(const Compiler&) = delete;
  Compiler& operator=(const Compiler&) = delete;

  struct Update {
    Image image;
    std::vector<std::uint32_t> changed_lists;  // group lists that may decide otherwise now, ascending
  };
  // The policy after a change of what is in groups, ACLs and prefix lists and of the groups of interfaces. Policies
  // share what did not change (Named). Nothing where that does not do, over the budget for one: compile it whole then;
  // this compiler is of no more use.
  [[nodiscard]] std::optional<Update> update(const Policy& next);
  // What is over the budget, in words, with all that earlier changes left behind.
  [[nodiscard]] std::optional<std::string> problem() const;

 private:
  std::unique_ptr<State> state_;
};

// As compile(), with the compiler that goes on from there.
struct Kept {
  Compiled compiled;
  std::unique_ptr<Compiler> compiler;
};
[[nodiscard]] std::expected<Kept, Diagnostics> compile_and_keep(const Policy& policy, const Budget& budget = {},
                                                                const Elapsed& elapsed = {});

}  // namespace sallyport::rules
