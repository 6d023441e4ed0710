// Ports for administration, and those that databases use, that a group opens to the whole internet, where an interface
// with that group is reached from there.
//
// Owner: rules/analyze. Reached: it has a public address, its subnet routes to the internet, and its ACL lets the port
// in from public addresses at large. A rule is open when its CIDRs, or one of its lists, hold every public address, in
// one piece or in several.
#include <array>
#include <bitset>

#include "rules/analyze/lint_acl_sets.h"

namespace sallyport::rules::linting {
namespace {

struct Port {
  std::uint16_t number;
  std::string_view service;
  LintKind kind;
};

constexpr std::array kPorts{Port{22, "ssh", LintKind::open_admin_port},
                            Port{3389, "rdp", LintKind::open_admin_port},
                            Port{1433, "SQL Server", LintKind::open_database_port},
                            Port{1521, "Oracle", LintKind::open_database_port},
                            Port{3306, "MySQL", LintKind::open_database_port},
                            Port{5432, "PostgreSQL", LintKind::open_database_port},
                            Port{6379, "Redis", LintKind::open_database_port},
                            Port{9042, "Cassandra", LintKind::open_database_port},
                            Port{9200, "Elasticsearch", LintKind::open_database_port},
                            Port{11211, "Memcached", LintKind::open_database_port},
                            Port{27017, "MongoDB", LintKind::open_database_port}};
using Open = std::bitset<kPorts.size()>;

constexpr Prefix kEverywhere{};
// An ACL entry for a longer prefix names addresses; it does not open a port to everybody.
constexpr std::uint8_t kWide = 8;
constexpr unsigned kNotPublic = kAsideVpc | kAsideUnroutable | kAsidePrivate;

// The interfaces with a group that are reached from the internet at a port: the first, and how many.
struct Reached {
  NamedRef<Interface> first = nullptr;
  std::size_t count = 0;
};

class OpenPortFinder {
 public:
  explicit OpenPortFinder(Lint& lint) : lint_(lint), asides_(common_asides(lint.policy)) {
    for (const auto& [prefix, kind] : asides_) {
      if ((kind & kNotPublic) != 0) not_public_.push_back(interval_of(prefix));
    }
  }

  void find() {
    for (const auto& interface : lint_.policy.interfaces) {
      if (!interface.second.public_ip) continue;
      const auto& open = open_to(interface.second.subnet);
      if (open.none()) continue;
      for (const auto& group : interface.second.security_groups) note(interface, open, reached_[group]);
    }
    for (const auto& [name, group] : lint_.policy.security_groups) {
      const auto found = reached_.find(name);
      if (found == reached_.end()) continue;
      for (std::size_t i = 0; i < group.ingress.size(); ++i) look_at(name, i, group.ingress[i], found->second);
    }
  }

 private:
  using ReachedByPort = std::array<Reached, kPorts.size()>;

  static void note(const std::pair<const std::string, Interface>& interface, const Open& open, ReachedByPort& reached) {
    for (std::size_t port = 0; port < kPorts.size(); ++port) {
      if (!open[port]) continue;
      if (reached[port].first == nullptr) reached[port].first = &interface;
      ++reached[port].count;
    }
  }

  // The ports at which hosts of a subnet are reached from the internet, groups aside.
  const Open& open_to(const std::string& name) {
    const auto [found, added] = open_by_subnet_.try_emplace(name);
    if (!added) return found->second;
    const auto& subnet = lint_.policy.subnets.find(name)->second;
    const auto& routes = lint_.policy.route_tables.find(subnet.route_table)->second.routes;
    if (std::ranges::find(routes, RouteTarget::internet, &Route::target) != routes.end()) {
      found->second = open_by_acl(subnet.network_acl);
    }
    return found->second;
  }

  Open open_by_acl(const std::string& name) {
    const auto [found, added] = open_by_acl_.try_emplace(name);
    if (!added) return found->second;
    const AclSets sets(lint_.policy.network_acls.find(name)->second, asides_);
    auto budget = lint_.allot();
    for (std::size_t i = 0; i < kPorts.size(); ++i) {
      const auto traffic = traffic_of(kProtocolTcp, {kPorts[i].number, kPorts[i].number});
      const auto let_in = sets.admitted(Side::ingress, kEverywhere, traffic, kNotPublic, budget, kWide);
      found->second[i] = let_in && !budget.exhausted();
    }
    const auto& acl = lint_.policy.network_acls.find(name)->second;
    lint_.settle(budget, acl.where, pointer_to("network_acls", name), "the entries of ACL " + quoted(name));
    return found->second;
  }

  [[nodiscard]] bool is_whole_internet(const std::vector<Prefix>& prefixes) const {
    if (std::ranges::find(prefixes, kEverywhere) != prefixes.end()) return true;
    double size = 0;
    for (const auto& prefix : prefixes) size += 1.0 + prefix.last().value - prefix.first().value;
    if (size < 0x80000000U) return false;
    auto intervals = not_public_;
    for (const auto& prefix : prefixes) intervals.push_back(interval_of(prefix));
    return holds(merged(std::move(intervals)), kEveryAddress);
  }

  bool is_open_list(const std::string& name) {
    const auto [found, added] = open_lists_.try_emplace(name, false);
    if (added) found->second = is_whole_internet(lint_.policy.prefix_lists.find(name)->second.entries);
    return found->second;
  }

  void look_at(const std::string& group, std::size_t number, const GroupRule& rule, const ReachedByPort& reached) {
    const auto traffic = box_of(rule.traffic);
    const bool open = is_whole_internet(rule.cidr_blocks) ||
                      std::ranges::any_of(rule.prefix_lists, [&](const auto& list) { return is_open_list(list); });
    if (!open) return;
    for (const auto kind : {LintKind::open_admin_port, LintKind::open_database_port}) {
      std::vector<std::size_t> ports;
      for (std::size_t i = 0; i < kPorts.size(); ++i) {
        const bool admitted = traffic.contains(traffic_of(kProtocolTcp, {kPorts[i].number, kPorts[i].number}));
        if (kPorts[i].kind == kind && admitted && reached[i].first != nullptr) ports.push_back(i);
      }
      if (ports.empty()) continue;
      // A rule for everything is one warning: whoever reads it knows that databases are among that.
      if (kind == LintKind::open_database_port && rule.traffic.protocol == kAnyProtocol) continue;
      report(kind, group, number, rule, reached[ports.front()], ports);
    }
  }

  void report(LintKind kind, const std::string& group, std::size_t number, const GroupRule& rule,
              const Reached& reached, const std::vector<std::size_t>& ports) {
    lint_.report(kind, rule.where, [&] {
      std::vector<std::string> names;
      for (const auto port : ports) {
        names.push_back(std::string(kPorts[port].service) + " (tcp " + std::to_string(kPorts[port].number) + ')');
      }
      const auto& [name, interface] = *reached.first;
      auto message = "rule " + rule_name(group, Side::ingress, number) + " (" + words(rule, Side::ingress) + ") opens ";
      message += kind == LintKind::open_admin_port ? listed(names) + " to the whole internet"
                                                   : "ports of databases to the whole internet: " + listed(names);
      const auto* remedy = kind == LintKind::open_admin_port ? "admit the addresses you administer from"
                                                             : "if one listens there, admit its clients alone";
      auto whom = "interface " + quoted(name) + " is reached at " + to_string(*interface.public_ip);
      if (reached.count > 1) whom += ", and " + std::to_string(reached.count - 1) + " more with this group";
      return Finding{pointer_to_rule(group, Side::ingress, number),
                     message,
                     remedy,
                     {{interface.where, pointer_to("interfaces", name), whom}}};
    });
  }

  Lint& lint_;
  std::vector<Aside> asides_;
  std::vector<Interval> not_public_;
  std::unordered_map<std::string_view, Open> open_by_subnet_;
  std::unordered_map<std::string_view, Open> open_by_acl_;
  std::unordered_map<std::string_view, bool> open_lists_;
  std::unordered_map<std::string_view, ReachedByPort> reached_;  // by group
};

}  // namespace

void find_open_ports(Lint& lint) { OpenPortFinder(lint).find(); }

}  // namespace sallyport::rules::linting
