// Addresses as values: IPv4 addresses, prefixes and link addresses.
//
// Owner: rules/model. Used by every room; depends on nothing.
// Always: addresses and prefixes are in host byte order; a Prefix has no host bits set.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

namespace sallyport::rules {

// An IPv4 address in host byte order.
struct Ipv4 {
  std::uint32_t value = 0;
  friend constexpr auto operator<=>(Ipv4, Ipv4) = default;
};

// An IPv4 prefix. `length` is 0-32; bits of `base` below the length are 0.
struct Prefix {
  Ipv4 base;
  std::uint8_t length = 0;

  [[nodiscard]] constexpr std::uint32_t mask() const { return length == 0 ? 0U : ~std::uint32_t{0} << (32U - length); }
  [[nodiscard]] constexpr bool contains(Ipv4 address) const { return (address.value & mask()) == base.value; }
  [[nodiscard]] constexpr bool contains(const Prefix& other) const {
    return other.length >= length && contains(other.base);
  }
  [[nodiscard]] constexpr Ipv4 first() const { return base; }
  [[nodiscard]] constexpr Ipv4 last() const { return Ipv4{base.value | ~mask()}; }
  friend constexpr auto operator<=>(const Prefix&, const Prefix&) = default;
};

// A 48-bit link address.
struct MacAddress {
  std::array<std::uint8_t, 6> bytes{};
  friend constexpr auto operator<=>(const MacAddress&, const MacAddress&) = default;
};

// Dotted quad without leading zeros or anything around it; nullopt otherwise.
[[nodiscard]] std::optional<Ipv4> parse_ipv4(std::string_view text);

// "A.B.C.D/L". `host_bits` tells an address below its own prefix ("10.0.0.1/8") from no prefix at all:
// the result then is the prefix with those bits cleared.
struct ParsedPrefix {
  Prefix prefix;
  bool host_bits = false;
  Ipv4 address;  // as written
};
[[nodiscard]] std::optional<ParsedPrefix> parse_prefix(std::string_view text);

// "aa:bb:cc:dd:ee:ff" in either case; nullopt otherwise.
[[nodiscard]] std::optional<MacAddress> parse_mac(std::string_view text);

[[nodiscard]] std::string to_string(Ipv4 address);
[[nodiscard]] std::string to_string(const Prefix& prefix);
[[nodiscard]] std::string to_string(const MacAddress& mac);

// RFC 1918 and RFC 6598 membership (options.allow_private_internet).
[[nodiscard]] constexpr bool is_rfc1918(Ipv4 a) {
  return (a.value >> 24U) == 10U || (a.value >> 20U) == 0xAC1U || (a.value >> 16U) == 0xC0A8U;
}
[[nodiscard]] constexpr bool is_rfc6598(Ipv4 a) { return (a.value >> 22U) == (0x64400000U >> 22U); }

// Addresses that a packet between hosts never has, as source or destination: nobody's. `what` ends "0.0.0.0/8 …".
struct NobodysBlock {
  Prefix block;
  std::string_view what;
};
inline constexpr NobodysBlock kLinkLocal{{{0xA9FE0000U}, 16}, "is link-local and never forwarded"};  // RFC 3927
inline constexpr std::array<NobodysBlock, 5> kNobodys{{{{{0x00000000U}, 8}, "stands for no host"},   // RFC 1122
                                                       {{{0x7F000000U}, 8}, "is loopback"},          // RFC 1122
                                                       kLinkLocal,
                                                       {{{0xE0000000U}, 4}, "is multicast"},   // RFC 5771
                                                       {{{0xF0000000U}, 4}, "is reserved"}}};  // RFC 1112

[[nodiscard]] constexpr bool may_be_a_hosts(Ipv4 address) {
  return std::apply([address](const auto&... each) { return !(each.block.contains(address) || ...); }, kNobodys);
}
// The network's own address and the broadcast address of a link; one of two addresses has neither (RFC 3021).
[[nodiscard]] constexpr bool names_no_host(const Prefix& link, Ipv4 address) {
  return link.length < 31 && (address == link.first() || address == link.last());
}
// The block that all of the prefix lies in, or nullptr.
[[nodiscard]] constexpr const NobodysBlock* nobodys_block(const Prefix& prefix) {
  for (const auto& each : kNobodys) {
    if (each.block.contains(prefix)) return &each;
  }
  return nullptr;
}

}  // namespace sallyport::rules
