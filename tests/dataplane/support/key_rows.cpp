// Owner: tests. See key_rows.h.
#include "tests/dataplane/support/key_rows.h"

#include <array>
#include <fstream>
#include <optional>
#include <regex>
#include <sstream>
#include <vector>

#include "tests/support/paths.h"

namespace sallyport::dataplane::testing {
namespace {

using rules::ObjectKind;

// Where objects of a kind stand; * is any name or index.
constexpr std::pair<ObjectKind, std::string_view> kPlaces[] = {
    {ObjectKind::vpc, "/vpc"},
    {ObjectKind::security_group, "/security_groups/*"},
    {ObjectKind::group_rule, "/security_groups/*/*/*"},
    {ObjectKind::network_acl, "/network_acls/*"},
    {ObjectKind::acl_entry, "/network_acls/*/*/*"},
    {ObjectKind::route, "/route_tables/*/*"},
    {ObjectKind::subnet, "/subnets/*"},
    {ObjectKind::interface, "/interfaces/*"},
    {ObjectKind::interface_timeouts, "/interfaces/*/timeouts"},
    {ObjectKind::nat_gateway, "/nat_gateways/*"},
    {ObjectKind::options, "/options"},
    {ObjectKind::timeouts, "/options/timeouts"},
    {ObjectKind::port, "/ports/*"},
    {ObjectKind::link, "/ports/*/uplink"},
    {ObjectKind::link, "/ports/*/routed"},
    {ObjectKind::budget, "/budget"},
    {ObjectKind::control, "/control"},
    {ObjectKind::metrics, "/metrics"},
};

std::vector<std::string_view> tokens_of(std::string_view pointer) {
  std::vector<std::string_view> tokens;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    tokens.push_back(pointer.substr(0, pointer.find('/')));
    pointer.remove_prefix(tokens.back().size());
  }
  return tokens;
}

bool fits(std::span<const std::string_view> object, std::string_view place) {
  const auto pattern = tokens_of(place);
  return std::ranges::equal(object, pattern,
                            [](auto token, auto expected) { return expected == "*" || token == expected; });
}

bool is_key(ObjectKind kind, std::string_view key) {
  return std::ranges::find(rules::keys_of(kind), key) != rules::keys_of(kind).end();
}

std::string key_of(std::string_view pointer) { return std::string(tokens_of(pointer).back()); }

// "a", "b" and so on of `unknown memory "?", expected "a" or "b"`.
std::set<std::string> choices_in(const std::string& message) {
  std::set<std::string> choices;
  if (!message.starts_with("unknown ") || message.find("\"?\", expected ") == std::string::npos) return choices;
  static const std::regex kQuoted("\"([a-z]+)\"");
  for (std::sregex_iterator at(message.begin(), message.end(), kQuoted), end; at != end; ++at) choices.insert((*at)[1]);
  return choices;
}

}  // namespace

Probe sends(std::string port, Frame frame) {
  return [port = std::move(port), frame = std::move(frame)](GatewayWorld& world, const Json&) {
    return world.send(port, frame);
  };
}

Json with_value(const Json& base, const std::string& pointer, const char* value) {
  Json document = base;
  const Json::json_pointer place(pointer);
  if (value == nullptr) {
    EXPECT_TRUE(base.contains(place)) << pointer;
  } else if (*value != '\0') {
    document[place] = Json::parse(value);
  } else if (document.contains(place)) {
    document[place.parent_pointer()].erase(place.back());
  }
  return document;
}

std::string refusal(const rules::Diagnostics& errors, std::string_view pointer) {
  const auto all = errors.sorted();
  const auto own = std::ranges::find(all, pointer, &rules::Diagnostic::pointer);
  return "refused: " + (own == all.end() ? all.front() : *own).message;
}

void expect_fates(std::span<const KeyRow> rows, const Json& base, const FateOf& fate_of) {
  for (const auto& row : rows) {
    SCOPED_TRACE(row.pointer);
    EXPECT_NE(row.fate, row.other_fate);
    EXPECT_EQ(fate_of(with_value(base, row.pointer, row.written), row), row.fate) << "as written";
    EXPECT_EQ(fate_of(with_value(base, row.pointer, row.otherwise), row), row.other_fate) << "otherwise";
  }
}

ObjectKind kind_of_object(std::string_view pointer, ObjectKind document) {
  const auto tokens = tokens_of(pointer);
  const auto object = std::span(tokens).first(tokens.size() - 1);
  if (object.empty()) return document;
  const auto place = std::ranges::find_if(kPlaces, [&](const auto& known) { return fits(object, known.second); });
  EXPECT_NE(place, std::end(kPlaces)) << pointer;
  return place == std::end(kPlaces) ? ObjectKind::count_ : place->first;
}

Held held_by(std::span<const KeyRow> rows, ObjectKind document) {
  Held held;
  for (const auto& row : rows) held.emplace(kind_of_object(row.pointer, document), key_of(row.pointer));
  return held;
}

Held held_by(std::span<const HeldElsewhere> rows) {
  Held held;
  for (const auto& row : rows) {
    const std::ifstream file(source_folder() + '/' + row.file);
    std::ostringstream text;
    text << file.rdbuf();
    EXPECT_TRUE(text.str().contains(row.words)) << row.file << " has no \"" << row.words << "\" for " << row.key;
    held.emplace(row.kind, row.key);
  }
  return held;
}

void expect_complete(const Held& held, ObjectKind first, ObjectKind last) {
  for (const auto& [kind, key] : held) EXPECT_TRUE(is_key(kind, key)) << key << " is no key";
  for (auto kind = first; kind <= last; kind = static_cast<ObjectKind>(static_cast<int>(kind) + 1)) {
    for (const auto key : rules::keys_of(kind)) {
      EXPECT_TRUE(held.contains({kind, std::string(key)})) << "nothing holds " << key << " of " << rules::name_of(kind);
    }
  }
}

void expect_all_choices(std::span<const KeyRow> rows, std::span<const HeldElsewhere> elsewhere, ObjectKind document,
                        const Json& base, const SaidOf& said_of) {
  std::map<std::string, std::set<std::string>> expected, seen;  // by kind and key
  const auto ask = [&](ObjectKind kind, const std::string& pointer) {
    auto name = std::string(rules::name_of(kind)) + ' ' + key_of(pointer);
    for (const auto& problem : said_of(with_value(base, pointer, R"("?")")).sorted()) {
      if (problem.pointer == pointer) expected[name].merge(choices_in(problem.message));
    }
    return name;
  };
  for (const auto& row : rows) {
    const auto name = ask(kind_of_object(row.pointer, document), row.pointer);
    for (const char* value : {row.written, row.otherwise}) {
      const Json changed = with_value(base, row.pointer, value);
      const Json::json_pointer place(row.pointer);
      if (changed.contains(place) && changed[place].is_string()) seen[name].insert(changed[place]);
    }
  }
  for (const auto& row : elsewhere) {
    if (row.kind == document) seen[ask(document, std::string("/") + row.key)].insert(row.choice);
  }
  EXPECT_GT(expected.size(), 0U);
  for (const auto& [name, words] : expected) {
    for (const auto& word : words) EXPECT_TRUE(seen[name].contains(word)) << name << ": nothing holds " << word;
  }
}

}  // namespace sallyport::dataplane::testing
