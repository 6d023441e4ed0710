// IPv6 addresses and prefixes as values.
//
// Owner: rules/model. Always: an Ipv6Prefix has no host bits set; text is RFC 4291 section 2.2 when read and RFC 5952
// when written.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::rules {

// The first 64 bits of the address and the last, each in host byte order.
struct Ipv6 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  // 16 bits of it, 0 the first to 7 the last.
  [[nodiscard]] constexpr std::uint16_t word(unsigned i) const {
    return static_cast<std::uint16_t>((i < 4 ? high : low) >> (48U - 16U * (i & 3U)));
  }
  friend constexpr auto operator<=>(const Ipv6&, const Ipv6&) = default;
};

inline constexpr Ipv6 kLastIpv6{~std::uint64_t{0}, ~std::uint64_t{0}};

// Not of the last address; not of the first.
[[nodiscard]] constexpr Ipv6 next(Ipv6 a) { return {a.high + (a.low == kLastIpv6.low ? 1U : 0U), a.low + 1}; }
[[nodiscard]] constexpr Ipv6 previous(Ipv6 a) { return {a.high - (a.low == 0 ? 1U : 0U), a.low - 1}; }

// The bits below a prefix length of 0-128.
[[nodiscard]] constexpr Ipv6 host_bits(unsigned length) {
  const auto below = [](unsigned bits) { return bits == 0 ? 0U : ~std::uint64_t{0} >> (64U - bits); };
  return {below(length < 64 ? 64 - length : 0), below(length < 64 ? 64 : 128 - length)};
}

// `length` is 0-128.
struct Ipv6Prefix {
  Ipv6 base;
  std::uint8_t length = 0;

  [[nodiscard]] constexpr Ipv6 first() const { return base; }
  [[nodiscard]] constexpr Ipv6 last() const {
    const Ipv6 host = host_bits(length);
    return {base.high | host.high, base.low | host.low};
  }
  [[nodiscard]] constexpr bool contains(Ipv6 address) const { return first() <= address && address <= last(); }
  [[nodiscard]] constexpr bool contains(const Ipv6Prefix& other) const {
    return other.length >= length && contains(other.base);
  }
  friend constexpr auto operator<=>(const Ipv6Prefix&, const Ipv6Prefix&) = default;
};

// Without a zone; the last 32 bits may be a dotted quad. nullopt for anything else.
[[nodiscard]] std::optional<Ipv6> parse_ipv6(std::string_view text);

// "ADDRESS/L"; where host bits are set, the prefix has them cleared.
struct ParsedIpv6Prefix {
  Ipv6Prefix prefix;
  bool host_bits = false;
};
[[nodiscard]] std::optional<ParsedIpv6Prefix> parse_ipv6_prefix(std::string_view text);

[[nodiscard]] std::string to_string(Ipv6 address);
[[nodiscard]] std::string to_string(const Ipv6Prefix& prefix);

}  // namespace sallyport::rules
