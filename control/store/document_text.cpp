// RFC 6902 through nlohmann's patch, and a layout like that of a hand-written document.
//
// Owner: control/store.
#include "control/store/document_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "rules/document/documents.h"

namespace sallyport::control {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kLineWidth = 120;
constexpr std::size_t kCopiedAnyway = std::size_t{64} << 10U;  // bytes that a patch may copy within a small document

std::string compact(const ordered_json& value);

// "{ A, B }" or "[A, B]" of the members' own texts.
std::string compact_container(const ordered_json& value) {
  std::string out = value.is_object() ? "{ " : "[";
  bool first = true;
  for (const auto& [key, member] : value.items()) {
    if (!std::exchange(first, false)) out += ", ";
    if (value.is_object()) out += ordered_json(key).dump() + ": ";
    out += compact(member);
  }
  return out + (value.is_object() ? " }" : "]");
}

std::string compact(const ordered_json& value) {
  return value.is_structured() && !value.empty() ? compact_container(value) : value.dump();
}

// Elements count as one line's worth only down to this depth below the root: sections and their members get lines of
// their own.
constexpr int kOwnLines = 2;

void lay_out(const ordered_json& value, int depth, std::size_t used, std::string& out) {
  if (!value.is_structured() || value.empty()) {
    out += value.dump();
    return;
  }
  if (depth >= kOwnLines || (depth == 1 && !value.front().is_structured())) {
    if (const std::string line = compact(value); used + line.size() <= kLineWidth) {
      out += line;
      return;
    }
  }
  const std::string indent(2 * (static_cast<std::size_t>(depth) + 1), ' ');
  out += value.is_object() ? "{" : "[";
  bool first = true;
  for (const auto& [key, member] : value.items()) {
    if (!std::exchange(first, false)) out += ",";
    const std::string name = value.is_object() ? ordered_json(key).dump() + ": " : "";
    out += "\n" + indent + name;
    lay_out(member, depth + 1, indent.size() + name.size() + 1, out);
  }
  out += "\n" + indent.substr(2) + (value.is_object() ? "}" : "]");
}

// About how much text the value takes; nothing where it is nested deeper than `levels`.
std::optional<std::size_t> text_size(const ordered_json& value, int levels) {
  constexpr std::size_t kPunctuation = 2;
  if (value.is_string()) return value.get_ref<const std::string&>().size() + kPunctuation;
  if (!value.is_structured()) return kPunctuation;
  if (levels == 0) return std::nullopt;
  std::size_t size = kPunctuation;
  for (const auto& [key, member] : value.items()) {
    const auto inside = text_size(member, levels - 1);
    if (!inside) return std::nullopt;
    size += *inside + key.size() + kPunctuation;
  }
  return size;
}

// Operations that make something of what is there already, and may so double it again and again: what they take from
// it.
std::optional<std::string> source_of(const ordered_json& operation) {
  if (!operation.is_object() || !operation.contains("op") || !operation.contains("from")) return std::nullopt;
  if ((operation["op"] != "copy" && operation["op"] != "move") || !operation["from"].is_string()) return std::nullopt;
  return operation["from"].get<std::string>();
}

std::string too_deep() { return fmt::format("it nests deeper than {} levels", rules::kMaxDepth); }

// One operation after the other; the error says what became too deep or too large. All that they copy and move is no
// more than `most` bytes, so that a short patch costs no more than the document it is for.
std::expected<void, std::string> patch_in_place(ordered_json& document, const ordered_json& patch, std::size_t most) {
  std::size_t copied = 0;
  for (const ordered_json& operation : patch) {
    if (const auto from = source_of(operation)) {
      const auto size = text_size(document.at(ordered_json::json_pointer(*from)), rules::kMaxDepth);
      if (!size) return std::unexpected(too_deep());
      copied += *size;
    }
    if (copied > most) return std::unexpected(fmt::format("it copies and moves more than {} bytes", most));
    document.patch_inplace(ordered_json::array({operation}));
  }
  if (!text_size(document, rules::kMaxDepth)) return std::unexpected(too_deep());
  return {};
}

// Without the library's "[json.exception.parse_error.104] ".
std::string_view without_tag(std::string_view message) {
  const std::size_t end = message.starts_with('[') ? message.find("] ") : std::string_view::npos;
  return end == std::string_view::npos ? message : message.substr(end + 2);
}

}  // namespace

std::size_t nesting(std::string_view json) {
  std::size_t depth = 0;
  std::size_t most = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == '[' || c == '{')) {
      most = std::max(most, ++depth);
    } else if (!in_string && (c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return most;
}

std::string document_text(const ordered_json& document) {
  std::string out;
  lay_out(document, 0, 0, out);
  return out + "\n";
}

std::string object_text(const ordered_json& object) {
  std::string out;
  lay_out(object, kOwnLines, 0, out);
  return out;
}

std::string minified(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  bool in_string = false;
  bool escaped = false;
  for (const char c : json) {
    if (!in_string && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) continue;
    out.push_back(c);
    if (escaped) {
      escaped = false;
    } else if (in_string && c == '\\') {
      escaped = true;
    } else if (c == '"') {
      in_string = !in_string;
    }
  }
  return out;
}

std::expected<std::string, std::string> patched_document(std::string_view document, std::string_view patch) {
  if (nesting(patch) > std::size_t{rules::kMaxDepth}) {
    return std::unexpected(fmt::format("the patch is nested deeper than {} levels", rules::kMaxDepth));
  }
  if (const auto doubled = rules::doubled_key(patch)) return std::unexpected("the patch is refused: " + *doubled);
  try {
    const ordered_json operations = ordered_json::parse(patch);
    ordered_json result = ordered_json::parse(document);
    if (!operations.is_array()) result.patch_inplace(operations);  // says what a patch is
    const std::size_t most = std::max(document.size(), kCopiedAnyway);
    if (auto done = patch_in_place(result, operations, most); !done) {
      return std::unexpected("the patch is refused: " + done.error());
    }
    return document_text(result);
  } catch (const ordered_json::exception& error) {
    return std::unexpected(fmt::format("the patch is refused: {}", without_tag(error.what())));
  }
}

}  // namespace sallyport::control
