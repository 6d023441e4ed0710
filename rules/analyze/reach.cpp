// Every sender with every receiver. Owner: rules/analyze. See reach.h.
#include "rules/analyze/reach.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "rules/analyze/reach_ends.h"
#include "rules/analyze/reach_hosts.h"
#include "rules/analyze/reach_outside.h"

namespace sallyport::rules {
namespace {

using reaching::End;
using reaching::Ends;
using reaching::Ground;
using reaching::kNothing;
using reaching::NamedInterface;
using reaching::Outside;
using reaching::SetId;

class Assembly {
 public:
  Assembly(const Policy& policy, const ReachQuestion& question)
      : question_(question), result_{.ground = std::make_unique<Ground>(policy)} {
    result_.asked = ground().sets.intern(question.traffic);
    senders_ = ends_of(ground(), question.from.inside);
    receivers_ = ends_of(ground(), question.to.inside);
  }

  std::expected<Reach, std::string> run(const GoOn& told) {
    constexpr double kHosts = 0.6;
    constexpr double kOutwards = 0.9;
    result_.from = senders_.parties;
    result_.to = receivers_.parties;
    const std::size_t pairs = result_.from.size() * result_.to.size();
    result_.complete = pairs <= Reach::kMostPairsListed;
    if (auto hosts = reaching::between_hosts(result_, senders_, receivers_, part_of(told, 0, kHosts)); !hosts) {
      return std::unexpected(hosts.error());
    }
    to_public_addresses();
    const bool whole =
        to_the_internet(part_of(told, kHosts, kOutwards)) && from_the_internet(part_of(told, kOutwards, 1));
    if (!whole) {
      return std::unexpected("rules tell too many addresses of the internet apart to compare all with " +
                             std::to_string(senders_.ends.size()) + " hosts; --from and --to narrow the question");
    }
    std::ranges::stable_sort(result_.cells, {}, [](const ReachCell& cell) { return std::pair(cell.to, cell.from); });
    // Nothing is usual of those that are no hosts, and of them.
    const auto others = static_cast<std::uint32_t>(profiles());
    result_.profile.resize(result_.from.size(), others);
    result_.usual.resize(result_.to.size());
    for (auto& usual : result_.usual) usual.resize(others + std::size_t{1});
    return std::move(result_);
  }

 private:
  Ground& ground() { return *result_.ground; }
  std::size_t profiles() const {
    return result_.profile.empty() ? 1 : std::size_t{1} + *std::ranges::max_element(result_.profile);
  }

  static std::uint32_t add(std::vector<ReachParty>& parties, ReachParty::Kind kind, std::string name,
                           std::uint64_t addresses) {
    parties.push_back({.kind = kind, .name = std::move(name), .addresses = addresses});
    return static_cast<std::uint32_t>(parties.size() - 1);
  }

  static std::uint64_t count_of(const std::vector<literal::Range>& ranges) {
    std::uint64_t count = 0;
    for (const auto& range : ranges) count += std::uint64_t{range.last} - range.first + 1;
    return count;
  }

  void merge(ReachCell& cell, SetId open, SetId lost, Ipv4 from, Ipv4 to) {
    auto& sets = ground().sets;
    const bool better = (cell.open == kNothing && open != kNothing) ||
                        (cell.open == kNothing && cell.lost == kNothing && lost != kNothing);
    if (better || cell.from_sample == Ipv4{}) {
      cell.from_sample = from;
      cell.to_sample = to;
    }
    cell.open = sets.unite(cell.open, open);
    cell.lost = sets.unite(cell.lost, lost);
  }

  // Public addresses of the policy's own, where they were asked for as such: reflected by the internet gateway.
  void to_public_addresses() {
    for (const Ipv4 address : question_.to.public_addresses) {
      const auto to = add(result_.to, ReachParty::Kind::address, to_string(address), 1);
      result_.to[to].samples = {address};
      if (const auto owner = ground().public_owner(address)) result_.to[to].interfaces = {owner->first};
      std::map<std::uint32_t, ReachCell> cells;
      for (const End& end : senders_.ends) {
        const auto seen = reach_between(ground(), result_.asked, end.sample, address);
        auto& cell = cells.try_emplace(end.party, ReachCell{.from = end.party, .to = to}).first->second;
        merge(cell, seen.open, seen.lost, end.sample, address);
      }
      for (const auto& [party, cell] : cells) {
        if (cell.open != kNothing || cell.lost != kNothing) result_.cells.push_back(cell);
      }
    }
  }

  // The parts of one end become cells: what most addresses get, what others get beyond that, what appliances get.
  struct OutsideCells {
    ReachCell internet, listed;
    std::map<NamedInterface, ReachCell> beyond;
  };

  void spread(const std::vector<OutsidePart>& parts, Ipv4 inside, bool outwards, OutsideCells& cells) {
    const auto most = std::ranges::find(parts, nullptr, &OutsidePart::via);
    for (const auto& part : parts) {
      const Ipv4 outside = sample_of(part.ranges);
      const auto put = [&](ReachCell& cell, SetId open, SetId lost) {
        cell.all_alike = cell.all_alike && (cell.parts == nullptr || (cell.open == open && cell.lost == lost));
        cell.hosts_alike = cell.hosts_alike && (cell.parts == nullptr || cell.parts == &parts);
        merge(cell, open, lost, outwards ? inside : outside, outwards ? outside : inside);
        if (cell.parts == nullptr) cell.parts = &parts;
      };
      if (part.via != nullptr) {
        auto& cell = cells.beyond[part.via];
        cell.via = part.via;
        put(cell, part.open, part.lost);
      } else if (&part == &*most) {
        put(cells.internet, part.open, part.lost);
      } else {
        put(cells.listed, ground().sets.subtract(part.open, most->open), kNothing);
      }
    }
  }

  // An address that could be somebody's rather than the first of all.
  static Ipv4 sample_of(const std::vector<literal::Range>& ranges) {
    constexpr std::uint32_t kSomebody = 0xC633'6407;  // 198.51.100.7 (RFC 5737)
    for (const auto& range : ranges) {
      if (range.first <= kSomebody && kSomebody <= range.last) return Ipv4{kSomebody};
    }
    const auto& first = ranges.front();
    return Ipv4{first.last > first.first ? first.first + 1 : first.first};
  }

  void keep(ReachCell cell, std::uint32_t from, std::uint32_t to) {
    if (cell.open == kNothing && cell.lost == kNothing) return;
    cell.from = from;
    cell.to = to;
    result_.cells.push_back(cell);
  }

  static bool has_any(const std::map<std::uint32_t, OutsideCells>& all, ReachCell OutsideCells::* which) {
    return std::ranges::any_of(all, [&](const auto& each) { return (each.second.*which).open != kNothing; });
  }

  [[nodiscard]] static std::string outside_name(const ReachSelection& selection) {
    return selection.name.empty() ? "internet" : selection.name;
  }

  // False where it was told to stop.
  bool to_the_internet(const GoOn& told) {
    if (question_.to.outside.empty()) return true;
    Outside outside(ground(), question_.to.outside, result_.asked);
    std::map<std::uint32_t, OutsideCells> by_party;
    for (std::size_t i = 0; i < senders_.ends.size(); ++i) {
      if (!go_on(told, i, senders_.ends.size())) return false;
      const End& end = senders_.ends[i];
      spread(*outside.from_end(end), end.sample, true, by_party[end.party]);
    }
    const auto count = count_of(question_.to.outside);
    const auto internet = add(result_.to, ReachParty::Kind::internet, outside_name(question_.to), count);
    result_.to[internet].samples = {sample_of(question_.to.outside)};
    if (has_any(by_party, &OutsideCells::listed)) {
      const auto listed = add(result_.to, ReachParty::Kind::listed, "listed addresses", 0);
      for (const auto& [party, cells] : by_party) keep(cells.listed, party, listed);
    }
    std::map<std::string, std::pair<NamedInterface, std::uint32_t>> appliances;
    for (const auto& [party, cells] : by_party) {
      keep(cells.internet, party, internet);
      for (const auto& [via, cell] : cells.beyond) {
        auto [known, added] = appliances.try_emplace(via->first, via, 0);
        if (added) known->second.second = add(result_.to, ReachParty::Kind::beyond, "beyond " + via->first, 0);
        keep(cell, party, known->second.second);
      }
    }
    keep_parts(outside);
    return true;
  }

  bool from_the_internet(const GoOn& told) {
    if (question_.from.outside.empty()) return true;
    Outside outside(ground(), question_.from.outside, result_.asked);
    std::map<std::uint32_t, OutsideCells> by_party;
    for (std::size_t i = 0; i < receivers_.ends.size(); ++i) {
      if (!go_on(told, i, receivers_.ends.size())) return false;
      const End& end = receivers_.ends[i];
      if (!end.translated) continue;
      const Ipv4 address = *ground().host_of(end.sample)->interface->second.public_ip;
      spread(*outside.to_end(end), address, false, by_party[end.party]);
    }
    const auto first_public = static_cast<std::uint32_t>(receivers_.parties.size());
    for (std::uint32_t i = 0; i < question_.to.public_addresses.size(); ++i) {
      const Ipv4 address = question_.to.public_addresses[i];
      const auto owner = ground().public_owner(address);
      if (owner == nullptr) continue;
      const auto host = ground().host_of(owner);
      const End end{.host = host, .sample = owner->second.private_ips.front(), .place = ~0U - i, .translated = true};
      spread(*outside.to_end(end), address, false, by_party[first_public + i]);
    }
    const auto count = count_of(question_.from.outside);
    const auto internet = add(result_.from, ReachParty::Kind::internet, outside_name(question_.from), count);
    result_.from[internet].samples = {sample_of(question_.from.outside)};
    for (const auto& [party, cells] : by_party) keep(cells.internet, internet, party);
    if (has_any(by_party, &OutsideCells::listed)) {
      const auto listed = add(result_.from, ReachParty::Kind::listed, "listed addresses", 0);
      for (const auto& [party, cells] : by_party) keep(cells.listed, listed, party);
    }
    keep_parts(outside);
    return true;
  }

  void keep_parts(Outside& outside) {
    for (auto& parts : outside.take()) result_.kept_parts.push_back(std::move(parts));
  }

  const ReachQuestion& question_;
  Reach result_;
  Ends senders_, receivers_;
};

}  // namespace

std::expected<Reach, std::string> reach(const Policy& policy, const ReachQuestion& question, const GoOn& told) {
  return Assembly(policy, question).run(told);
}

ReachUsual reach_between(Ground& ground, SetId asked, Ipv4 from, Ipv4 to) {
  const auto way = way_between(ground, from, to);
  auto& sets = ground.sets;
  SetId passed = sets.intersect(asked, way.passes);
  const auto sender = ground.in_vpc(from) && !way.exempt ? ground.host_of(from) : std::nullopt;
  if (sender) passed = sets.intersect(passed, ground.groups(*sender->groups, literal::Side::egress, to));
  if (way.receiver && !way.exempt) {
    passed = sets.intersect(passed, ground.groups(*way.receiver->groups, literal::Side::ingress, way.seen_from));
  }
  return {sets.intersect(passed, way.answered), lost_of(ground, passed, way.answered)};
}

ReachLevel level_of(const TrafficSet& traffic) {
  // ssh, telnet, rdp, winrm; SQL Server, Oracle, MySQL, PostgreSQL, Redis, Cassandra, Elasticsearch, memcached,
  // MongoDB.
  static constexpr std::uint32_t kAdmin[] = {22,   23,   1433, 1521, 3306, 3389,  5432,
                                             5985, 5986, 6379, 9042, 9200, 11211, 27017};
  static const TrafficSet kAll{{{{0, 65535}}, {{0, 65535}}, {{0, 65535}}, {{0, 255}}}};
  if (traffic[0] == kAll[0] && traffic[1] == kAll[1]) return ReachLevel::everything;
  if (traffic == TrafficSet{}) return ReachLevel::nothing;
  for (const auto& keys : traffic[0]) {
    for (const auto port : kAdmin) {
      if (keys.first <= port && port <= keys.last) return ReachLevel::admin;
    }
  }
  return ReachLevel::some;
}

}  // namespace sallyport::rules
