// Owner: control/reach. See blocks.h.
#include "control/reach/blocks.h"

#include <algorithm>

namespace sallyport::control {
namespace {

constexpr std::string_view kBetween = "-_./: ";
// More parts than these of one name are not told apart by it.
constexpr std::size_t kMostParts = 8;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct Run {
  std::size_t first = 0;  // of the ordered members
  std::size_t last = 0;   // one after
};

class Folder {
 public:
  Folder(const std::vector<rules::ReachParty>& parties, std::vector<std::uint32_t> members)
      : parties_(parties), members_(std::move(members)) {
    std::ranges::sort(members_, [&](auto a, auto b) { return natural_less(parties_[a].name, parties_[b].name); });
  }

  std::vector<Block> fold(std::size_t most) {
    std::vector<Run> runs;
    if (!members_.empty()) runs.push_back({0, members_.size()});
    while (runs.size() < most) {
      const auto largest = std::ranges::max_element(runs, {}, [](const Run& run) { return run.last - run.first; });
      if (largest == runs.end() || largest->last - largest->first < 2) break;
      const auto parts = split(*largest, most - runs.size() + 1);
      const auto at = runs.erase(largest);
      runs.insert(at, parts.begin(), parts.end());
    }
    std::vector<Block> blocks;
    for (const Run& run : runs) blocks.push_back(block_of(run));
    return blocks;
  }

 private:
  const std::string& name(std::size_t i) const { return parties_[members_[i]].name; }

  // Of a party's names the shortest.
  const std::string& group(std::size_t i) const {
    const auto& groups = parties_[members_[i]].groups;
    return groups.empty() ? name(i) : groups.front();
  }

  std::size_t shared(const Run& run) const {
    const auto& first = name(run.first);
    std::size_t length = first.size();
    for (auto i = run.first + 1; i < run.last; ++i) {
      const auto& other = name(i);
      const auto differ = std::ranges::mismatch(first, other);
      length = std::min(length, static_cast<std::size_t>(differ.in1 - first.begin()));
    }
    return length;
  }

  // What a name's next part is behind so many characters.
  std::string_view part(std::size_t i, std::size_t behind) const {
    const std::string_view text = name(i);
    const auto begin = text.substr(0, behind).find_last_of(kBetween);
    const auto from = begin == std::string_view::npos ? 0 : begin + 1;
    return text.substr(0, text.find_first_of(kBetween, std::max(from, behind)));
  }

  std::vector<Run> split(const Run& run, std::size_t most) const {
    const auto behind = shared(run);
    std::vector<Run> parts;
    for (auto i = run.first; i < run.last; ++i) {
      if (parts.empty() || part(i, behind) != part(parts.back().first, behind)) parts.push_back({i, i});
      parts.back().last = i + 1;
    }
    if (parts.size() > 1 && parts.size() <= std::min(most, kMostParts)) return parts;
    const auto middle = run.first + (run.last - run.first) / 2;
    return {{run.first, middle}, {middle, run.last}};
  }

  Block block_of(const Run& run) const {
    Block block;
    block.label = group(run.first);
    if (group(run.last - 1) != block.label) block.label += " … " + group(run.last - 1);
    for (auto i = run.first; i < run.last; ++i) block.parties.push_back(members_[i]);
    std::ranges::sort(block.parties);
    return block;
  }

  const std::vector<rules::ReachParty>& parties_;
  std::vector<std::uint32_t> members_;
};

}  // namespace

bool natural_less(std::string_view a, std::string_view b) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      const auto number = [](std::string_view text, std::size_t& at) {
        while (at < text.size() && text[at] == '0') ++at;
        const auto first = at;
        while (at < text.size() && is_digit(text[at])) ++at;
        return text.substr(first, at - first);
      };
      const auto x = number(a, i);
      const auto y = number(b, j);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
      continue;
    }
    if (a[i] != b[j]) return a[i] < b[j];
    ++i;
    ++j;
  }
  if (i == a.size() && j == b.size()) return a < b;
  return i == a.size() && j < b.size();
}

std::vector<Block> blocks_of(const std::vector<rules::ReachParty>& parties, std::vector<std::uint32_t> members,
                             std::size_t most) {
  return Folder(parties, std::move(members)).fold(most);
}

}  // namespace sallyport::control
