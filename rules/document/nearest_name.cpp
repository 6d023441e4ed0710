// "did you mean": the known name that is fewest slips of the keyboard away.
//
// Owner: rules/document. Always: bounded work a candidate, so that a million known names can be asked.
#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <vector>

#include "rules/document/diagnostics.h"

namespace sallyport::rules {
namespace {

// Three rows of the Damerau-Levenshtein table (optimal string alignment), kept between candidates.
class EditDistance {
 public:
  // The distance, or `limit` + 1 when it is larger than `limit`.
  std::size_t operator()(std::string_view a, std::string_view b, std::size_t limit) {
    strip_common_ends(a, b);
    if (a.size() > b.size() ? a.size() - b.size() > limit : b.size() - a.size() > limit) return limit + 1;
    for (auto& row : rows_) row.assign(b.size() + 1, 0);
    std::iota(rows_[0].begin(), rows_[0].end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
      if (fill_row(a, b, i) > limit) return limit + 1;
    }
    return std::min(rows_[a.size() % 3][b.size()], limit + 1);
  }

 private:
  static void strip_common_ends(std::string_view& a, std::string_view& b) {
    while (!a.empty() && !b.empty() && a.front() == b.front()) {
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
    while (!a.empty() && !b.empty() && a.back() == b.back()) {
      a.remove_suffix(1);
      b.remove_suffix(1);
    }
  }

  // Fills the row of a's first `i` characters and returns the least of it and the row before, below which no later
  // value falls.
  std::size_t fill_row(std::string_view a, std::string_view b, std::size_t i) {
    const auto& two_above = rows_[(i + 1) % 3];
    const auto& above = rows_[(i + 2) % 3];
    auto& row = rows_[i % 3];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], two_above[j - 2] + 1);
    }
    return std::min(std::ranges::min(row), std::ranges::min(above));
  }

  std::array<std::vector<std::size_t>, 3> rows_;
};

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string_view>& known) {
  EditDistance distance;
  std::string_view nearest;
  auto limit = std::max<std::size_t>(name.size() / 3, name.size() > 1 ? 1 : 0);
  for (const auto candidate : known) {
    if (limit == 0) break;
    const auto found = distance(name, candidate, limit);
    if (found > limit || candidate.empty()) continue;
    nearest = candidate;
    limit = found > 0 ? found - 1 : 0;
  }
  return std::string(nearest);
}

}  // namespace sallyport::rules
