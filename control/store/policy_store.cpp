// Changes of the policy in force: read, checked, bound, published, remembered; confirmed or reverted.
//
// Owner: control/store.
// Always: publish() is the last step that can be reached, and nothing behind it fails.
#include "control/store/policy_store.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <span>
#include <utility>

#include "control/store/document_text.h"
#include "control/store/patch_objects.h"
#include "rules/analyze/diff.h"
#include "rules/prove/prove.h"

namespace sallyport::control {
namespace {

Refusal invalid(std::string message, rules::Diagnostics details = {}, std::string rendered = {}) {
  return Refusal{Refusal::Kind::invalid, std::move(message), std::move(details), std::move(rendered)};
}

Refusal invalid_document(rules::Diagnostics details, const std::string& file, std::string_view source) {
  const std::size_t errors = details.errors();
  std::string rendered = rules::render(details, file, source);
  return invalid(fmt::format("{}: {} error{}", file, errors, errors == 1 ? "" : "s"), std::move(details),
                 std::move(rendered));
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
        Refusal{Refusal::Kind::missing, "there is no policy to change yet: apply one first", {}, {}});
  const MonotonicTime began = clock_.monotonic();
  if (auto policy = patched_objects(now->policy, patch)) {
    if (auto updated = update(*now, *std::move(policy), began)) return change(*std::move(updated), request);
  }
  auto text = patched_document(rules::document_of(now->policy), patch);
  if (!text) return std::unexpected(invalid(std::move(text.error())));
  Read candidate = read(*text, std::string(now->generation.image.file()));
  if (!candidate) return std::unexpected(std::move(candidate.error()));
  return change(*std::move(candidate), request);
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
    } else if (history_.size() >= 2) {
      target = history_[history_.size() - 2].number;
    } else {
      return std::unexpected(Refusal{Refusal::Kind::missing, "there is no earlier generation to roll back to", {}, {}});
    }
  }
  return go_back(target, author, "rollback");
}

PolicyStore::Result PolicyStore::confirm(const Author&) {
  const std::scoped_lock lock(change_mutex_, state_mutex_);
  if (!pending_) return std::unexpected(Refusal{Refusal::Kind::missing, "no change waits for a confirmation", {}, {}});
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

PolicyStore::Read PolicyStore::read(const std::string& body, const std::string& file) const {
  const MonotonicTime began = clock_.monotonic();
  const auto elapsed = [this, began] { return std::chrono::duration<double>(clock_.monotonic() - began).count(); };
  auto loaded = rules::load_policy(body, file, gateway_.budget, elapsed);
  const bool image = rules::Image::looks_like_image(std::as_bytes(std::span(body)));
  if (loaded) {
    const MonotonicTime compiled = clock_.monotonic();
    const auto proof = image ? rules::verify(loaded->policy, loaded->image, gateway_.budget, elapsed)
                             : rules::prove(loaded->policy, loaded->image);
    if (!proof) return std::unexpected(invalid("the compiled policy is not what its rules say: " + proof.error()));
    return Candidate{.policy = std::move(loaded->policy),
                     .image = std::move(loaded->image),
                     .warnings = std::move(loaded->warnings),
                     .compiler = std::move(loaded->compiler),
                     .change = std::nullopt,
                     .work = {.compile = compiled - began, .proof = clock_.monotonic() - compiled}};
  }
  return std::unexpected(invalid_document(std::move(loaded.error()), file, image ? "" : body));
}

std::optional<PolicyStore::Candidate> PolicyStore::update(const Running& now, rules::Policy policy,
                                                          MonotonicTime began) {
  if (compiler_ == nullptr || rules::same_meaning(now.policy, policy)) return std::nullopt;
  auto compiler = std::move(compiler_);  // of no more use unless all goes well
  auto updated = compiler->update(policy);
  if (!updated) return std::nullopt;
  const MonotonicTime compiled = clock_.monotonic();
  const auto proof = rules::prove_update(now.policy, now.generation.image, policy, updated->image);
  if (!proof) {
    spdlog::error("a change could not be proven and is compiled whole: {}", proof.error());
    return std::nullopt;
  }
  compiler_ = std::move(compiler);
  return Candidate{.policy = std::move(policy),
                   .image = std::move(updated->image),
                   .warnings = {},
                   .compiler = nullptr,
                   .change = dataplane::RulesChange{std::move(updated->changed_lists)},
                   .work = {.compile = compiled - began, .proof = clock_.monotonic() - compiled}};
}

void PolicyStore::forget_change() {
  const auto now = running();
  if (compiler_ != nullptr && (!now || !compiler_->update(now->policy))) compiler_.reset();
}

std::optional<Refusal> PolicyStore::refuse_now(const ChangeRequest& request) const {
  const std::scoped_lock state(state_mutex_);
  if (pending_ && !request.dry_run) {
    return Refusal{Refusal::Kind::pending,
                   fmt::format("generation {} waits for a confirmation until {}: confirm it or roll it back first",
                               pending_->generation, iso_time(pending_->confirm_by)),
                   {},
                   {}};
  }
  const std::uint64_t number = running_ ? running_->generation.number : 0;
  if (request.if_generation && *request.if_generation != number) {
    return Refusal{
        Refusal::Kind::stale,
        fmt::format("generation {} is in force, not {}: the policy changed meanwhile", number, *request.if_generation),
        {},
        {}};
  }
  return std::nullopt;
}

std::optional<Refusal> PolicyStore::refuse_beyond(const rules::Policy& candidate, const ChangeRequest& request) const {
  if (!request.max_opened) return std::nullopt;
  const auto now = running();
  const auto difference = rules::diff(now ? now->policy : rules::Policy{}, candidate);
  const auto beyond = rules::opened_beyond(difference, *request.max_opened);
  if (!beyond) return std::nullopt;
  return Refusal{Refusal::Kind::beyond, "it would open more than max_opened says: " + *beyond, {}, {}};
}

PolicyStore::Result PolicyStore::change(Candidate candidate, const ChangeRequest& request) {
  const bool updated = candidate.change.has_value();
  Result result = judge(std::move(candidate), request);
  if (updated && (!result || !result->changed || result->dry_run)) forget_change();
  return result;
}

PolicyStore::Result PolicyStore::judge(Candidate candidate, const ChangeRequest& request) {
  rules::Diagnostics together = rules::check_together(candidate.policy, gateway_);
  if (together.has_errors()) {
    auto refusal = invalid_document(std::move(together), gateway_.file, {});
    refusal.file = gateway_.file;
    return std::unexpected(std::move(refusal));
  }
  const auto now = running();
  if (now && !candidate.change &&
      minified(rules::document_of(now->policy)) == minified(rules::document_of(candidate.policy))) {
    Outcome same;
    same.dry_run = request.dry_run;
    same.generation = now->generation.number;
    same.hash = now->generation.image.hash();
    same.summary = "the same policy";
    same.warnings = std::move(candidate.warnings);
    same.file = now->generation.image.file();
    same.gateway_warnings = std::move(together);
    same.gateway_file = gateway_.file;
    return same;
  }
  if (request.confirm_within && !now) {
    return std::unexpected(
        Refusal{Refusal::Kind::missing,
                "there is no earlier policy to revert to: apply the first one without a confirmation",
                {},
                {}});
  }
  if (auto refusal = refuse_beyond(candidate.policy, request)) return std::unexpected(*std::move(refusal));
  const bool text_only = now && rules::same_meaning(now->policy, candidate.policy);
  std::string summary = text_only ? "text only" : summarize(now ? &now->policy : nullptr, candidate.policy);
  auto result = put_in_force(std::move(candidate), request, text_only, std::move(summary));
  if (result) {
    result->gateway_warnings = std::move(together);
    result->gateway_file = gateway_.file;
  }
  return result;
}

std::expected<std::shared_ptr<const dataplane::BoundPolicy>, std::string> PolicyStore::bind(const Candidate& candidate,
                                                                                            bool dry_run,
                                                                                            std::uint64_t number,
                                                                                            std::uint32_t epoch) {
  const auto clock = std::chrono::duration_cast<std::chrono::seconds>(clock_.monotonic().time_since_epoch());
  const auto seconds = static_cast<std::uint64_t>(clock.count());
  const auto now = running();
  if (candidate.change && dry_run) return now->bound;
  if (candidate.change) return binder_.rebind(*now->bound, candidate.image, *candidate.change, number, epoch, seconds);
  if (!dry_run) return binder_.bind(candidate.image, number, epoch, seconds);
  dataplane::Binder trial = binder_;
  return trial.bind(candidate.image, number, epoch, seconds);
}

PolicyStore::Result PolicyStore::put_in_force(Candidate candidate, const ChangeRequest& request, bool text_only,
                                              std::string summary) {
  const auto now = running();
  const std::uint64_t number = now ? now->generation.number + 1 : 1;
  const std::uint32_t epoch = now ? now->generation.epoch + (text_only ? 0 : 1) : 1;
  auto bound = bind(candidate, request.dry_run, number, epoch);
  if (!bound) return std::unexpected(invalid(std::move(bound.error())));

  Outcome outcome;
  outcome.changed = true;
  outcome.dry_run = request.dry_run;
  outcome.text_only = text_only;
  outcome.work = candidate.work;
  outcome.generation = request.dry_run ? number - 1 : number;
  outcome.hash = candidate.image.hash();
  outcome.summary = summary;
  outcome.warnings = std::move(candidate.warnings);
  outcome.file = candidate.image.file();
  if (request.dry_run) return outcome;

  const WallTime applied_at = clock_.wall();
  std::optional<Pending> pending;
  if (request.confirm_within) {
    outcome.confirm_by = applied_at + *request.confirm_within;
    pending =
        Pending{number, now->generation.number, clock_.monotonic() + *request.confirm_within, *outcome.confirm_by};
  }
  Generation generation{number,          epoch,
                        applied_at,      request.author,
                        request.action,  std::move(summary),
                        candidate.image, !pending.has_value(),
                        candidate.policy};
  auto next = std::make_shared<const Running>(Running{generation, std::move(candidate.policy), *bound});

  runtime_.publish(*std::move(bound), binder_.rule_uids());
  if (!candidate.change) compiler_ = std::move(candidate.compiler);
  const std::scoped_lock state(state_mutex_);
  running_ = std::move(next);
  pending_ = pending;
  remember(generation);
  return outcome;
}

PolicyStore::Result PolicyStore::go_back(std::uint64_t generation, const Author& author, std::string action) {
  std::optional<Generation> target;
  for (const Generation& each : history()) {
    if (each.number == generation) target = each;
  }
  if (!target) {
    return std::unexpected(
        Refusal{Refusal::Kind::missing, fmt::format("generation {} is not in the history", generation), {}, {}});
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
                         : change(Candidate{target->policy, target->image, {}, nullptr, std::nullopt, {}}, request);
  if (outcome && outcome->changed) {
    const std::string summary = fmt::format("back to generation {}", generation);
    outcome->summary = summary;
    const std::scoped_lock state(state_mutex_);
    history_.back().summary = summary;
  }
  return outcome;
}

void PolicyStore::remember(const Generation& generation) {
  history_.push_back(generation);
  std::size_t bytes = 0;
  for (const Generation& each : history_) bytes += each.image.own_bytes();
  while (history_.size() > kHistory || (history_.size() > 2 && bytes > kHistoryBytes)) {
    bytes -= history_.front().image.own_bytes();
    history_.pop_front();
  }
}

}  // namespace sallyport::control
