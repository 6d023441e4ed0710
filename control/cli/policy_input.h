// The documents commands are given: a policy (document or image) and a gateway document.
//
// Owner: control/cli. Always: what is wrong has been printed to stderr, with file, line and caret, when nothing is
// returned.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "rules/compile/meter.h"
#include "rules/document/diagnostics.h"
#include "rules/document/documents.h"
#include "rules/image/image.h"
#include "rules/model/gateway.h"
#include "rules/model/policy.h"

namespace sallyport::control {

// A policy as it was given. Positions in messages name the path as typed; the policy itself knows the file's bare name,
// so that the same document gives the same image wherever it lies.
struct PolicyInput {
  std::string path;
  rules::Policy policy;
  rules::Diagnostics warnings;
  std::optional<rules::Image> image;  // when an image was given
};

// Why an input was refused: diagnostics of a document, or one sentence (a missing file, a damaged image).
struct InputError {
  std::string path;
  std::string source;
  rules::Diagnostics diagnostics;
  std::string sentence;
};
void print_input_error(const InputError& error);
// To stdout, as the control socket gives it.
void print_input_error_as_json(const InputError& error);

// A document that takes more memory to read than the budget says is refused.
[[nodiscard]] std::expected<PolicyInput, InputError> read_policy_input(const std::string& path,
                                                                       const rules::Budget& budget = {});
[[nodiscard]] std::expected<rules::ReadGateway, InputError> read_gateway_input(const std::string& path);

// The same for commands that only print what is wrong.
[[nodiscard]] std::optional<PolicyInput> load_policy(const std::string& path, const rules::Budget& budget = {});
// The image given, or the compiled document.
[[nodiscard]] std::expected<rules::Image, InputError> image_of(const PolicyInput& input,
                                                               const rules::Budget& budget = {});
[[nodiscard]] std::optional<rules::Image> compiled_image(const PolicyInput& input, const rules::Budget& budget = {});
// Reads the gateway document and holds it against the policy.
[[nodiscard]] std::optional<rules::GatewayConfig> load_gateway(const std::string& path, const rules::Policy& policy);

}  // namespace sallyport::control
