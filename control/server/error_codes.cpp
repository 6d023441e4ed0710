// The table of the control socket's errors.
//
// Owner: control/server.
#include "control/server/error_codes.h"

#include <array>

namespace sallyport::control {

// NOLINTNEXTLINE(readability-function-size): a table
std::span<const ErrorCode> error_codes() {
  static constexpr auto kCodes = std::to_array<ErrorCode>({
      {"bad_request", 400, "the request is not understood: a query, a header or a body that is none",
       "the message names it; docs/control-api.md has what each path takes"},
      {"bad_filter", 400, "the filter is none of tcpdump's language", "try it with tcpdump -d FILTER"},
      {"not_permitted", 403, "the user may not look at this gateway, or not change it",
       "ask as root, or as a member of the groups that control names in the gateway document"},
      {"not_found", 404, "there is no such path in this version", "docs/control-api.md lists the paths"},
      {"no_policy", 404, "no policy is in force, so there is nothing to look at", "apply one"},
      {"method_not_allowed", 405, "the path is there and takes other methods",
       "the header Allow of the answer lists them"},
      {"request_timeout", 408, "the head of the request did not come in time", "send it at once"},
      {"confirmation_pending", 409, "a change waits for its confirmation, and every other change waits for that",
       "sallyport confirm keeps it, sallyport rollback takes it back"},
      {"nothing_there", 409, "there is nothing to confirm, to roll back to or to change",
       "sallyport history lists the generations; without a policy apply one first"},
      {"opens_too_much", 409, "the change newly allows traffic with an address outside max_opened",
       "sallyport diff NEW --running shows what; narrow the change, or widen --max-opened"},
      {"length_required", 411, "the request needs a body whose length is known beforehand",
       "send it with a Content-Length, not in chunks"},
      {"policy_changed_meanwhile", 412, "another generation is in force than the one named in If-Match",
       "read the policy again and make the change anew"},
      {"too_large", 413, "the body is longer than this path takes", "the message has the limit"},
      {"target_too_long", 414, "the path and its queries are longer than 8 KiB", "give fewer of them"},
      {"unsupported_encoding", 415, "the body is compressed", "send it as it is"},
      {"expectation_failed", 417, "the header Expect wants what is not known here",
       "leave it off, or expect 100-continue"},
      {"policy_refused", 422, "the document, image or patch is wrong, or does not fit the gateway document",
       "details say where and why; sallyport check FILE --gateway GATEWAY says it beforehand"},
      {"head_too_large", 431, "the request has more than 100 headers, or more than 32 KiB of them", "send fewer"},
      {"internal_error", 500, "the gateway failed at the request; what was in force still is",
       "its log has more; please report it"},
      {"too_many_streams", 503, "too many watchers are connected already", "end one of them, or ask without watch"},
      {"too_many_connections", 503, "all places for connections of this user, or of users like it, are taken",
       "end some of them; root and write_group have places of their own"},
      {"unreadable", 0, "sallyport could not read the file that it was given", "the message says why"},
  });
  return kCodes;
}

}  // namespace sallyport::control
