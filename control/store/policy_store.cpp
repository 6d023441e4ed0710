// What callers ask of the store: changes, confirmations, ways back; generations remembered.
//
// Owner: control/store. candidate.cpp makes a policy of what was asked for, judgement.cpp puts it into force.
#include "control/store/policy_store.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "control/store/document_text.h"
#include "control/store/patch_objects.h"

namespace sallyport::control {
namespace {

// What all their images keep alive; memory that they share counts once.
std::size_t held_bytes(const std::deque<Generation>& generations) {
  std::map<const void*, std::size_t> blocks;
  for (const Generation& each : generations) {
    for (const auto& [memory, bytes] : each.image.blocks()) blocks.emplace(memory.get(), bytes);
  }
  std::size_t sum = 0;
  for (const auto& [memory, bytes] : blocks) sum += bytes;
  return sum;
}

}  // namespace

PolicyStore::PolicyStore(rules::GatewayConfig gateway, dataplane::Runtime& runtime, Clock clock)
    : gateway_(std::move(gateway)), runtime_(runtime), clock_(std::move(clock)), binder_(runtime_.port_settings()) {}

PolicyStore::Result PolicyStore::apply(const std::string& body, const ChangeRequest& request) {
  // Before the lock: a revert that falls due must not wait for a long compilation.
  if (auto refusal = refuse_now(request)) return std::unexpected(*std::move(refusal));
  Read candidate = read(body, request.file);
  const std::scoped_lock lock(change_mutex_);
  if (auto refusal = refuse_now(request)) return std::unexpected(*std::move(refusal));
  if (!candidate) return std::unexpected(std::move(candidate.error()));
  return change(*std::move(candidate), request);
}

PolicyStore::Result PolicyStore::patch(std::string_view patch, const ChangeRequest& request) {
  const std::scoped_lock lock(change_mutex_);
  if (auto refusal = refuse_now(request)) return std::unexpected(*std::move(refusal));
  const auto now = running();
  if (!now)
    return std::unexpected(
        Refusal{.kind = Refusal::Kind::missing, .message = "there is no policy to change yet: apply one first"});
  const MonotonicTime began = clock_.monotonic();
  if (auto policy = patched_objects(now->policy, now->generation.applied->policy, patch)) {
    if (auto updated = update(*now, *std::move(policy), began)) return change(*std::move(updated), request);
  }
  auto text = patched_document(rules::document_of(now->policy), patch);
  if (!text) return std::unexpected(invalid(std::move(text.error())));
  Read candidate = read_patched(*text, *now);
  if (!candidate) return std::unexpected(std::move(candidate.error()));
  return change(*std::move(candidate), request);
}

std::optional<std::uint64_t> PolicyStore::last_confirmed_before() const {
  for (std::size_t i = history_.size(); i > 1; --i) {
    if (history_[i - 2].confirmed) return history_[i - 2].number;
  }
  return std::nullopt;
}

PolicyStore::Result PolicyStore::rollback(std::optional<std::uint64_t> generation, const Author& author) {
  const std::scoped_lock lock(change_mutex_);
  std::uint64_t target = 0;
  {
    const std::scoped_lock state(state_mutex_);
    if (generation) {
      target = *generation;
    } else if (pending_) {
      target = pending_->revert_to;
    } else if (const auto last = last_confirmed_before()) {
      target = *last;
    } else {
      return std::unexpected(
          Refusal{.kind = Refusal::Kind::missing, .message = "there is no earlier generation to roll back to"});
    }
  }
  return go_back(target, author, "rollback");
}

PolicyStore::Result PolicyStore::confirm(const Author&) {
  const std::scoped_lock lock(change_mutex_, state_mutex_);
  if (!pending_)
    return std::unexpected(Refusal{.kind = Refusal::Kind::missing, .message = "no change waits for a confirmation"});
  pending_.reset();
  auto confirmed = std::make_shared<Running>(*running_);
  confirmed->generation.confirmed = true;
  history_.back().confirmed = true;
  running_ = confirmed;
  Outcome outcome;
  outcome.changed = true;
  outcome.generation = confirmed->generation.number;
  outcome.hash = confirmed->generation.image.hash();
  outcome.summary = "confirmed";
  outcome.file = confirmed->generation.image.file();
  return outcome;
}

std::optional<PolicyStore::Result> PolicyStore::expire() {
  const std::scoped_lock lock(change_mutex_);
  std::uint64_t target = 0;
  {
    const std::scoped_lock state(state_mutex_);
    if (!pending_ || clock_.monotonic() < pending_->deadline) return std::nullopt;
    target = pending_->revert_to;
  }
  Result reverted = go_back(target, Author{0, "gateway"}, "revert");
  if (!reverted || !reverted->changed) {
    const std::scoped_lock state(state_mutex_);
    pending_.reset();
  }
  return reverted;
}

std::shared_ptr<const Running> PolicyStore::running() const {
  const std::scoped_lock state(state_mutex_);
  return running_;
}

std::vector<Generation> PolicyStore::history() const {
  const std::scoped_lock state(state_mutex_);
  return {history_.rbegin(), history_.rend()};
}

std::optional<Pending> PolicyStore::pending() const {
  const std::scoped_lock state(state_mutex_);
  return pending_;
}

std::optional<Refusal> PolicyStore::refuse_now(const ChangeRequest& request) const {
  const std::scoped_lock state(state_mutex_);
  if (pending_ && !request.dry_run) {
    return Refusal{
        .kind = Refusal::Kind::pending,
        .message = fmt::format("generation {} waits for a confirmation until {}: confirm it or roll it back first",
                               pending_->generation, iso_time(pending_->confirm_by))};
  }
  const std::uint64_t number = running_ ? running_->generation.number : 0;
  if (request.if_generation && *request.if_generation != number) {
    return Refusal{.kind = Refusal::Kind::stale,
                   .message = fmt::format("generation {} is in force, not {}: the policy changed meanwhile", number,
                                          *request.if_generation)};
  }
  return std::nullopt;
}

PolicyStore::Result PolicyStore::go_back(std::uint64_t generation, const Author& author, std::string action) {
  std::optional<Generation> target;
  for (const Generation& each : history()) {
    if (each.number == generation) target = each;
  }
  if (!target) {
    return std::unexpected(Refusal{.kind = Refusal::Kind::missing,
                                   .message = fmt::format("generation {} is not in the history", generation)});
  }
  ChangeRequest request;
  request.author = author;
  request.action = std::move(action);
  request.file = target->image.file();
  // Where both are changes of one document that was read whole, the compiler goes back too and goes on from there.
  const auto now = running();
  std::optional<Candidate> updated;
  if (now->policy.source.view().data() == target->policy.source.view().data()) {
    updated = update(*now, target->policy, clock_.monotonic());
  }
  auto outcome = updated ? change(*std::move(updated), request)
                         : change(Candidate{.policy = target->policy,
                                            .applied = target->applied,
                                            .image = target->image,
                                            .warnings = target->warnings,
                                            .warnings_file = target->warnings_file,
                                            .compiler = nullptr,
                                            .change = std::nullopt,
                                            .work = {},
                                            .of_running = true},
                                  request);
  if (outcome && outcome->changed) {
    const std::string summary = fmt::format("back to generation {}", generation);
    outcome->summary = summary;
    const std::scoped_lock state(state_mutex_);
    history_.back().summary = summary;
  }
  return outcome;
}

void PolicyStore::remember(Generation generation) {
  if (!history_.empty() && history_.back().number == generation.number) history_.pop_back();
  history_.push_back(std::move(generation));
  while (history_.size() > kHistory || (history_.size() > 2 && held_bytes(history_) > kHistoryBytes)) {
    history_.pop_front();
  }
}

}  // namespace sallyport::control
