// Owner: control/reach. See picture.h.
#include "control/reach/picture.h"

#include <algorithm>
#include <deque>
#include <set>
#include <span>

#include "control/reach/blocks.h"
#include "control/reach/listed.h"
#include "control/reach/words.h"

namespace sallyport::control {
namespace {

using rules::ReachCell;
using rules::ReachLevel;
using rules::ReachParty;
using rules::ReachUsual;
using rules::reaching::kNothing;

constexpr std::size_t kMostBlocks = 40;

bool is_host(const ReachParty& party) { return party.kind == ReachParty::Kind::hosts; }

PictureLine line_of(const ReachParty& party, std::uint32_t index) {
  return {.label = party.name, .note = members_words(party), .parties = {index}, .apart = !is_host(party)};
}

}  // namespace

Picture::Picture(const rules::Reach& reach, std::string file) : reach_(reach), file_(std::move(file)) {
  by_receiver_.resize(reach_.to.size());
  for (const auto& cell : reach_.cells) by_receiver_[cell.to].push_back(&cell);
  std::map<std::uint32_t, std::size_t> counts;
  for (std::uint32_t i = 0; i < reach_.from.size(); ++i) {
    if (is_host(reach_.from[i])) ++counts[reach_.profile[i]];
  }
  std::size_t most = 0;
  for (const auto& [profile, count] : counts) {
    if (count > most) common_profile_ = profile;
    most = std::max(most, count);
  }
  if (folded()) {
    fold();
  } else {
    order_parties();
  }
}

const ReachCell* Picture::found(std::uint32_t from, std::uint32_t to) const {
  const auto& cells = by_receiver_[to];
  const auto at = std::ranges::lower_bound(cells, from, {}, &ReachCell::from);
  return at != cells.end() && (*at)->from == from ? *at : nullptr;
}

ReachUsual Picture::between(std::uint32_t from, std::uint32_t to) const {
  if (const auto* cell = found(from, to)) return {cell->open, cell->lost};
  return reach_.usual[to][reach_.profile[from]];
}

// What the internet reaches first, then what that reaches, and so on: tiers come out as stairs.
void Picture::order_parties() {
  std::map<std::string, std::uint32_t> receivers;
  for (std::uint32_t i = 0; i < reach_.to.size(); ++i) receivers[reach_.to[i].name] = i;
  std::vector<std::string> names;
  std::map<std::string, std::uint32_t> senders;
  for (std::uint32_t i = 0; i < reach_.from.size(); ++i) {
    senders[reach_.from[i].name] = i;
    if (!is_host(reach_.from[i])) names.push_back(reach_.from[i].name);
  }
  std::set<std::string> waiting;
  for (const auto* parties : {&reach_.from, &reach_.to}) {
    for (const auto& party : *parties) {
      if (is_host(party)) waiting.insert(party.name);
    }
  }
  std::deque<std::string> queue(names.begin(), names.end());
  std::vector<std::string> hosts;
  while (!queue.empty() || !waiting.empty()) {
    if (queue.empty()) {
      queue.push_back(*waiting.begin());
      hosts.push_back(queue.front());
      waiting.erase(waiting.begin());
    }
    const auto from = senders.find(queue.front());
    queue.pop_front();
    if (from == senders.end()) continue;
    for (auto next = waiting.begin(); next != waiting.end();) {
      const auto to = receivers.find(*next);
      if (to == receivers.end() || between(from->second, to->second).open == kNothing) {
        ++next;
        continue;
      }
      hosts.push_back(*next);
      queue.push_back(*next);
      next = waiting.erase(next);
    }
  }
  const auto lay_out = [&](const std::vector<ReachParty>& parties, const std::map<std::string, std::uint32_t>& index,
                           std::vector<PictureLine>& lines) {
    for (std::uint32_t i = 0; i < parties.size(); ++i) {
      if (!is_host(parties[i])) lines.push_back(line_of(parties[i], i));
    }
    for (const auto& name : hosts) {
      const auto found = index.find(name);
      if (found != index.end()) lines.push_back(line_of(parties[found->second], found->second));
    }
  };
  lay_out(reach_.from, senders, rows_);
  lay_out(reach_.to, receivers, columns_);
}

void Picture::fold() {
  const auto lay_out = [](const std::vector<ReachParty>& parties, std::vector<PictureLine>& lines) {
    std::vector<std::uint32_t> hosts;
    for (std::uint32_t i = 0; i < parties.size(); ++i) {
      if (is_host(parties[i])) {
        hosts.push_back(i);
      } else {
        lines.push_back(line_of(parties[i], i));
      }
    }
    for (auto& block : blocks_of(parties, std::move(hosts), kMostBlocks)) {
      std::size_t interfaces = 0;
      for (const auto i : block.parties) interfaces += parties[i].interfaces.size();
      lines.push_back({.label = std::move(block.label),
                       .note = std::to_string(interfaces) + " interfaces",
                       .parties = std::move(block.parties)});
    }
  };
  lay_out(reach_.to, columns_);
  lay_out(reach_.from, rows_);
  const auto hosts = std::ranges::find(rows_, false, &PictureLine::apart);
  rows_.insert(hosts, {.label = "most hosts", .note = "what is usual", .apart = true, .usual = true});
  count_blocks();
}

std::string Picture::title(std::uint32_t from, std::uint32_t to) const {
  const auto& sender = reach_.from[from];
  const auto& receiver = reach_.to[to];
  std::string text = sender.name + " → " + receiver.name + "\n";
  const auto* cell = found(from, to);
  const auto seen = between(from, to);
  if (seen.open != kNothing) text += traffic_words(reach_.traffic(seen.open), 16);
  if (seen.open != kNothing && cell != nullptr && !cell->all_alike) text += "\nnot between all of their addresses";
  if (cell != nullptr && cell->via != nullptr) text += "\nhanded to " + cell->via->first + ", which must forward it";
  if (seen.lost != kNothing) {
    text += (seen.open == kNothing ? "" : "\n") + std::string("let in, but the replies are lost: ") +
            traffic_words(reach_.traffic(seen.lost), 8);
  }
  if (seen.open == kNothing && seen.lost == kNothing) text += "nothing";
  if (cell != nullptr && is_listed(reach_, *cell)) {
    const auto listed = listed_traffic(reach_, *cell);
    for (const auto& [traffic, ranges] : std::span(listed).first(std::min<std::size_t>(listed.size(), 6))) {
      text += "\n  " + traffic_words(reach_.traffic(traffic), 6) + ": " + ranges_words(ranges, 3);
    }
  }
  if (cell == nullptr) {
    const auto proof = folded() ? std::nullopt : closed_pair(reach_, from, to);
    return proof ? text + "\n" + refusal_words(*proof, file_) + "\ne.g. " + packet_words(*proof) : text;
  }
  const auto own = reach_between(*reach_.ground, reach_.asked, cell->from_sample, cell->to_sample);
  const auto asked = own.open != kNothing ? own.open : own.lost != kNothing ? own.lost : reach_.asked;
  const auto proof = prove_reach(*reach_.ground, asked, cell->from_sample, cell->to_sample);
  return text + "\n" + reason_words(reach_, *cell, file_) + "\ne.g. " + packet_words(proof);
}

PictureCell Picture::single(std::uint32_t from, std::uint32_t to) const {
  PictureCell result;
  if (!is_host(reach_.from[from]) && !is_host(reach_.to[to]) && found(from, to) == nullptr) return result;
  const auto* cell = found(from, to);
  const auto seen = between(from, to);
  result.level = rules::level_of(reach_.traffic(seen.open));
  result.lost = seen.open == kNothing && seen.lost != kNothing;
  result.alike = cell == nullptr || cell->all_alike;
  result.words = short_words(reach_.traffic(seen.open));
  result.title = title(from, to);
  result.all_pairs = 1;
  result.pairs[static_cast<std::size_t>(result.level)] = 1;
  return result;
}

namespace {

// Counts sets by what they say, the most frequent first.
std::string frequent(const rules::Reach& reach, const std::map<rules::reaching::SetId, std::size_t>& counts) {
  std::vector<std::pair<std::size_t, rules::reaching::SetId>> sorted;
  for (const auto& [set, count] : counts) sorted.emplace_back(count, set);
  std::ranges::sort(sorted, std::ranges::greater{});
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(sorted.size(), 5); ++i) {
    text += "\n  " + std::to_string(sorted[i].first) + " × " + traffic_words(reach.traffic(sorted[i].second), 4);
  }
  if (sorted.size() > 5) text += "\n  and " + std::to_string(sorted.size() - 5) + " other sets";
  return text;
}

}  // namespace

PictureCell Picture::usual(const PictureLine& column) const {
  PictureCell result;
  if (column.apart) return result;
  std::map<rules::reaching::SetId, std::size_t> counts;
  for (const auto to : column.parties) {
    const auto open = is_host(reach_.to[to]) ? reach_.usual[to][common_profile_].open : kNothing;
    const auto level = rules::level_of(reach_.traffic(open));
    ++result.pairs[static_cast<std::size_t>(level)];
    result.level = std::max(result.level, level);
    ++counts[open];
  }
  result.all_pairs = column.parties.size();
  result.title = "most hosts → " + column.label + frequent(reach_, counts);
  return result;
}

void Picture::count(Counted& counted, rules::reaching::SetId open, std::size_t pairs) const {
  if (open == kNothing || pairs == 0) return;
  const auto level = rules::level_of(reach_.traffic(open));
  counted.pairs[static_cast<std::size_t>(level)] += pairs;
  counted.sets[open] += pairs;
  counted.worst = std::max(counted.worst, level);
}

// Of hosts: what is open beyond what most get. Of others, of which there are few: all that is open.
void Picture::count_blocks() {
  counted_.assign(rows_.size(), std::vector<Counted>(columns_.size()));
  auto& sets = reach_.ground->sets;
  std::vector<std::size_t> row_of(reach_.from.size());
  const std::size_t profiles = reach_.usual.empty() ? 1 : reach_.usual.front().size();
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    for (const auto from : rows_[row].parties) row_of[from] = row;
  }
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    const bool hosts = !columns_[column].apart;
    for (const auto to : columns_[column].parties) {
      const auto beyond = [&](rules::reaching::SetId open) {
        return hosts ? sets.subtract(open, reach_.usual[to][common_profile_].open) : open;
      };
      // How many of a row's parties of a profile get what is usual for it.
      std::vector<std::vector<std::size_t>> as_usual(rows_.size(), std::vector<std::size_t>(profiles));
      for (std::uint32_t from = 0; from < reach_.from.size(); ++from) ++as_usual[row_of[from]][reach_.profile[from]];
      for (const auto* cell : by_receiver_[to]) {
        const auto row = row_of[cell->from];
        --as_usual[row][reach_.profile[cell->from]];
        auto& counted = counted_[row][column];
        const auto open = rows_[row].apart ? cell->open : beyond(cell->open);
        const bool worst = open != kNothing && rules::level_of(reach_.traffic(open)) > counted.worst;
        if (worst) counted.example = cell;
        count(counted, open, 1);
      }
      for (std::size_t row = 0; row < rows_.size(); ++row) {
        for (std::size_t profile = 0; profile < profiles && !rows_[row].apart; ++profile) {
          count(counted_[row][column], beyond(reach_.usual[to][profile].open), as_usual[row][profile]);
        }
      }
    }
  }
}

PictureCell Picture::block(std::size_t row, std::size_t column) const {
  if (rows_[row].apart && columns_[column].apart) return {};
  const auto& counted = counted_[row][column];
  PictureCell result{.level = counted.worst, .pairs = counted.pairs};
  result.all_pairs = rows_[row].parties.size() * columns_[column].parties.size();
  std::size_t open = 0;
  for (std::size_t level = 1; level < 4; ++level) open += result.pairs[level];
  result.pairs[0] = result.all_pairs - open;
  const bool hosts = !rows_[row].apart && !columns_[column].apart;
  result.title = rows_[row].label + " → " + columns_[column].label + "\n" + std::to_string(open) + " of " +
                 std::to_string(result.all_pairs) + " pairs have " + (hosts ? "more than is usual" : "something open") +
                 frequent(reach_, counted.sets);
  if (counted.example != nullptr) result.title += "\ne.g. " + title(counted.example->from, counted.example->to);
  return result;
}

PictureCell Picture::cell(std::size_t row, std::size_t column) const {
  const auto& from = rows_[row];
  const auto& to = columns_[column];
  if (from.usual) return usual(to);
  return folded() ? block(row, column) : single(from.parties.front(), to.parties.front());
}

std::string Picture::subtitle() const {
  std::set<std::string_view> interfaces;
  std::set<std::string_view> groups;
  std::size_t parties = 0;
  for (const auto* side : {&reach_.from, &reach_.to}) {
    for (const auto& party : *side) {
      interfaces.insert(party.interfaces.begin(), party.interfaces.end());
      groups.insert(party.groups.begin(), party.groups.end());
    }
  }
  for (const auto& party : reach_.to) parties += is_host(party) ? 1U : 0U;
  std::string text = std::to_string(interfaces.size()) + " interfaces, " + std::to_string(groups.size()) +
                     " groups in " + std::to_string(parties) + " combinations. Rows ask, columns answer.";
  if (folded()) text += " Squares: pairs that get more than most.";
  return text;
}

std::vector<std::string> Picture::remarks() const {
  std::vector<std::string> reached;
  std::vector<std::string> lost;
  std::size_t hosts = 0;
  for (const auto& cell : reach_.cells) {
    const auto& from = reach_.from[cell.from];
    const auto& to = reach_.to[cell.to];
    if (from.kind == ReachParty::Kind::internet && cell.open != kNothing) {
      reached.push_back(to.name + " (" + traffic_words(reach_.traffic(cell.open), 4) + ")");
    }
    if (cell.lost != kNothing && !folded()) lost.push_back(from.name + " → " + to.name);
  }
  for (const auto& party : reach_.from) hosts += is_host(party) ? 0U : 1U;
  std::vector<std::string> remarks;
  if (hosts > 0) {
    remarks.push_back("Reached by anyone on the internet: " + (reached.empty() ? "nobody" : joined(reached, 6)) + ".");
  }
  if (!lost.empty()) remarks.push_back("Let in, but replies are lost: " + joined(lost, 6) + ".");
  return remarks;
}

}  // namespace sallyport::control
