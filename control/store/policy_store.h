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
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "control/store/clock.h"
#include "control/store/refusal.h"
#include "dataplane/engine/bound_policy.h"
#include "dataplane/runtime/runtime.h"
#include "rules/compile/compiler.h"
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

// A document as it was applied, with its hash: what live changes start from.
struct Applied {
  rules::Policy policy;
  std::string hash;
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
  rules::Policy policy;
  std::shared_ptr<const Applied> applied;  // from which live changes led to it; itself where there were none
  // Of the policy, with the name of the text that they point into, and of policy and gateway together.
  rules::Diagnostics warnings;
  std::string warnings_file;
  rules::Diagnostics gateway_warnings;
};

// The policy in force with everything that names its parts; immutable, shared with readers.
struct Running {
  Generation generation;
  rules::Policy policy;
  std::shared_ptr<const dataplane::BoundPolicy> bound;
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

// How long the parts of a change took.
struct Work {
  std::chrono::duration<double> compile{};  // with reading
  std::chrono::duration<double> proof{};
};

struct Outcome {
  bool changed = false;  // false: the same policy again, or a dry run of it
  bool dry_run = false;
  bool text_only = false;        // no packet or flow sees a difference
  std::uint64_t generation = 0;  // in force afterwards (of a dry run: still in force)
  std::string hash;
  std::string summary;
  std::optional<WallTime> confirm_by;
  Work work;
  rules::Diagnostics warnings;          // of a change of the running policy: those that are new
  std::string file;                     // that the warnings point into
  rules::Diagnostics gateway_warnings;  // of policy and gateway together; likewise
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
  // Older documents are forgotten earlier when the images of all of them keep more than this alive; the previous one
  // stays.
  static constexpr std::size_t kHistoryBytes = std::size_t{1} << 30U;

  using Result = std::expected<Outcome, Refusal>;

  PolicyStore(rules::GatewayConfig gateway, dataplane::Runtime& runtime, Clock clock);

  // A policy document or a compiled image. Where it says what is in force already it is no new generation; places and
  // names are its own from then on.
  [[nodiscard]] Result apply(const std::string& body, const ChangeRequest& request);
  // RFC 6902 on the document in force. Where it touches groups, ACLs, prefix lists or the groups of interfaces alone,
  // what did not change is neither read nor compiled nor proven again.
  [[nodiscard]] Result patch(std::string_view patch, const ChangeRequest& request);
  [[nodiscard]] Result rollback(std::optional<std::uint64_t> generation, const Author& author);
  [[nodiscard]] Result confirm(const Author& author);
  // Reverts a change whose confirmation did not come in time; nullopt when nothing was due. Call it often.
  std::optional<Result> expire();

  [[nodiscard]] std::shared_ptr<const Running> running() const;  // nullptr: no policy yet
  [[nodiscard]] std::vector<Generation> history() const;         // newest first
  [[nodiscard]] std::optional<Pending> pending() const;

 private:
  // A policy that was read, compiled and proven. `change`: it differs from the one in force in this alone.
  struct Candidate {
    rules::Policy policy;
    std::shared_ptr<const Applied> applied;  // as in Generation
    rules::Image image;
    rules::Diagnostics warnings;
    std::string warnings_file;
    std::unique_ptr<rules::Compiler> compiler;  // of the image; none where `change` is told, or where it was loaded
    std::optional<dataplane::RulesChange> change;
    Work work;
    bool of_running = false;  // made of what is, or was, in force: what was warned of is known
  };
  using Read = std::expected<Candidate, Refusal>;

  [[nodiscard]] Read read(const std::string& body, const std::string& file) const;
  [[nodiscard]] Read read_patched(const std::string& text, const Running& now) const;
  [[nodiscard]] std::optional<Refusal> refuse_now(const ChangeRequest& request) const;
  [[nodiscard]] std::optional<Refusal> refuse_beyond(const rules::Policy& candidate,
                                                     const ChangeRequest& request) const;
  // The policy compiled and proven from what is in force; nothing where that does not do.
  [[nodiscard]] std::optional<Candidate> update(const Running& now, rules::Policy policy, MonotonicTime began);
  [[nodiscard]] Result change(Candidate candidate, const ChangeRequest& request);
  [[nodiscard]] Result judge(Candidate candidate, const ChangeRequest& request);
  [[nodiscard]] Result put_in_force(Candidate candidate, const ChangeRequest& request,
                                    rules::Diagnostics gateway_warnings, Outcome outcome);
  // The same policy again, maybe from another text.
  [[nodiscard]] Result keep_in_force(Candidate candidate, rules::Diagnostics gateway_warnings, Outcome outcome);
  // The last step of both: nothing fails.
  void publish(Candidate candidate, Generation generation, std::shared_ptr<const dataplane::BoundPolicy> bound,
               std::optional<Pending> pending);
  [[nodiscard]] std::expected<std::shared_ptr<const dataplane::BoundPolicy>, std::string> bind(
      const Candidate& candidate, bool dry_run, std::uint64_t number, std::uint32_t epoch);
  // The compiler as it was before a change that did not come into force.
  void forget_change();
  // The generation before the current one that was confirmed, or needed no confirmation.
  [[nodiscard]] std::optional<std::uint64_t> last_confirmed_before() const;
  [[nodiscard]] Result go_back(std::uint64_t generation, const Author& author, std::string action);
  void remember(Generation generation);

  const rules::GatewayConfig gateway_;
  dataplane::Runtime& runtime_;
  const Clock clock_;
  std::mutex change_mutex_;  // one change at a time; taken before state_mutex_
  // Under change_mutex_. Of the policy in force; none where its image was loaded, not compiled.
  std::unique_ptr<rules::Compiler> compiler_;
  dataplane::Binder binder_;
  mutable std::mutex state_mutex_;
  std::shared_ptr<const Running> running_;
  std::deque<Generation> history_;  // oldest first
  std::optional<Pending> pending_;
};

// What a change does, in a few words for people.
[[nodiscard]] std::string summarize(const rules::Policy* before, const rules::Policy& after);

}  // namespace sallyport::control
