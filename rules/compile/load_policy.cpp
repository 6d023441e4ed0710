// A policy from a document or from an image; see the header. Owner: rules/compile.
#include "rules/compile/load_policy.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "rules/compile/compile.h"
#include "rules/document/documents.h"

namespace sallyport::rules {
namespace {

std::expected<LoadedPolicy, Diagnostics> from_image(std::span<const std::byte> bytes) {
  auto image = Image::load_copy(bytes);
  if (!image) {
    Diagnostics problems;
    problems.error({}, "", "this image cannot be loaded: " + image.error());
    return std::unexpected(std::move(problems));
  }
  auto read = read_policy(image->source(), std::string(image->file()));
  if (!read) return std::unexpected(std::move(read.error()));
  return LoadedPolicy{
      .policy = std::move(read->policy), .image = std::move(*image), .warnings = std::move(read->warnings)};
}

std::expected<LoadedPolicy, Diagnostics> from_document(std::string_view text, std::string file_name,
                                                       const Budget& budget, const Elapsed& elapsed) {
  if (auto problem = too_large_to_read(text.size(), budget)) {
    Diagnostics problems;
    problems.error({}, "", *std::move(problem));
    return std::unexpected(std::move(problems));
  }
  auto read = read_policy(text, std::move(file_name));
  if (!read) return std::unexpected(std::move(read.error()));
  auto kept = compile_and_keep(read->policy, budget, elapsed);
  if (!kept) return std::unexpected(std::move(kept.error()));
  return LoadedPolicy{.policy = std::move(read->policy),
                      .image = std::move(kept->compiled.image),
                      .warnings = std::move(read->warnings),
                      .compiler = std::move(kept->compiler)};
}

}  // namespace

std::optional<std::string> too_large_to_read(std::size_t document_bytes, const Budget& budget) {
  const std::uint64_t needed = bytes_to_read(document_bytes);
  if (needed <= budget.memory) return std::nullopt;
  return "a document of " + size_in_words(document_bytes) + " takes " + size_in_words(needed) +
         " to read, the budget memory is " + size_in_words(budget.memory);
}

std::expected<LoadedPolicy, Diagnostics> load_policy(std::string bytes, std::string file_name, const Budget& budget,
                                                     const Elapsed& elapsed) {
  const auto raw = std::as_bytes(std::span(bytes));
  if (Image::looks_like_image(raw)) return from_image(raw);
  return from_document(bytes, std::move(file_name), budget, elapsed);
}

}  // namespace sallyport::rules
