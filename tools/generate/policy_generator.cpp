// One writer a section. Owner: tools/generate. See policy_generator.h.
#include "tools/generate/policy_generator.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <random>
#include <utility>
#include <vector>

namespace sallyport::generate {
namespace {

constexpr std::array<std::pair<std::string_view, Shape>, 5> kShapes{{{"tiers", Shape::tiers},
                                                                     {"hub", Shape::hub},
                                                                     {"distinct", Shape::distinct},
                                                                     {"nested", Shape::nested},
                                                                     {"ranges", Shape::ranges}}};
constexpr std::size_t kHostsInSubnet = 4000;  // of a /20
constexpr std::array<int, 12> kServices{22, 53, 80, 123, 443, 3306, 5432, 6379, 8080, 8443, 9090, 9200};

std::string dotted(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24U, address >> 16U & 255U, address >> 8U & 255U, address & 255U);
}

std::string ipv6_text(std::uint64_t high, std::uint64_t low) {
  std::string text;
  for (unsigned i = 0; i < 8; ++i) {
    text += fmt::format("{}{:x}", i == 0 ? "" : ":", (i < 4 ? high : low) >> (48 - 16 * (i % 4)) & 0xFFFFU);
  }
  return text;
}

// The prefix of this length, 1-128, around an address.
std::string ipv6_cidr(std::uint64_t high, std::uint64_t low, std::size_t length) {
  constexpr std::uint64_t kAll = ~std::uint64_t{0};
  if (length < 64) high &= ~(kAll >> length);
  if (length < 128) low &= length <= 64 ? 0 : ~(kAll >> (length - 64));
  return fmt::format("{}/{}", ipv6_text(high, low), length);
}

// The first half of an address in a /48 of 2a00::/12 for each number.
constexpr std::uint64_t site(std::uint64_t number) { return 0x2A00'0000'0000'0000U + (number << 16U); }

class Generator {
 public:
  explicit Generator(const Request& request) : request_(request), random_(request.seed) {}

  std::string run() {
    add("{{\n  \"version\": 1,\n  \"vpc\": {{ \"cidr_blocks\": [\"10.0.0.0/8\"]{}, \"internet_gateway\": true }},\n",
        ipv6(", \"ipv6_cidr_blocks\": [\"2001:db8::/32\"]"));
    prefix_lists();
    security_groups();
    network_acls();
    add("  \"route_tables\": {{ \"public\": [ {{ \"cidr_block\": \"0.0.0.0/0\", \"gateway\": \"internet\" }} ],\n");
    add("    \"private\": [ {{ \"cidr_block\": \"0.0.0.0/0\", \"nat_gateway\": \"nat\" }} ] }},\n");
    subnets();
    interfaces();
    add("  \"nat_gateways\": {{ \"nat\": {{ \"subnet\": \"edge\", \"private_ip\": \"10.255.0.5\", "
        "\"public_ips\": [\"192.0.2.5\"] }} }}\n}}\n");
    return std::move(text_);
  }

 private:
  template <typename... Values>
  void add(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Values>(values)...);
  }
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }
  // The text, where IPv6 is asked for.
  std::string_view ipv6(std::string_view text) const { return request_.ipv6 ? text : std::string_view{}; }
  std::string_view comma(std::size_t i, std::size_t count) const { return i + 1 < count ? "," : ""; }

  // Lists lie side by side in the public space, /24s and smaller, of IPv6 /48s and /64s; every fiftieth prefix is one
  // that other lists name too.
  void prefix_lists() {
    add("  \"prefix_lists\": {{\n");
    const std::size_t lists = request_.prefix_lists;
    std::uint32_t next = 0x0B00'0000;  // 11.0.0.0
    std::uint64_t next_site = 0;
    for (std::size_t list = 0; list < lists; ++list) {
      const std::size_t count = std::max<std::size_t>(1, request_.prefixes / lists);
      add("    \"list-{}\": [", list);
      for (std::size_t i = 0; i < count; ++i) {
        if (request_.ipv6 && i % 2 == 1) {
          const bool shared_site = i % 50 == 49;
          const std::uint64_t high = site(shared_site ? 0xF'0000'0000U + i / 50 % 64 : next_site);
          add(", \"{}\"", ipv6_cidr(high, 0, shared_site ? 48 : 48 + 16 * below(2)));
          next_site += 1 + below(2);
          continue;
        }
        const unsigned length = 24 + static_cast<unsigned>(below(9));
        const std::uint32_t size = 1U << (32 - length);
        next = (next + size - 1) / size * size;
        const bool shared = i % 50 == 49;
        add("{}\"{}/{}\"", i == 0 ? "" : ", ",
            shared ? dotted(0xC600'0000U + 256 * static_cast<std::uint32_t>(i / 50 % 64)) : dotted(next),
            shared ? 24 : length);
        next += size * (1 + static_cast<std::uint32_t>(below(2)));
      }
      add("]{}\n", comma(list, lists));
    }
    add("  }},\n");
  }

  // Groups in threes are the tiers of an application; the last of each hundred is a quarantine.
  [[nodiscard]] static bool is_quarantine(std::size_t group) { return group % 100 == 99; }
  [[nodiscard]] std::string group(std::size_t i) const { return fmt::format("app-{}-{}", i / 3, i % 3); }

  void rule(bool first, std::string_view protocol, std::size_t from, std::size_t to, std::string_view peer) {
    add("{}\n      {{ \"protocol\": \"{}\", \"from_port\": {}, \"to_port\": {}, {} }}", first ? "" : ",", protocol,
        from, to, peer);
  }

  std::string peer_of(std::size_t own) {
    const std::size_t kind = below(10);
    const std::size_t front = own % 3 == 0 ? own : own - 1;
    if (kind < 5) return fmt::format("\"security_groups\": [\"{}\"]", group(kind < 4 ? front : below(request_.groups)));
    if (kind < 7) return fmt::format("\"prefix_lists\": [\"list-{}\"]", below(request_.prefix_lists));
    if (kind < 8) return "\"self\": true";
    const unsigned length = 16 + static_cast<unsigned>(below(9));
    const auto network = static_cast<std::uint32_t>(below(1U << 12U)) << 20U;
    if (request_.ipv6 && kind == 8) return "\"cidr_blocks\": [\"0.0.0.0/0\"], \"ipv6_cidr_blocks\": [\"::/0\"]";
    if (request_.ipv6 && below(2) == 0) {
      return fmt::format("\"ipv6_cidr_blocks\": [\"{}\"]",
                         ipv6_cidr(site(below(1U << 20U)), random_(), 48 + below(81)));
    }
    if (kind == 8) return "\"cidr_blocks\": [\"0.0.0.0/0\"]";
    return fmt::format("\"cidr_blocks\": [\"{}/{}\"]", dotted(network), std::max(12U, length - 4));
  }

  void ingress_rule(std::size_t own, std::size_t i) {
    const std::size_t port = static_cast<std::size_t>(kServices[below(kServices.size())]);
    const std::string_view protocol = below(5) == 0 ? "udp" : "tcp";
    switch (request_.shape) {
      case Shape::nested: {
        if (request_.ipv6 && i % 2 == 1) {
          const std::string cidr =
              ipv6_cidr(0x2A0B'0B0B'0B0B'0B0BU, 0x0B0B'0B0B'0B0B'0B0BU + own, 16 + (own * 7 + i) % 113);
          return rule(false, protocol, port, port, fmt::format("\"ipv6_cidr_blocks\": [\"{}\"]", cidr));
        }
        const auto length = 8 + static_cast<unsigned>((own * 7 + i) % 25);
        const auto address = static_cast<std::uint32_t>(0x0B0B'0B0BU + own) & ~((1ULL << (32 - length)) - 1);
        return rule(i == 0, protocol, port, port,
                    fmt::format("\"cidr_blocks\": [\"{}/{}\"]", dotted(static_cast<std::uint32_t>(address)), length));
      }
      case Shape::ranges: {
        const std::size_t first = below(60000);
        const std::size_t last = first + 1 + below(5000);
        return rule(i == 0, protocol, first, last, peer_of(own));
      }
      case Shape::hub:
        if (i == 0) return rule(true, "tcp", 9100, 9100, fmt::format("\"security_groups\": [\"{}\"]", group(0)));
        break;
      case Shape::tiers:
      case Shape::distinct:
        break;
    }
    const std::size_t last = below(8) == 0 ? port + below(100) : port;
    rule(i == 0, protocol, port, last, peer_of(own));
  }

  void security_groups() {
    add("  \"security_groups\": {{\n");
    const std::size_t egress = 1;
    const std::size_t each = std::max(2 * egress, request_.rules / request_.groups) - egress;
    for (std::size_t i = 0; i < request_.groups; ++i) {
      add("    \"{}\": {{", group(i));
      if (!is_quarantine(i)) {
        add(" \"ingress\": [");
        for (std::size_t r = 0; r < each; ++r) ingress_rule(i, r);
        add(" ],\n      \"egress\": [ {{ \"protocol\": \"-1\", \"from_port\": 0, \"to_port\": 0, "
            "\"cidr_blocks\": [\"0.0.0.0/0\"]{} }} ] ",
            ipv6(", \"ipv6_cidr_blocks\": [\"::/0\"]"));
      }
      add("}}{}\n", comma(i, request_.groups));
    }
    add("  }},\n");
  }

  void network_acls() {
    add("  \"network_acls\": {{ \"edge\": {{\n      \"ingress\": [");
    for (std::size_t i = 0; i < 20; ++i) {
      add(" {{ \"rule_no\": {}, \"action\": \"deny\", \"protocol\": \"-1\", \"cidr_block\": \"203.0.{}.0/24\" }},",
          10 + i, i);
    }
    for (std::size_t i = 0; request_.ipv6 && i < 20; ++i) {
      add(" {{ \"rule_no\": {}, \"action\": \"deny\", \"protocol\": \"-1\", \"ipv6_cidr_block\": \"{}\" }},", 30 + i,
          ipv6_cidr(site(0xE'0000'0000U + i), 0, 48));
    }
    const std::string_view rest =
        ipv6(", { \"rule_no\": 101, \"action\": \"allow\", \"protocol\": \"-1\", \"ipv6_cidr_block\": \"::/0\" }");
    add(" {{ \"rule_no\": 100, \"action\": \"allow\", \"protocol\": \"-1\", \"cidr_block\": \"0.0.0.0/0\" }}{} ],\n",
        rest);
    add("      \"egress\": [ {{ \"rule_no\": 100, \"action\": \"allow\", \"protocol\": \"-1\", \"cidr_block\": "
        "\"0.0.0.0/0\" }}{} ] }} }},\n",
        rest);
  }

  [[nodiscard]] std::size_t subnet_count() const { return (request_.interfaces + kHostsInSubnet - 1) / kHostsInSubnet; }

  void subnets() {
    add("  \"subnets\": {{\n    \"edge\": {{ \"cidr_block\": \"10.255.0.0/24\", \"route_table\": \"public\", "
        "\"network_acl\": \"edge\" }}");
    for (std::size_t i = 0; i < subnet_count(); ++i) {
      const std::string block =
          request_.ipv6 ? fmt::format(" \"ipv6_cidr_block\": \"2001:db8:{:x}::/64\",", i) : std::string{};
      add(",\n    \"net-{}\": {{ \"cidr_block\": \"{}/20\",{} \"route_table\": \"{}\" }}", i,
          dotted(0x0A00'0000U + static_cast<std::uint32_t>(i << 12U)), block, i % 4 == 0 ? "public" : "private");
    }
    add("\n  }},\n");
  }

  // Its tier, often the application's first group too; with `distinct` five groups at random.
  std::string groups_of(std::size_t i) {
    const std::size_t own = i % request_.groups;
    std::vector<std::size_t> groups{own};
    if (request_.shape == Shape::distinct) {
      while (groups.size() < 5 && groups.size() < request_.groups) groups.push_back(below(request_.groups));
    } else if (below(3) == 0) {
      groups.push_back(own - own % 3);
    }
    if (request_.shape == Shape::hub) groups.push_back(0);
    std::string text;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      if (std::find(groups.begin(), groups.begin() + static_cast<std::ptrdiff_t>(g), groups[g]) !=
          groups.begin() + static_cast<std::ptrdiff_t>(g))
        continue;
      text += fmt::format("{}\"{}\"", text.empty() ? "" : ", ", group(groups[g]));
    }
    return text;
  }

  void interfaces() {
    add("  \"interfaces\": {{\n");
    for (std::size_t i = 0; i < request_.interfaces; ++i) {
      const std::size_t subnet = i / kHostsInSubnet;
      const auto address = 0x0A00'0000U + static_cast<std::uint32_t>((subnet << 12U) + 10 + i % kHostsInSubnet);
      const std::string second = request_.ipv6 ? fmt::format(" \"ipv6_addresses\": [\"2001:db8:{:x}::{:x}\"],", subnet,
                                                             10 + i % kHostsInSubnet)
                                               : std::string{};
      add("    \"i-{}\": {{ \"subnet\": \"net-{}\", \"private_ips\": [\"{}\"],{} \"security_groups\": [{}] }}{}\n", i,
          subnet, dotted(address), second, groups_of(i), comma(i, request_.interfaces));
    }
    add("  }},\n");
  }

  Request request_;
  std::mt19937_64 random_;
  std::string text_;
};

}  // namespace

std::expected<Shape, std::string> shape_named(std::string_view name) {
  std::string known;
  for (const auto& [text, shape] : kShapes) {
    if (text == name) return shape;
    known += (known.empty() ? "" : ", ") + std::string(text);
  }
  return std::unexpected("there is no shape \"" + std::string(name) + "\"; there are " + known);
}

std::string generate_policy(const Request& request) { return Generator(request).run(); }

}  // namespace sallyport::generate
