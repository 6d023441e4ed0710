// Changes of a document's text: RFC 6902 patches applied, the rest kept, laid out for people.
//
// Owner: control/store. Used by the control server; the result is read by the strict reader like any other document.
// Always: members keep their order; what a patch does not touch keeps its value.
#pragma once

#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace sallyport::control {

// The document after the patch. The error says which operation cannot be done.
[[nodiscard]] std::expected<std::string, std::string> patched_document(std::string_view document,
                                                                       std::string_view patch);

// How many arrays and objects lie inside each other at most; of any text.
[[nodiscard]] std::size_t nesting(std::string_view json);

// The value of a section's member as it stands in a document laid out so.
[[nodiscard]] std::string object_text(const nlohmann::ordered_json& object);

// Two spaces of indentation; arrays and objects that fit into a line stay on it.
[[nodiscard]] std::string document_text(const nlohmann::ordered_json& document);

// The text without white space between its tokens: equal for a document and the same after formatting.
[[nodiscard]] std::string minified(std::string_view json);

}  // namespace sallyport::control
