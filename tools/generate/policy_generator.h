// Policies of any size from a seed, with the shapes users have and the ones an adversary would write.
//
// Owner: tools/generate. For benchmarks, tests and whoever wants to know how the compiler bears a network of theirs.
// Always: the same request gives the same text; the text is a valid policy document (for a reader of both families
// where IPv6 was asked for).
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace sallyport::generate {

enum class Shape : std::uint8_t {
  tiers,     // applications of three tiers that name each other, office lists for ssh, allow-all egress, quarantines
  hub,       // as tiers, and every group admits one group that every interface is in
  distinct,  // as tiers, but every interface is in five groups of its own choice: as many sets as interfaces
  nested,    // prefixes that contain each other down to /32, each named by a rule of its own
  ranges,    // every rule a port range of its own
};

struct Request {
  Shape shape = Shape::tiers;
  std::uint64_t seed = 1;
  std::size_t interfaces = 1000;  // up to 1,000,000
  std::size_t groups = 200;       // at least 4
  std::size_t rules = 4000;       // of groups, egress included
  std::size_t prefix_lists = 10;  // at least 1
  std::size_t prefixes = 1000;    // of all lists together
  bool ipv6 = false;              // every second peer and prefix is of IPv6; interfaces have an address of each family
  friend bool operator==(const Request&, const Request&) = default;
};

// "tiers", "hub", … or the error that names them all.
[[nodiscard]] std::expected<Shape, std::string> shape_named(std::string_view name);

// The document, about 250 bytes an interface, 130 a rule and 20 a prefix.
[[nodiscard]] std::string generate_policy(const Request& request);

}  // namespace sallyport::generate
