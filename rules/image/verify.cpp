// The inner checks of an image; see the header. Owner: rules/image.
#include "rules/image/verify.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <string_view>

#include "rules/image/verify_maps.h"

namespace sallyport::rules {
namespace {

using layout::kNoIndex;
using layout::SectionId;
using layout::Tables;
using layout::TextRef;

class Verifier {
 public:
  explicit Verifier(const Tables& tables) : t_(tables), maps_(tables.lines()) {}

  std::optional<std::string> run() {
    using Check = void (Verifier::*)();
    // Each relies only on those before it.
    static constexpr std::array kChecks{
        &Verifier::options,       &Verifier::names,        &Verifier::subnets,      &Verifier::interfaces,
        &Verifier::groups,        &Verifier::publish,      &Verifier::nat_gateways, &Verifier::owners,
        &Verifier::public_owners, &Verifier::address_maps, &Verifier::rules,        &Verifier::predicates,
        &Verifier::row_buckets,   &Verifier::descriptors,  &Verifier::routes,       &Verifier::route_tables,
        &Verifier::lines,
    };
    for (const Check check : kChecks) {
      (this->*check)();
      if (problem_) return problem_;
    }
    return std::nullopt;
  }

 private:
  void require(bool holds, SectionId section, std::size_t record, std::string_view what) {
    if (holds || problem_) return;
    problem_ = "malformed: section " + std::string(layout::kSections[static_cast<std::size_t>(section) - 1].name) +
               ", record " + std::to_string(record) + ": " + std::string(what);
  }
  static bool in_range(std::uint64_t begin, std::uint64_t count, std::size_t size) { return begin + count <= size; }
  [[nodiscard]] bool text_ok(TextRef ref) const { return in_range(ref.offset, ref.size, t_.strings().size()); }
  static bool prefix_ok(const layout::PrefixRecord& prefix) {
    if (prefix.length > 32) return false;
    const Prefix value{.base = Ipv4{prefix.base}, .length = static_cast<std::uint8_t>(prefix.length)};
    return (prefix.base & ~value.mask()) == 0;
  }
  // Names that are searched must be sorted.
  void require_names(SectionId section, std::size_t count, auto&& name_of) {
    for (std::size_t i = 0; i < count && !problem_; ++i) {
      require(text_ok(name_of(i)), section, i, "name outside the strings");
      if (problem_ || i == 0) continue;
      require(t_.text_at(name_of(i - 1)) < t_.text_at(name_of(i)), section, i, "not in order of name");
    }
  }

  void options() {
    // Of a section with one record the count is the only thing that can be wrong before it is read.
    require(t_.has_options(), SectionId::options, 0, "there is not exactly one record");
    if (problem_) return;
    const auto& o = t_.options();
    require(o.internet_gateway <= 1 && o.tcp_pickup <= 1 && o.allow_private_internet <= 1, SectionId::options, 0,
            "neither yes nor no");
    require(o.on_policy_change <= static_cast<std::uint32_t>(OnPolicyChange::cut), SectionId::options, 0,
            "unknown on_policy_change");
    require(o.named_interfaces <= t_.interfaces().size(), SectionId::options, 0, "more interfaces than there are");
    for (std::size_t i = 0; i < t_.vpc_cidrs().size(); ++i) {
      require(prefix_ok(t_.vpc_cidrs()[i]), SectionId::vpc_cidrs, i, "not a prefix");
    }
  }

  void names() {
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20U || c == 0x7F; };
    require(std::ranges::none_of(t_.file_name(), is_control), SectionId::file_name, 0, "control characters in a name");
    require_names(SectionId::groups, t_.groups().size(), [&](std::size_t i) { return t_.groups()[i]; });
    require_names(SectionId::acls, t_.acls().size(), [&](std::size_t i) { return t_.acls()[i]; });
    require_names(SectionId::subnets, t_.subnets().size(), [&](std::size_t i) { return t_.subnets()[i].name; });
    require_names(SectionId::interfaces, t_.options().named_interfaces,
                  [&](std::size_t i) { return t_.interfaces()[i].name; });
    require_names(SectionId::nat_gateways, t_.nat_gateways().size(),
                  [&](std::size_t i) { return t_.nat_gateways()[i].name; });
    require_names(SectionId::route_tables, t_.route_tables().size(),
                  [&](std::size_t i) { return t_.route_tables()[i].name; });
  }

  void subnets() {
    constexpr auto kSection = SectionId::subnets;
    for (std::size_t i = 0; i < t_.subnets().size() && !problem_; ++i) {
      const auto& subnet = t_.subnets()[i];
      require(prefix_ok(subnet.prefix), kSection, i, "not a prefix");
      require(subnet.acl < t_.acls().size(), kSection, i, "no such ACL");
      require(subnet.table < t_.route_tables().size(), kSection, i, "no such route table");
      require(subnet.host_interface == kNoIndex || is_host(subnet.host_interface), kSection, i,
              "no such host interface");
    }
  }

  [[nodiscard]] bool is_named(std::uint32_t interface) const { return interface < t_.options().named_interfaces; }
  [[nodiscard]] bool is_host(std::uint32_t interface) const {
    return !is_named(interface) && interface < t_.interfaces().size();
  }

  void interfaces() {
    constexpr auto kSection = SectionId::interfaces;
    const auto lists = t_.interface_groups();
    require(lists.size() == t_.interfaces().size(), SectionId::interface_groups, 0, "not one for each interface");
    for (std::size_t i = 0; i < lists.size() && !problem_; ++i) {
      require(lists[i] < t_.group_lists().size(), SectionId::interface_groups, i, "no such list of groups");
    }
    for (std::uint32_t i = 0; i < t_.interfaces().size() && !problem_; ++i) {
      const auto& interface = t_.interfaces()[i];
      const bool host = (interface.flags & layout::kIsHost) != 0;
      require(text_ok(interface.name), kSection, i, "name outside the strings");
      require(interface.subnet < t_.subnets().size(), kSection, i, "no such subnet");
      require(in_range(interface.address_begin, interface.address_count, t_.private_ips().size()), kSection, i,
              "addresses outside the table");
      require(in_range(interface.publish_begin, interface.publish_count, t_.publish().size()), kSection, i,
              "publish outside the table");
      require(interface.flags <= (layout::kSourceDestCheck | layout::kIsHost | layout::kHasMac), kSection, i,
              "unknown flags");
      require(host == is_host(i) && host == (interface.address_count == 0), kSection, i,
              "neither a named interface nor a subnet's");
      require(interface.unused == decltype(interface.unused){}, kSection, i, "unused bytes are not zero");
    }
  }

  void groups() {
    for (std::size_t i = 0; i < t_.group_lists().size() && !problem_; ++i) {
      const auto& list = t_.group_lists()[i];
      require(in_range(list.begin, list.count, t_.list_groups().size()), SectionId::group_lists, i,
              "groups outside the table");
    }
    for (std::size_t i = 0; i < t_.list_groups().size() && !problem_; ++i) {
      require(t_.list_groups()[i] < t_.groups().size(), SectionId::list_groups, i, "no such group");
    }
  }

  void publish() {
    for (std::size_t i = 0; i < t_.publish().size() && !problem_; ++i) {
      const PublishInfo& publish = t_.publish()[i];
      require(publish.first_port <= publish.last_port &&
                  publish.target_first_port + (publish.last_port - publish.first_port) <= 65535,
              SectionId::publish, i, "not a port range");
      require(publish.protocol == kProtocolTcp || publish.protocol == kProtocolUdp, SectionId::publish, i,
              "neither tcp nor udp");
      require(publish.unused == 0, SectionId::publish, i, "unused bytes are not zero");
    }
  }

  void nat_gateways() {
    for (std::size_t i = 0; i < t_.nat_gateways().size() && !problem_; ++i) {
      const auto& nat = t_.nat_gateways()[i];
      require(nat.subnet < t_.subnets().size(), SectionId::nat_gateways, i, "no such subnet");
      require(in_range(nat.public_begin, nat.public_count, t_.nat_public_ips().size()), SectionId::nat_gateways, i,
              "public addresses outside the table");
    }
  }

  [[nodiscard]] bool owner_index_ok(std::uint32_t kind, std::uint32_t index) const {
    if (kind > static_cast<std::uint32_t>(OwnerKind::broadcast)) return false;
    switch (static_cast<OwnerKind>(kind)) {
      case OwnerKind::interface:
        return is_named(index);
      case OwnerKind::host:
        return is_host(index);
      case OwnerKind::nat_gateway:
        return index < t_.nat_gateways().size();
      case OwnerKind::nobody:
      case OwnerKind::router:
      case OwnerKind::reserved:
      case OwnerKind::broadcast:
        break;
    }
    return index == kNoIndex;
  }

  void owners() {
    constexpr auto kSection = SectionId::owners;
    for (std::size_t i = 0; i < t_.owners().size() && !problem_; ++i) {
      const auto& owner = t_.owners()[i];
      require(owner.first <= owner.last, kSection, i, "not a range");
      require(i == 0 || t_.owners()[i - 1].last < owner.first, kSection, i, "not in order of address");
      require(owner.subnet < t_.subnets().size(), kSection, i, "no such subnet");
      require(owner_index_ok(owner.kind, owner.index), kSection, i, "no such owner");
    }
  }

  void public_owners() {
    constexpr auto kSection = SectionId::public_owners;
    for (std::size_t i = 0; i < t_.public_owners().size() && !problem_; ++i) {
      const auto& owner = t_.public_owners()[i];
      require(i == 0 || t_.public_owners()[i - 1].address < owner.address, kSection, i, "not in order of address");
      const bool interface = owner.kind == static_cast<std::uint32_t>(PublicKind::interface) && is_named(owner.index);
      const bool nat =
          owner.kind == static_cast<std::uint32_t>(PublicKind::nat_gateway) && owner.index < t_.nat_gateways().size();
      require(interface || nat, kSection, i, "no such owner");
    }
  }

  void check_map(std::optional<std::string_view> problem, SectionId section, std::size_t record) {
    require(!problem, section, record, problem.value_or(""));
  }

  void address_maps() {
    const auto& o = t_.options();
    const auto below = [](std::size_t count) {
      return [count](std::uint32_t value) { return value < count || value == layout::kNothing; };
    };
    check_map(maps_.addresses(o.class_of, kClassRole, [&](auto value) { return value < o.classes; }),
              SectionId::options, 0);
    check_map(maps_.wide(o.class_of_ipv6, kWideRole, [&](auto value) { return value < o.classes; }), SectionId::options,
              0);
    check_map(maps_.addresses(o.owner_of, kOwnerRole, below(t_.owners().size())), SectionId::options, 0);
    check_map(maps_.addresses(o.public_owner_of, kPublicRole, below(t_.public_owners().size())), SectionId::options, 0);
  }

  static bool traffic_ok(const layout::RuleRecord& rule) {
    return rule.protocol >= kAnyProtocol && rule.protocol <= 255 && rule.from_port <= rule.to_port &&
           rule.icmp_type >= -1 && rule.icmp_type <= 255 && rule.icmp_code >= -1 && rule.icmp_code <= 255;
  }

  void rules() {
    constexpr auto kSection = SectionId::rules;
    for (std::size_t i = 0; i < t_.rules().size() && !problem_; ++i) {
      const auto& rule = t_.rules()[i];
      const bool acl = (rule.flags & layout::kRuleIsAcl) != 0;
      require(text_ok(rule.name) && text_ok(rule.text) && text_ok(rule.description), kSection, i,
              "text outside the strings");
      require(rule.owner < (acl ? t_.acls().size() : t_.groups().size()), kSection, i, "no such group or ACL");
      require(rule.flags <= (layout::kRuleIsEgress | layout::kRuleIsAcl | layout::kRuleAllows), kSection, i,
              "unknown flags");
      require(rule.unused == 0 && rule.unused2 == 0, kSection, i, "unused bytes are not zero");
      require(traffic_ok(rule), kSection, i, "no such traffic");
    }
    for (std::size_t i = 0; i < t_.predicate_rules().size() && !problem_; ++i) {
      require(t_.predicate_rules()[i] < t_.rules().size(), SectionId::predicate_rules, i, "no such rule");
    }
  }

  void rulings(step_map::Ref map, SectionId section, std::size_t record) {
    check_map(maps_.keys(map, kRulingRole, [&](std::uint32_t value) { return ruling_ok(value); }), section, record);
  }

  [[nodiscard]] bool ruling_ok(std::uint32_t value) const {
    return value == layout::kNothing || (value < layout::kNothing && layout::rule_of(value) < t_.rules().size());
  }

  // Of one of a predicate's maps, if it is in the record itself; else there must be nothing.
  [[nodiscard]] bool own_map_ok(const layout::PredicateRecord& predicate) const {
    const auto& own = predicate.own;
    const auto users = std::ranges::count(predicate.maps, layout::kOwn);
    if (users == 0) return own.bounds == decltype(own.bounds){} && own.values == decltype(own.values){};
    std::size_t used = 0;
    while (used < own.bounds.size() && own.bounds[used] != 0xFFFFU) ++used;
    for (std::size_t i = 0; i < own.bounds.size(); ++i) {
      if (i >= used ? own.bounds[i] != 0xFFFFU : i > 0 && own.bounds[i - 1] >= own.bounds[i]) return false;
    }
    for (std::size_t i = 0; i < own.values.size(); ++i) {
      if (i > used ? own.values[i] != own.values[used] : !ruling_ok(own.values[i])) return false;
    }
    return users == 1;
  }

  void predicates() {
    constexpr auto kSection = SectionId::predicates;
    for (std::size_t i = 0; i < t_.predicates().size() && !problem_; ++i) {
      const auto& predicate = t_.predicates()[i];
      require(in_range(predicate.rule_begin, predicate.rule_count, t_.predicate_rules().size()), kSection, i,
              "rules outside the table");
      require(predicate.unused == decltype(predicate.unused){}, kSection, i, "unused bytes are not zero");
      require(own_map_ok(predicate), kSection, i, "not a map of its own");
      for (const step_map::Ref map : predicate.maps) {
        if (map != layout::kOwn) rulings(map, kSection, i);
      }
      rulings(predicate.icmpv6, kSection, i);
    }
  }

  void row_buckets() {
    constexpr auto kSection = SectionId::row_buckets;
    for (std::size_t i = 0; i < t_.row_buckets().size() && !problem_; ++i) {
      const auto& bucket = t_.row_buckets()[i];
      bool free = false;
      for (std::size_t place = 0; place < bucket.classes.size(); ++place) {
        const bool used = bucket.classes[place] != kNoIndex;
        require(!used || !free, kSection, i, "a row behind a free place");
        require(!used || bucket.classes[place] < t_.options().classes, kSection, i, "no such class");
        require(bucket.classes[place] != layout::kNoObject, kSection, i, "a row of the class that has none");
        require(used ? bucket.predicates[place] < t_.predicates().size() : bucket.predicates[place] == 0, kSection, i,
                "no such predicate");
        free |= !used;
      }
    }
  }

  void descriptors() {
    descriptors_of(SectionId::descriptors, t_.descriptors(), [](const auto& predicate) { return predicate.maps; });
    descriptors_of(SectionId::ipv6_descriptors, t_.ipv6_descriptors(), layout::ipv6_maps);
  }

  // `maps_of(predicate)` are those of the family.
  void descriptors_of(SectionId section, std::span<const layout::DescriptorRecord> table, auto maps_of) {
    require(table.size() == 2 * (t_.group_lists().size() + t_.acls().size()), section, 0,
            "not two for each list of groups and each ACL");
    for (std::size_t i = 0; i < table.size() && !problem_; ++i) {
      const auto& descriptor = table[i];
      const std::uint64_t buckets = std::uint64_t{descriptor.mask} + 1;
      require(descriptor.predicate < t_.predicates().size(), section, i, "no such predicate");
      if (problem_) return;
      require(descriptor.any == maps_of(t_.predicates()[descriptor.predicate]), section, i, "not its predicate's maps");
      require(std::ranges::find(descriptor.any, layout::kOwn) == descriptor.any.end(), section, i,
              "a map that only rows may have");
      require(std::has_single_bit(buckets) && in_range(descriptor.buckets, buckets, t_.row_buckets().size()), section,
              i, "rows outside the table");
      require(descriptor.flags <= (layout::kReturnOpenTcp | layout::kReturnOpenUdp), section, i, "unknown flags");
    }
  }

  void routes() {
    constexpr auto kSection = SectionId::routes;
    for (std::size_t i = 0; i < t_.routes().size() && !problem_; ++i) {
      const auto& route = t_.routes()[i];
      require(prefix_ok(route.destination), kSection, i, "not a prefix");
      const bool interface =
          route.target == static_cast<std::uint32_t>(RouteTarget::interface) && is_named(route.index);
      const bool nat = route.target == static_cast<std::uint32_t>(RouteTarget::nat_gateway) &&
                       route.index < t_.nat_gateways().size();
      const bool other = (route.target == static_cast<std::uint32_t>(RouteTarget::internet) ||
                          route.target == static_cast<std::uint32_t>(RouteTarget::blackhole)) &&
                         route.index == kNoIndex;
      require(interface || nat || other, kSection, i, "no such target");
    }
  }

  void route_tables() {
    for (std::size_t i = 0; i < t_.route_tables().size() && !problem_; ++i) {
      check_map(maps_.addresses(t_.route_tables()[i].route_of, kRouteRole,
                                [&](std::uint32_t route) {
                                  return route < t_.routes().size() || route == layout::kLocalRoute ||
                                         route == layout::kNothing;
                                }),
                SectionId::route_tables, i);
    }
  }

  void lines() {
    const auto unused = maps_.unused_line();
    require(!unused, SectionId::lines, unused.value_or(0), "belongs to no map");
  }

  // Roles of maps.
  enum : std::uint8_t { kClassRole = 1, kOwnerRole, kPublicRole, kRouteRole, kRulingRole, kWideRole };

  const Tables& t_;
  MapChecker maps_;
  std::optional<std::string> problem_;
};

}  // namespace

std::optional<std::string> verify_tables(const layout::Tables& tables) { return Verifier(tables).run(); }

}  // namespace sallyport::rules
