// Packets as questions to an image, and loops over them.
//
// Owner: tools/bench.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "rules/decide/policy_view.h"
#include "tools/bench/measure.h"
#include "tools/bench/workload.h"

namespace sallyport::bench {

// Packets of one kind, of one family, as every method is given them.
struct Traffic {
  std::vector<Packet> packets;
  std::vector<rules::GroupQuestion> questions;  // of IPv4
  std::vector<rules::Ipv6GroupQuestion> ipv6_questions;
  std::vector<std::uint32_t> right;    // lines of rules, by the oracle
  std::vector<std::uint32_t> answers;  // of the last round: rules, in the method's numbering
};

// Fills in the questions of all packets; `interfaces`: where the image has those of the workload.
void ask(Traffic& traffic, Family family, std::span<const rules::InterfaceIndex> interfaces);

// Answers one by one.
void judge_each(const rules::PolicyView& view, Traffic& traffic, std::size_t first, std::size_t count);

// judge(questions, verdicts) for every burst of questions first..first+count-1, which are a vector of either family.
template <typename Question, typename Judge>
void in_bursts(const std::vector<Question>& questions, Traffic& traffic, std::size_t first, std::size_t count,
               std::uint32_t burst, Judge&& judge) {
  std::array<rules::GroupVerdict, 1024> verdicts;
  for (const std::size_t end = first + count; first < end; first += burst) {
    const auto some = std::span(questions).subspan(first, std::min<std::size_t>(burst, end - first));
    judge(some, std::span<rules::GroupVerdict>(verdicts));
    for (std::size_t i = 0; i < some.size(); ++i) traffic.answers[first + i] = verdicts[i].rule;
  }
}

// Repeats a pass, which tells its cost, until a round is long enough to be timed. 0: a pass failed.
template <typename Pass>
double cycles_each(std::uint64_t enough, Pass&& pass) {
  Cost all;
  while (all.cycles < enough) {
    const Cost more = pass();
    if (more.packets == 0) return 0;
    all.cycles += more.cycles;
    all.packets += more.packets;
  }
  return static_cast<double>(all.cycles) / static_cast<double>(all.packets);
}

// Of the answers as lines.
[[nodiscard]] std::uint64_t checksum_of(std::span<const std::uint32_t> lines);

}  // namespace sallyport::bench
