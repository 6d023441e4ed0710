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

std::expected<LoadedPolicy, Diagnostics> from_document(std::string_view text, std::string file_name) {
  auto read = read_policy(text, std::move(file_name));
  if (!read) return std::unexpected(std::move(read.error()));
  auto compiled = compile(read->policy);
  if (!compiled) return std::unexpected(std::move(compiled.error()));
  return LoadedPolicy{
      .policy = std::move(read->policy), .image = std::move(compiled->image), .warnings = std::move(read->warnings)};
}

}  // namespace

std::expected<LoadedPolicy, Diagnostics> load_policy(std::string bytes, std::string file_name) {
  const auto raw = std::as_bytes(std::span(bytes));
  if (Image::looks_like_image(raw)) return from_image(raw);
  return from_document(bytes, std::move(file_name));
}

}  // namespace sallyport::rules
