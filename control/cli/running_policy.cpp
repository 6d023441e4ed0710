// Owner: control/cli. See running_policy.h.
#include "control/cli/running_policy.h"

#include "control/cli/client.h"
#include "control/cli/output.h"
#include "rules/document/documents.h"

namespace sallyport::control {

std::expected<rules::Policy, int> running_policy(const Invocation& invocation) {
  const auto document = Client(invocation.socket).get("/v1/policy");
  if (!document) return std::unexpected(report(document.error()));
  auto read = rules::read_policy(document->body, "running");
  if (!read) {
    print_message(rules::render(read.error(), "running", document->body));
    return std::unexpected(kBadInput);
  }
  return std::move(read->policy);
}

}  // namespace sallyport::control
