// Reach for a terminal. Owner: control/reach.
#include <algorithm>
#include <set>

#include "control/cli/output.h"
#include "control/reach/listed.h"
#include "control/reach/outputs.h"
#include "control/reach/words.h"

namespace sallyport::control {
namespace {

using rules::ReachCell;
using rules::reaching::kNothing;

std::string listed_words(const rules::Reach& reach, const ReachCell& cell) {
  std::vector<std::string> words;
  for (const auto& [traffic, ranges] : listed_traffic(reach, cell)) {
    words.push_back(traffic_words(reach.traffic(traffic), 6) + " (" + ranges_words(ranges, 3) + ")");
  }
  return joined(words, 6);
}

std::string open_words(const rules::Reach& reach, const ReachCell& cell) {
  const bool listed = is_listed(reach, cell);
  std::string text;
  if (cell.open != kNothing) text = listed ? listed_words(reach, cell) : traffic_words(reach.traffic(cell.open), 6);
  if (cell.lost != kNothing) {
    text += (text.empty() ? "" : "; ") + std::string("replies lost: ") + traffic_words(reach.traffic(cell.lost), 6);
  }
  if (listed ? !cell.hosts_alike : !cell.all_alike) text += " (not between all)";
  if (cell.via != nullptr) text += " via " + cell.via->first;
  return text;
}

// What most hosts get, a line a receiver.
void add_usual(const rules::Reach& reach, Table& table, std::size_t& left) {
  for (std::size_t to = 0; to < reach.to.size() && left > 0; ++to) {
    std::set<rules::reaching::SetId> told;
    for (const auto& usual : reach.usual[to]) {
      if (usual.open == kNothing || !told.insert(usual.open).second || left == 0) continue;
      table.add({"most hosts", reach.to[to].name, traffic_words(reach.traffic(usual.open), 6), ""});
      --left;
    }
  }
}

// Pairs of hosts, of which there are few, between which nothing passes.
void add_closed(const rules::Reach& reach, const std::string& file, Table& table) {
  std::set<std::pair<std::uint32_t, std::uint32_t>> told;
  for (const auto& cell : reach.cells) told.emplace(cell.from, cell.to);
  for (std::uint32_t to = 0; to < reach.to.size(); ++to) {
    for (std::uint32_t from = 0; from < reach.from.size(); ++from) {
      const auto proof = told.contains({from, to}) ? std::nullopt : closed_pair(reach, from, to);
      if (proof) table.add({reach.from[from].name, reach.to[to].name, "nothing", refusal_words(*proof, file)});
    }
  }
}

}  // namespace

std::string reach_table(const rules::Reach& reach, const std::string& file, std::size_t most) {
  Table table({"FROM", "TO", "OPEN", "WHY"});
  std::size_t left = most;
  if (!reach.complete) add_usual(reach, table, left);
  std::size_t untold = 0;
  for (const auto& cell : reach.cells) {
    if (left == 0) {
      ++untold;
      continue;
    }
    const auto open = open_words(reach, cell);
    table.add({reach.from[cell.from].name, reach.to[cell.to].name, open.empty() ? "nothing" : open,
               reason_words(reach, cell, file)});
    --left;
  }
  if (reach.complete && reach.from.size() * reach.to.size() <= kMostPairsExplained) add_closed(reach, file, table);
  if (table.empty()) return "nothing passes\n";
  std::string text = table.text();
  if (untold > 0) {
    text += "and " + std::to_string(untold) + " more; -o json has them all, --from and --to narrow the question\n";
  }
  return text;
}

}  // namespace sallyport::control
