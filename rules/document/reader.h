// What both documents' readers need: typed values, known keys, names, addresses — each wrong one an error that points.
//
// Owner: rules/document. Always: a function that returns nothing has added an error.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/document/diagnostics.h"
#include "rules/document/known_keys.h"
#include "rules/document/tree.h"
#include "rules/model/address.h"
#include "rules/model/ipv6.h"

namespace sallyport::rules {

class Reader {
 public:
  // `ipv6`: IPv6 is read, not refused.
  Reader(const Tree& tree, Diagnostics& diagnostics, bool ipv6 = false)
      : tree_(&tree), diagnostics_(&diagnostics), ipv6_(ipv6) {}

  [[nodiscard]] bool ipv6() const { return ipv6_; }
  [[nodiscard]] const Tree& tree() const { return *tree_; }

  void error(Value at, std::string message, std::string nearest = {});
  void warning(Value at, std::string message);
  // `unknown WHAT "NAME"`, with the nearest of `known`, which it returns ("" where there is none).
  std::string unknown(Value at, std::string_view what, std::span<const std::string_view> known);
  // The same for the names of a section.
  template <typename Map>
  void unknown_name(Value at, std::string_view what, const Map& known);
  // "IPv6 is not enforced by this version": `what` is IPv6 or what else is not.
  void not_enforced(Value at, std::string_view what, std::string_view found);

  // `expected` is a noun phrase.
  bool is(Value value, Kind kind, std::string_view expected);
  std::optional<std::string_view> string(Value value, std::string_view expected = "a string");
  std::optional<bool> boolean(Value value);
  std::optional<std::int64_t> integer(Value value, std::int64_t min, std::int64_t max, std::string_view what);
  // One of `choices`, by index; the error names the nearest.
  std::optional<std::size_t> choice(Value value, std::string_view what, std::span<const std::string_view> choices);
  // A string of 1-255 characters of A-Z a-z 0-9 . _ - : /
  bool name(Value key);
  std::optional<Ipv4> address(Value value);
  std::optional<Prefix> prefix(Value value);
  // An error where no host can have the address, or any of the block: it is never on a wire.
  void expect_a_hosts(Value at, Ipv4 address) { expect_hosts_in(at, {.base = address, .length = 32}); }
  void expect_hosts_in(Value at, const Prefix& block);
  std::optional<Ipv6> ipv6_address(Value value);
  std::optional<Ipv6Prefix> ipv6_prefix(Value value);

 private:
  const Tree* tree_;
  Diagnostics* diagnostics_;
  bool ipv6_;
};

// The members of an object whose keys are known. Unknown keys are errors when it is made; so is what is no object.
class Fields {
 public:
  Fields(Reader& reader, Value object, ObjectKind kind, std::string_view expected = "an object")
      : Fields(reader, object, keys_of(kind), expected) {}
  // Of a document of another kind; `keys` must outlive this, and are at most kMostKeys.
  Fields(Reader& reader, Value object, std::span<const std::string_view> keys, std::string_view expected);

  [[nodiscard]] bool valid() const { return valid_; }
  [[nodiscard]] Value object() const { return object_; }
  // A key that such an object does not have is a mistake of the program.
  [[nodiscard]] std::optional<Value> operator[](std::string_view key) const;
  // The same, and an error where it is not there; a misspelt one has its error already.
  [[nodiscard]] std::optional<Value> required(std::string_view key) const;
  // Was one of `keys` meant by a key that is none? The error says so already.
  [[nodiscard]] bool misspelt(std::span<const std::string_view> keys) const;

 private:
  Reader* reader_;
  Value object_;
  std::span<const std::string_view> keys_;
  std::array<std::uint32_t, kMostKeys> found_{};  // index of the value, 0: absent (0 is the root)
  std::bitset<kMostKeys> misspelt_;
  bool valid_;
};

// "the string "abc"", "the number 1.5", "an object" … for messages.
[[nodiscard]] std::string describe(Value value);
// "(line 31)", or "(by default)" for what was not written.
[[nodiscard]] std::string line_of(SourcePosition where);
[[nodiscard]] std::string in_quotes(std::string_view text);
[[nodiscard]] bool looks_like_ipv6(std::string_view text);

template <typename Map>
void Reader::unknown_name(Value at, std::string_view what, const Map& known) {
  std::vector<std::string_view> names;
  if (diagnostics_->keeps(Severity::error, at.where())) {
    names.reserve(known.size());
    for (const auto& [name, value] : known) names.push_back(name);
  }
  unknown(at, what, names);
}

}  // namespace sallyport::rules
