// IPv6 addresses and prefixes: reading and writing their text. Owner: rules/model.
#include "rules/model/ipv6.h"

#include <array>
#include <charconv>

#include "rules/model/address.h"

namespace sallyport::rules {
namespace {

constexpr std::size_t kWords = 8;

// The words on one side of "::", at most eight.
struct Words {
  std::array<std::uint16_t, kWords> values{};
  std::size_t count = 0;

  bool add(std::uint32_t value) {
    if (count == kWords) return false;
    values[count++] = static_cast<std::uint16_t>(value);
    return true;
  }
};

std::optional<std::uint32_t> number(std::string_view text, int base, std::size_t longest, std::uint32_t max) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  const bool whole = error == std::errc{} && end == text.data() + text.size() && !text.empty();
  return whole && text.size() <= longest && value <= max ? std::optional(value) : std::nullopt;
}

// "2001:db8:0:1", "" or, where `may_end_dotted`, "ffff:192.0.2.1".
std::optional<Words> words_of(std::string_view text, bool may_end_dotted) {
  Words words;
  while (!text.empty()) {
    const std::size_t end = text.find(':');
    const std::string_view group = text.substr(0, end);
    if (end == std::string_view::npos && may_end_dotted && group.find('.') != std::string_view::npos) {
      const auto dotted = parse_ipv4(group);
      if (!dotted || !words.add(dotted->value >> 16U) || !words.add(dotted->value & 0xFFFFU)) return std::nullopt;
      return words;
    }
    const auto value = number(group, 16, 4, 0xFFFF);
    if (!value || !words.add(*value)) return std::nullopt;
    if (end == std::string_view::npos) return words;
    text.remove_prefix(end + 1);
    if (text.empty()) return std::nullopt;  // ends with a colon
  }
  return words;
}

Ipv6 address_of(const std::array<std::uint16_t, kWords>& words) {
  Ipv6 address;
  for (std::size_t i = 0; i < 4; ++i) {
    address.high = address.high << 16U | words[i];
    address.low = address.low << 16U | words[i + 4];
  }
  return address;
}

// Where the longest run of two and more zero words is, the first of equals.
struct Run {
  unsigned first = kWords;
  unsigned count = 1;
};

Run longest_zeros(Ipv6 address) {
  Run longest;
  for (unsigned i = 0; i < kWords; ++i) {
    unsigned count = 0;
    while (i + count < kWords && address.word(i + count) == 0) ++count;
    if (count > longest.count) longest = {.first = i, .count = count};
  }
  return longest;
}

}  // namespace

std::optional<Ipv6> parse_ipv6(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    const auto words = words_of(text, true);
    return words && words->count == kWords ? std::optional(address_of(words->values)) : std::nullopt;
  }
  const auto front = words_of(text.substr(0, gap), false);
  const auto back = words_of(text.substr(gap + 2), true);
  if (!front || !back || front->count + back->count >= kWords) return std::nullopt;
  auto values = front->values;
  for (std::size_t i = 0; i < back->count; ++i) values[kWords - back->count + i] = back->values[i];
  return address_of(values);
}

std::optional<ParsedIpv6Prefix> parse_ipv6_prefix(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = parse_ipv6(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  const auto length = number(digits, 10, 3, 128);
  if (!address || !length || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
  const Ipv6 host = host_bits(*length);
  const Ipv6 base{address->high & ~host.high, address->low & ~host.low};
  return ParsedIpv6Prefix{{base, static_cast<std::uint8_t>(*length)}, base != *address};
}

std::string to_string(Ipv6 address) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const Run zeros = longest_zeros(address);
  std::string text;
  for (unsigned i = 0; i < kWords; ++i) {
    if (i == zeros.first) {
      text += "::";
      i += zeros.count - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    const std::uint16_t word = address.word(i);
    bool leading = true;
    for (unsigned shift = 16; shift > 0; shift -= 4) {
      const unsigned digit = word >> (shift - 4) & 15U;
      leading = leading && digit == 0 && shift > 4;
      if (!leading) text += kDigits[digit];
    }
  }
  return text;
}

std::string to_string(const Ipv6Prefix& prefix) { return to_string(prefix.base) + '/' + std::to_string(prefix.length); }

}  // namespace sallyport::rules
