// Typed values and known keys of a document, and the wording of what is wrong with them.
//
// Owner: rules/document.
#include "rules/document/reader.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace sallyport::rules {
namespace {

constexpr std::size_t kLongestName = 255;
constexpr std::size_t kShownCharacters = 60;

bool allowed_in_name(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("._-:/").find(c) != std::string_view::npos;
}

}  // namespace

std::string in_quotes(std::string_view text) {
  std::string shown = "\"";
  for (const char c : text.substr(0, kShownCharacters)) shown += static_cast<unsigned char>(c) < 0x20U ? '?' : c;
  while (!shown.empty() && text.size() > kShownCharacters && (static_cast<unsigned char>(shown.back()) & 0x80U) != 0) {
    shown.pop_back();
  }
  return shown + (text.size() > kShownCharacters ? "...\"" : "\"");
}

std::string describe(Value value) {
  switch (value.kind()) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return value.integer() != 0 ? "true" : "false";
    case Kind::integer:
      return "the number " + std::to_string(value.integer());
    case Kind::other_number:
      return "the number " + std::string(value.text().substr(0, kShownCharacters));
    case Kind::string:
      return "the string " + in_quotes(value.text());
    case Kind::array:
      return value.size() == 0 ? "an empty array" : "an array";
    case Kind::object:
      return "an object";
  }
  std::unreachable();
}

std::string line_of(SourcePosition where) {
  return where.line == 0 ? "(by default)" : "(line " + std::to_string(where.line) + ")";
}

bool looks_like_ipv6(std::string_view text) {
  return std::ranges::count(text, ':') >= 2 &&
         text.find_first_not_of("0123456789abcdefABCDEF:./") == std::string_view::npos;
}

void Reader::error(Value at, std::string message, std::string nearest) {
  if (!diagnostics_->keeps(Severity::error, at.where())) return diagnostics_->error(at.where(), {}, {});
  diagnostics_->error(at.where(), at.pointer(), std::move(message), std::move(nearest));
}

void Reader::warning(Value at, std::string message) {
  if (!diagnostics_->keeps(Severity::warning, at.where())) return diagnostics_->warning(at.where(), {}, {});
  diagnostics_->warning(at.where(), at.pointer(), std::move(message));
}

std::string Reader::unknown(Value at, std::string_view what, std::span<const std::string_view> known) {
  if (!diagnostics_->keeps(Severity::error, at.where())) {
    diagnostics_->error(at.where(), {}, {});
    return {};
  }
  auto nearest = nearest_name(at.text(), {known.begin(), known.end()});
  error(at, "unknown " + std::string(what) + ' ' + in_quotes(at.text()), nearest);
  return nearest;
}

void Reader::not_enforced(Value at, std::string_view what, std::string_view found) {
  error(at, std::string(what) + " is not enforced by this version: " + std::string(found));
}

bool Reader::is(Value value, Kind kind, std::string_view expected) {
  if (value.kind() == kind) return true;
  error(value, "found " + describe(value) + ", expected " + std::string(expected));
  return false;
}

std::optional<std::string_view> Reader::string(Value value, std::string_view expected) {
  if (!is(value, Kind::string, expected)) return std::nullopt;
  return value.text();
}

std::optional<bool> Reader::boolean(Value value) {
  if (!is(value, Kind::boolean, "true or false")) return std::nullopt;
  return value.integer() != 0;
}

std::optional<std::int64_t> Reader::integer(Value value, std::int64_t min, std::int64_t max, std::string_view what) {
  if (value.kind() == Kind::integer && value.integer() >= min && value.integer() <= max) return value.integer();
  error(value, "found " + describe(value) + ", expected " + std::string(what) + " from " + std::to_string(min) +
                   " to " + std::to_string(max));
  return std::nullopt;
}

std::optional<std::size_t> Reader::choice(Value value, std::string_view what,
                                          std::span<const std::string_view> choices) {
  std::string expected;
  for (const auto choice : choices) expected += (expected.empty() ? "\"" : " or \"") + std::string(choice) + '"';
  if (!is(value, Kind::string, expected)) return std::nullopt;
  const auto found = std::ranges::find(choices, value.text());
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  error(value, "unknown " + std::string(what) + ' ' + in_quotes(value.text()) + ", expected " + expected,
        nearest_name(value.text(), {choices.begin(), choices.end()}));
  return std::nullopt;
}

bool Reader::name(Value key) {
  const auto text = key.text();
  if (text.empty() || text.size() > kLongestName) {
    error(key, "a name has 1 to 255 characters, found " + std::to_string(text.size()));
    return false;
  }
  if (std::ranges::all_of(text, allowed_in_name)) return true;
  error(key, "invalid name " + in_quotes(text) + ", expected characters of A-Z a-z 0-9 . _ - : /");
  return false;
}

std::optional<Ipv4> Reader::address(Value value) {
  constexpr std::string_view kExpected = "an IPv4 address like \"10.0.1.20\"";
  const auto text = string(value, kExpected);
  if (!text) return std::nullopt;
  if (const auto address = parse_ipv4(*text)) return address;
  if (!ipv6_ && looks_like_ipv6(*text)) {
    not_enforced(value, "IPv6", "found the address " + in_quotes(*text));
  } else {
    error(value, "found " + in_quotes(*text) + ", expected " + std::string(kExpected));
  }
  return std::nullopt;
}

std::optional<Prefix> Reader::prefix(Value value) {
  constexpr std::string_view kExpected = "an IPv4 CIDR like \"10.0.1.0/24\"";
  const auto text = string(value, kExpected);
  if (!text) return std::nullopt;
  const auto parsed = parse_prefix(*text);
  if (parsed && !parsed->host_bits) return parsed->prefix;
  if (parsed) {
    error(value, in_quotes(*text) + " has host bits set, expected " + in_quotes(to_string(parsed->prefix)));
  } else if (!ipv6_ && looks_like_ipv6(*text)) {
    not_enforced(value, "IPv6", "found the CIDR " + in_quotes(*text));
  } else {
    error(value, "found " + in_quotes(*text) + ", expected " + std::string(kExpected));
  }
  return std::nullopt;
}

void Reader::expect_hosts_in(Value at, const Prefix& block) {
  const auto* nobodys = nobodys_block(block);
  if (nobodys == nullptr) return;
  const auto shown = block.length == 32 ? to_string(block.base) : to_string(block);
  const auto why = to_string(nobodys->block) + ' ' + std::string(nobodys->what);
  error(at, shown + (block.length == 32 ? " is never a host's: " : " has no address of a host: ") + why);
}

std::optional<Ipv6> Reader::ipv6_address(Value value) {
  constexpr std::string_view kExpected = "an IPv6 address like \"2001:db8:10:3::11\"";
  const auto text = string(value, kExpected);
  if (!text) return std::nullopt;
  const auto address = parse_ipv6(*text);
  if (!address) error(value, "found " + in_quotes(*text) + ", expected " + std::string(kExpected));
  return address;
}

std::optional<Ipv6Prefix> Reader::ipv6_prefix(Value value) {
  constexpr std::string_view kExpected = "an IPv6 CIDR like \"2001:db8:10::/56\"";
  const auto text = string(value, kExpected);
  if (!text) return std::nullopt;
  const auto parsed = parse_ipv6_prefix(*text);
  if (parsed && !parsed->host_bits) return parsed->prefix;
  if (parsed) {
    error(value, in_quotes(*text) + " has host bits set, expected " + in_quotes(to_string(parsed->prefix)));
  } else {
    error(value, "found " + in_quotes(*text) + ", expected " + std::string(kExpected));
  }
  return std::nullopt;
}

Fields::Fields(Reader& reader, Value object, std::span<const std::string_view> keys, std::string_view expected)
    : reader_(&reader), object_(object), keys_(keys), valid_(reader.is(object, Kind::object, expected)) {
  assert(keys.size() <= kMostKeys);
  if (!valid_) return;
  object.each_member([&](Value key, Value value) {
    auto found = std::ranges::find(keys_, key.text());
    if (found == keys_.end()) {
      const auto later = not_yet_enforced(key.text());
      if (!later.empty()) return reader_->not_enforced(key, later, "found the key " + in_quotes(key.text()));
      found = std::ranges::find(keys_, reader_->unknown(key, "key", keys_));
      if (found != keys_.end()) misspelt_.set(static_cast<std::size_t>(found - keys_.begin()));
      return;
    }
    auto& index = found_[static_cast<std::size_t>(found - keys_.begin())];
    if (index == 0) index = value.index();
  });
}

std::optional<Value> Fields::operator[](std::string_view key) const {
  const auto found = std::ranges::find(keys_, key);
  assert(found != keys_.end());
  const auto index = found_[static_cast<std::size_t>(found - keys_.begin())];
  if (index == 0) return std::nullopt;
  return reader_->tree().at(index);
}

std::optional<Value> Fields::required(std::string_view key) const {
  const auto value = (*this)[key];
  if (!value && valid_ && !misspelt({&key, 1})) reader_->error(object_, "missing key " + in_quotes(key));
  return value;
}

bool Fields::misspelt(std::span<const std::string_view> keys) const {
  return std::ranges::any_of(keys, [this](std::string_view key) {
    const auto known = std::ranges::find(keys_, key);
    return known != keys_.end() && misspelt_.test(static_cast<std::size_t>(known - keys_.begin()));
  });
}

}  // namespace sallyport::rules
