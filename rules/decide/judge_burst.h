// Bursts judged by one instruction set or another: for tests and benchmarks, which compare them.
// PolicyView::judge_groups takes the best that the processor has.
//
// Owner: rules/decide.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "rules/decide/policy_view.h"

namespace sallyport::rules {

enum class InstructionSet : std::uint8_t { scalar, sse2, avx2 };

// Those that this processor has, the best last.
[[nodiscard]] std::vector<InstructionSet> instruction_sets();
[[nodiscard]] std::string_view name_of(InstructionSet set);

// Precondition: the processor has the set, and there are as many verdicts as questions.
void judge_groups_with(InstructionSet set, const Image& image, std::span<const GroupQuestion> questions,
                       std::span<GroupVerdict> verdicts);
void judge_groups_with(InstructionSet set, const Image& image, std::span<const Ipv6GroupQuestion> questions,
                       std::span<GroupVerdict> verdicts);

}  // namespace sallyport::rules
