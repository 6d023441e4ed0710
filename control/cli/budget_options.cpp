// A budget from options; see the header. Owner: control/cli.
#include "control/cli/budget_options.h"

#include <chrono>

#include "control/cli/output.h"
#include "control/store/clock.h"
#include "rules/document/parse_size.h"

namespace sallyport::control {
namespace {

bool read_count(const Arguments& arguments, const char* name, std::uint64_t most, std::uint64_t& count,
                std::string& problem) {
  if (!arguments.has(name)) return true;
  const std::string text = arguments.text(name);
  const auto number = parse_number(text, static_cast<std::uint32_t>(most));
  if (number && *number > 0) {
    count = *number;
    return true;
  }
  problem = "--" + std::string(name) + ": \"" + text + "\" is no number from 1 to " + std::to_string(most);
  return false;
}

bool read_memory(const Arguments& arguments, std::uint64_t& memory, std::string& problem) {
  if (!arguments.has("max-memory")) return true;
  const std::string text = arguments.text("max-memory");
  if (const auto size = rules::parse_size(text)) {
    memory = *size;
    return true;
  }
  problem = "--max-memory: \"" + text + "\" is not " + std::string(rules::kSizeInWords);
  return false;
}

bool read_time(const Arguments& arguments, std::uint32_t& seconds, std::string& problem) {
  if (!arguments.has("max-time")) return true;
  const auto duration = parse_duration(arguments.text("max-time"));
  if (duration) {
    seconds = static_cast<std::uint32_t>(duration->count());
    return true;
  }
  problem = "--max-time: " + duration.error();
  return false;
}

}  // namespace

std::vector<Option> with_budget(std::vector<Option> options) {
  for (const char* name : {"max-rows", "max-predicates", "max-memory", "max-time"}) options.push_back({name});
  return options;
}

std::optional<rules::Budget> budget_of(const Arguments& arguments, const Command& command) {
  rules::Budget budget;
  std::string problem;
  const bool right =
      read_count(arguments, "max-rows", rules::kLargestBudget.rows, budget.rows, problem) &&
      read_count(arguments, "max-predicates", rules::kLargestBudget.predicates, budget.predicates, problem) &&
      read_memory(arguments, budget.memory, problem) && read_time(arguments, budget.seconds, problem);
  if (right) return budget;
  print_error(std::string(command.name) + ": " + problem);
  return std::nullopt;
}

rules::Elapsed stopwatch() {
  return [started = std::chrono::steady_clock::now()] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  };
}

}  // namespace sallyport::control
