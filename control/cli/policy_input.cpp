// Reading policies and gateway documents for commands.
//
// Owner: control/cli.
#include "control/cli/policy_input.h"

#include <cstring>
#include <filesystem>

#include "control/cli/budget_options.h"
#include "control/cli/input.h"
#include "control/cli/output.h"
#include "control/store/diagnostic_json.h"
#include "rules/compile/compile.h"
#include "rules/compile/load_policy.h"

namespace sallyport::control {
namespace {

std::string bare_name(const std::string& path) {
  return path == "-" ? input_name(path) : std::filesystem::path(path).filename().string();
}

std::expected<PolicyInput, InputError> from_image(const std::string& path, std::span<const std::byte> bytes) {
  auto image = rules::Image::load_copy(bytes);
  if (!image) return std::unexpected(InputError{path, {}, {}, input_name(path) + ": " + image.error()});
  auto read = rules::read_policy(image->source(), std::string(image->file()));
  if (!read) {
    return std::unexpected(InputError{std::string(image->file()), std::string(image->source()), read.error(), {}});
  }
  return PolicyInput{std::string(image->file()), std::move(read->policy), std::move(read->warnings), std::move(*image)};
}

}  // namespace

void print_input_error(const InputError& error) {
  if (!error.sentence.empty()) {
    print_error(error.sentence);
  } else {
    print_message(rules::render(error.diagnostics, error.path, error.source));
  }
}

void print_input_error_as_json(const InputError& error) {
  const std::size_t errors = error.diagnostics.errors();
  const std::string count = error.path + ": " + std::to_string(errors) + (errors == 1 ? " error" : " errors");
  print_json_error({{"code", error.sentence.empty() ? "policy_refused" : "unreadable"},
                    {"message", error.sentence.empty() ? count : error.sentence},
                    {"details", to_json(error.diagnostics, error.path)}});
}

std::expected<PolicyInput, InputError> read_policy_input(const std::string& path, const rules::Budget& budget) {
  auto text = read_input(path, rules::kMaxDocumentBytes);
  if (!text) return std::unexpected(InputError{path, {}, {}, text.error()});
  const auto bytes = std::as_bytes(std::span(*text));
  if (rules::Image::looks_like_image(bytes)) return from_image(path, bytes);
  if (const auto problem = rules::too_large_to_read(text->size(), budget))
    return std::unexpected(InputError{path, {}, {}, input_name(path) + ": " + *problem});
  auto read = rules::read_policy(*text, bare_name(path));
  if (!read) return std::unexpected(InputError{input_name(path), std::move(*text), read.error(), {}});
  return PolicyInput{input_name(path), std::move(read->policy), std::move(read->warnings), std::nullopt};
}

std::expected<rules::ReadGateway, InputError> read_gateway_input(const std::string& path) {
  auto text = read_input(path, rules::kMaxDocumentBytes);
  if (!text) return std::unexpected(InputError{path, {}, {}, text.error()});
  auto read = rules::read_gateway(*text, path);
  if (!read) return std::unexpected(InputError{input_name(path), std::move(*text), read.error(), {}});
  return std::move(*read);
}

std::optional<PolicyInput> load_policy(const std::string& path, const rules::Budget& budget) {
  auto input = read_policy_input(path, budget);
  if (input) return std::move(*input);
  print_input_error(input.error());
  return std::nullopt;
}

std::expected<rules::Image, InputError> image_of(const PolicyInput& input, const rules::Budget& budget) {
  if (input.image) return *input.image;
  auto compiled = rules::compile(input.policy, budget, stopwatch());
  if (compiled) return std::move(compiled->image);
  return std::unexpected(InputError{input.path, std::string(input.policy.source), compiled.error(), {}});
}

std::optional<rules::Image> compiled_image(const PolicyInput& input, const rules::Budget& budget) {
  auto image = image_of(input, budget);
  if (image) return std::move(*image);
  print_input_error(image.error());
  return std::nullopt;
}

std::optional<rules::GatewayConfig> load_gateway(const std::string& path, const rules::Policy& policy) {
  auto read = read_gateway_input(path);
  if (!read) {
    print_input_error(read.error());
    return std::nullopt;
  }
  const auto together = rules::check_together(policy, read->config);
  if (together.has_errors()) {
    print_message(rules::render(together, path, ""));
    return std::nullopt;
  }
  return std::move(read->config);
}

}  // namespace sallyport::control
