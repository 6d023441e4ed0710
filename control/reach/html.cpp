// The heat map as one page: the picture as it is printed, and a script that searches and opens blocks.
//
// Owner: control/reach. Always: the page works without the script; the script puts names in as text, never as markup.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "control/reach/blocks.h"
#include "control/reach/outputs.h"
#include "control/reach/svg.h"
#include "control/reach/words.h"

namespace sallyport::control {
namespace {

using Json = nlohmann::json;
using rules::ReachParty;
using rules::reaching::SetId;

constexpr std::string_view kPageStyle =
#include "control/reach/page.css.inc"
    ;
constexpr std::string_view kPageScript =
#include "control/reach/page.js.inc"
    ;

// What the script needs; see page.js.inc for how it reads it.
class PageData {
 public:
  explicit PageData(const Picture& picture) : picture_(picture), reach_(picture.reach()) {}

  std::string text() {
    Json data{{"from", parties(reach_.from)}, {"to", parties(reach_.to)}, {"folded", picture_.folded()}};
    data["rows"] = lines(picture_.rows());
    data["columns"] = lines(picture_.columns());
    data["profile"] = reach_.profile;
    data["common"] = picture_.most_common_profile();
    if (picture_.folded()) {
      auto& usual = data["usual"] = Json::array();
      for (const auto& of_receiver : reach_.usual) {
        auto sets = Json::array();
        for (const auto& each : of_receiver) sets.push_back(set(each.open));
        usual.push_back(std::move(sets));
      }
    }
    data["cells"] = cells();
    data["rules"] = std::move(rules_);
    data["sets"] = std::move(sets_);
    auto text = data.dump();
    // "</script" cannot stand in it.
    for (std::size_t at = text.find('<'); at != std::string::npos; at = text.find('<', at + 6)) {
      text.replace(at, 1, "\\u003c");
    }
    return text;
  }

 private:
  // [name, note, what search looks at besides, host or not], in natural order by `order`.
  static Json parties(const std::vector<ReachParty>& parties) {
    auto list = Json::array();
    std::vector<std::uint32_t> order(parties.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, [&](auto a, auto b) { return natural_less(parties[a].name, parties[b].name); });
    std::vector<std::uint32_t> rank(parties.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) rank[order[i]] = i;
    for (std::size_t i = 0; i < parties.size(); ++i) {
      const auto& party = parties[i];
      std::string search;
      for (const auto& name : party.interfaces) search += name + " ";
      for (const auto& name : party.subnets) search += name + " ";
      const bool host = party.kind == ReachParty::Kind::hosts;
      list.push_back(Json::array({party.name, members_words(party), search, host ? 1 : 0, rank[i]}));
    }
    return list;
  }

  static Json lines(const std::vector<PictureLine>& lines) {
    auto list = Json::array();
    for (const auto& line : lines) {
      list.push_back(Json::array({line.label, line.note, line.parties, line.apart ? 1 : 0, line.usual ? 1 : 0}));
    }
    return list;
  }

  // [level, words for a cell, words]
  std::size_t set(SetId id) {
    const auto [known, added] = known_sets_.try_emplace(id, sets_.size());
    if (added) {
      const auto& traffic = reach_.traffic(id);
      sets_.push_back(Json::array({static_cast<int>(rules::level_of(traffic)), short_words(traffic),
                                   id == rules::reaching::kNothing ? "nothing" : traffic_words(traffic, 12)}));
    }
    return known->second;
  }

  // -1: none.
  int rules_at(const std::vector<rules::ReachStep>& rules) {
    if (rules.empty()) return -1;
    const auto text = rules_words(rules, picture_.file());
    const auto [known, added] = known_rules_.try_emplace(text, rules_.size());
    if (added) rules_.push_back(text);
    return static_cast<int>(known->second);
  }

  // Flat: from, to, open, lost, alike, the rules at the sender, the rules at the receiver.
  Json cells() {
    auto list = Json::array();
    for (const auto& cell : reach_.cells) {
      int leaving = -1;
      int arriving = -1;
      if (picture_.folded() && cell.open != rules::reaching::kNothing) {
        const auto own = reach_between(*reach_.ground, reach_.asked, cell.from_sample, cell.to_sample);
        const auto behind = rules_of(reach_, cell, own.open);
        leaving = rules_at(behind.leaving);
        arriving = rules_at(behind.arriving);
      }
      for (const auto value : {static_cast<int>(cell.from), static_cast<int>(cell.to), static_cast<int>(set(cell.open)),
                               static_cast<int>(set(cell.lost)), cell.all_alike ? 1 : 0, leaving, arriving}) {
        list.push_back(value);
      }
    }
    return list;
  }

  const Picture& picture_;
  const rules::Reach& reach_;
  Json sets_ = Json::array();
  Json rules_ = Json::array();
  std::unordered_map<SetId, std::size_t> known_sets_;
  std::unordered_map<std::string, std::size_t> known_rules_;
};

}  // namespace

std::string reach_html(const Picture& picture) {
  std::string page = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  page += "<meta name=\"viewport\" content=\"width=device-width\">\n";
  page +=
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "script-src 'unsafe-inline'\">\n";
  page += "<title>Who can talk to whom: " + escaped(picture.file()) + "</title>\n<style>";
  page += std::string(heat_map_style()) + std::string(kPageStyle) + "</style>\n</head>\n<body class=\"reach\">\n";
  page +=
      "<nav id=\"tools\" hidden><input id=\"search\" type=\"search\" placeholder=\"Find a group, interface or subnet\" "
      "aria-label=\"Find\"><button id=\"whole\" type=\"button\" hidden>Whole picture</button>"
      "<span id=\"told\"></span></nav>\n<main id=\"picture\">\n";
  page += svg_of(picture, false);
  page += "</main>\n<aside id=\"card\" hidden></aside>\n<script type=\"application/json\" id=\"data\">";
  page += PageData(picture).text();
  page += "</script>\n<script>" + std::string(kPageScript) + "</script>\n</body>\n</html>\n";
  return page;
}

}  // namespace sallyport::control
