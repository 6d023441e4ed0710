// Addresses and prefixes: reading and writing their text. Owner: rules/model.
#include "rules/model/address.h"

#include <charconv>

namespace sallyport::rules {
namespace {

// Reads a decimal number of at most `max` without sign or leading zeros and moves `text` past it.
std::optional<std::uint32_t> take_number(std::string_view& text, std::uint32_t max) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto digits = static_cast<std::size_t>(end - text.data());
  if (error != std::errc{} || value > max || (digits > 1 && text.front() == '0')) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Ipv4> take_ipv4(std::string_view& text) {
  std::uint32_t value = 0;
  for (int octet = 0; octet < 4; ++octet) {
    if (octet > 0 && !take(text, '.')) return std::nullopt;
    const auto number = take_number(text, 255);
    if (!number) return std::nullopt;
    value = value << 8U | *number;
  }
  return Ipv4{value};
}

std::optional<std::uint8_t> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

}  // namespace

std::optional<Ipv4> parse_ipv4(std::string_view text) {
  const auto address = take_ipv4(text);
  return text.empty() ? address : std::nullopt;
}

std::optional<ParsedPrefix> parse_prefix(std::string_view text) {
  const auto address = take_ipv4(text);
  if (!address || !take(text, '/')) return std::nullopt;
  const auto length = take_number(text, 32);
  if (!length || !text.empty()) return std::nullopt;
  Prefix prefix{*address, static_cast<std::uint8_t>(*length)};
  prefix.base.value &= prefix.mask();
  return ParsedPrefix{prefix, prefix.base != *address, *address};
}

std::optional<MacAddress> parse_mac(std::string_view text) {
  MacAddress mac;
  if (text.size() != 17) return std::nullopt;
  for (std::size_t i = 0; i < 6; ++i) {
    const auto high = hex_digit(text[i * 3]);
    const auto low = hex_digit(text[i * 3 + 1]);
    if (!high || !low || (i < 5 && text[i * 3 + 2] != ':')) return std::nullopt;
    mac.bytes[i] = static_cast<std::uint8_t>(*high << 4U | *low);
  }
  return mac;
}

std::string to_string(Ipv4 address) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    if (shift < 24) text += '.';
    text += std::to_string(address.value >> static_cast<unsigned>(shift) & 255U);
  }
  return text;
}

std::string to_string(const Prefix& prefix) { return to_string(prefix.base) + '/' + std::to_string(prefix.length); }

std::string to_string(const MacAddress& mac) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const auto byte : mac.bytes) {
    if (!text.empty()) text += ':';
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

}  // namespace sallyport::rules
