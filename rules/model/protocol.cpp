// The table of words.
//
// Owner: rules/model.
#include "rules/model/protocol.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace sallyport::rules {
namespace {

constexpr std::array<std::string_view, 5> kWords{"tcp", "udp", "icmp", "icmpv6", "all"};
constexpr std::array<std::int16_t, 5> kNumbers{kProtocolTcp, kProtocolUdp, kProtocolIcmp, kProtocolIcmpv6,
                                               kAnyProtocol};
constexpr std::int16_t kLastProtocol = 255;

}  // namespace

std::span<const std::string_view> protocol_words() { return kWords; }

std::optional<std::int16_t> protocol_number(std::string_view text) {
  const auto word = std::ranges::find(kWords, text);
  if (word != kWords.end()) return kNumbers[static_cast<std::size_t>(word - kWords.begin())];
  std::int16_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size() && text == std::to_string(number);
  return whole && number >= kAnyProtocol && number <= kLastProtocol ? std::optional(number) : std::nullopt;
}

std::string protocol_text(std::int16_t protocol) {
  if (!has_ports(protocol) && !has_icmp_type(protocol)) return std::to_string(protocol);
  const auto number = std::ranges::find(kNumbers, protocol);
  return std::string(kWords[static_cast<std::size_t>(number - kNumbers.begin())]);
}

}  // namespace sallyport::rules
