// The keeper of the policy in force: generations, history, confirmation, rollback.
//
// Owner: control/store; one a daemon. Used by the control server's threads; the runtime it publishes to must allow
// that. Always: one change at a time; a change is read, compiled, checked against the gateway and bound before anything
// is published, so that a refused one leaves everything as it was. While a confirmation is pending only confirm and
// rollback change anything. A revert and a rollback are new generations with an old document.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "control/store/clock.h"
#include "dataplane/engine/bound_policy.h"
#include "dataplane/runtime/runtime.h"
#include "rules/compile/load_policy.h"
#include "rules/document/documents.h"
#include "rules/image/image.h"
#include "rules/model/gateway.h"

namespace sallyport::control {

// Who asked for a change.
struct Author {
  std::uint32_t uid = 0;
  std::string name;  // "root", or "gateway" for what the gateway does by itself
};

struct Generation {
  std::uint64_t number = 0;
  std::uint32_t epoch = 0;  // rises only with the meaning
  WallTime applied_at;
  Author author;
  std::string action;   // "start", "apply", "patch", "rollback", "revert"
  std::string summary;  // "2 rules added, 1 removed"
  rules::Image image;
  bool confirmed = true;
};

// The policy in force with everything that names its parts; immutable, shared with readers.
struct Running {
  Generation generation;
  rules::Policy policy;
  std::shared_ptr<const dataplane::BoundPolicy> bound;
  dataplane::Binder names;
};

struct Refusal {
  enum class Kind : std::uint8_t {
    invalid,  // the document, image or edit is wrong
    pending,  // a confirmation is awaited
    missing,  // nothing to roll back to, nothing to confirm, no policy to change
    stale,    // the policy changed since the caller looked
    beyond,   // it would open more than max_opened says
  };
  Kind kind = Kind::invalid;
  std::string message;
  rules::Diagnostics details;  // of an invalid document
  std::string rendered;        // the same with source lines and carets
  std::string file = {};       // that they point into; empty: the one that was sent
};

struct ChangeRequest {
  Author author;
  std::string action = "apply";
  std::string file = "policy.json";  // name of the document in messages
  bool dry_run = false;
  std::optional<std::chrono::seconds> confirm_within;
  std::optional<std::vector<rules::Prefix>> max_opened;  // remote addresses that may be newly allowed
  std::optional<std::uint64_t> if_generation;            // refuse as stale when another generation is in force
};

struct Outcome {
  bool changed = false;  // false: the same policy again, or a dry run of it
  bool dry_run = false;
  bool text_only = false;        // no packet or flow sees a difference
  std::uint64_t generation = 0;  // in force afterwards (of a dry run: still in force)
  std::string hash;
  std::string summary;
  std::optional<WallTime> confirm_by;
  rules::Diagnostics warnings;
  std::string file;                     // that the warnings point into
  rules::Diagnostics gateway_warnings;  // of policy and gateway together
  std::string gateway_file;
};

struct Pending {
  std::uint64_t generation = 0;
  std::uint64_t revert_to = 0;
  MonotonicTime deadline;
  WallTime confirm_by;
};

class PolicyStore {
 public:
  static constexpr std::size_t kHistory = 64;
  // Older documents are forgotten earlier when all of them together are larger than this; the previous one stays.
  static constexpr std::size_t kHistoryBytes = std::size_t{1} << 30U;

  using Result = std::expected<Outcome, Refusal>;
  // New text of the document from the running one, or what is wrong with the edit.
  using Edit = std::function<std::expected<std::string, std::string>(std::string_view text)>;

  PolicyStore(rules::GatewayConfig gateway, dataplane::Runtime& runtime, Clock clock);

  // A policy document or a compiled image.
  [[nodiscard]] Result apply(const std::string& body, const ChangeRequest& request);
  [[nodiscard]] Result edit(const Edit& edit, const ChangeRequest& request);
  [[nodiscard]] Result rollback(std::optional<std::uint64_t> generation, const Author& author);
  [[nodiscard]] Result confirm(const Author& author);
  // Reverts a change whose confirmation did not come in time; nullopt when nothing was due. Call it often.
  std::optional<Result> expire();

  [[nodiscard]] std::shared_ptr<const Running> running() const;  // nullptr: no policy yet
  [[nodiscard]] std::vector<Generation> history() const;         // newest first
  [[nodiscard]] std::optional<Pending> pending() const;

 private:
  using Read = std::expected<rules::LoadedPolicy, Refusal>;

  [[nodiscard]] Read read(const std::string& body, const std::string& file) const;
  [[nodiscard]] std::optional<Refusal> refuse_now(const ChangeRequest& request) const;
  [[nodiscard]] std::optional<Refusal> refuse_beyond(const rules::Policy& candidate,
                                                     const ChangeRequest& request) const;
  [[nodiscard]] Result change(rules::LoadedPolicy candidate, const ChangeRequest& request);
  [[nodiscard]] Result put_in_force(rules::LoadedPolicy candidate, const ChangeRequest& request, bool text_only,
                                    std::string summary);
  [[nodiscard]] Result go_back(std::uint64_t generation, const Author& author, std::string action);
  void remember(const Generation& generation);

  const rules::GatewayConfig gateway_;
  dataplane::Runtime& runtime_;
  const Clock clock_;
  std::mutex change_mutex_;  // one change at a time; taken before state_mutex_
  mutable std::mutex state_mutex_;
  std::shared_ptr<const Running> running_;
  std::deque<Generation> history_;  // oldest first
  std::optional<Pending> pending_;
};

// What a change does, in a few words for people.
[[nodiscard]] std::string summarize(const Running* before, const rules::LoadedPolicy& after);

// The text without white space between its tokens: equal for a document and the same after formatting.
[[nodiscard]] std::string minified(std::string_view json);

}  // namespace sallyport::control
