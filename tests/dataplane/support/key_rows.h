// Rows that hold one key of a document each: the same document with two values of that key alone, one thing that is
// sent, and its two fates. A key that anything on the way ignores has one fate, and its row fails.
//
// Owner: tests.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "rules/document/documents.h"
#include "rules/document/known_keys.h"
#include "tests/dataplane/support/steps.h"

namespace sallyport::dataplane::testing {

using Json = nlohmann::ordered_json;

// What is sent to a world of this document, and what became of it.
using Probe = std::function<std::string(GatewayWorld&, const Json& document)>;
[[nodiscard]] Probe sends(std::string port, Frame frame);

struct KeyRow {
  const char* pointer;    // the key, in the base document
  const char* written;    // its value; nullptr: the base document's
  const char* otherwise;  // another one; "": the key is absent
  Probe probe;
  std::string fate;        // with `written`
  std::string other_fate;  // with `otherwise`
};

// A key that its own row cannot hold: a test elsewhere does, and is there.
struct HeldElsewhere {
  rules::ObjectKind kind;
  const char* key;
  const char* file;         // in the repository
  const char* words;        // in that file
  const char* choice = "";  // where the key takes one of several words: the one that is held
};

// `base` with this value (JSON; "": none, nullptr: as it is) at the pointer.
[[nodiscard]] Json with_value(const Json& base, const std::string& pointer, const char* value);

// The fate of what a row sends to a document; "refused: MESSAGE" of what is no document.
using FateOf = std::function<std::string(const Json& document, const KeyRow& row)>;
void expect_fates(std::span<const KeyRow> rows, const Json& base, const FateOf& fate_of);
[[nodiscard]] std::string refusal(const rules::Diagnostics& errors, std::string_view pointer);

// The kind of object that the pointer's last token is a key of, in a `document` (policy or gateway); fails where there
// is none.
[[nodiscard]] rules::ObjectKind kind_of_object(std::string_view pointer, rules::ObjectKind document);

using Held = std::set<std::pair<rules::ObjectKind, std::string>>;
[[nodiscard]] Held held_by(std::span<const KeyRow> rows, rules::ObjectKind document);
[[nodiscard]] Held held_by(std::span<const HeldElsewhere> rows);
// Each key of the kinds from `first` to `last` is held, and nothing is held that is no key.
void expect_complete(const Held& held, rules::ObjectKind first, rules::ObjectKind last);

// Each of the words that a key takes stands in a row, or is held elsewhere if the key is the `document`'s own.
// `said_of` a document: its errors.
using SaidOf = std::function<rules::Diagnostics(const Json& document)>;
void expect_all_choices(std::span<const KeyRow> rows, std::span<const HeldElsewhere> elsewhere,
                        rules::ObjectKind document, const Json& base, const SaidOf& said_of);

}  // namespace sallyport::dataplane::testing
