// A candidate held against the gateway document, the policy in force and the limits of its change; then put into force.
//
// Owner: control/store.
// Always: publish() is the last step that can be reached, and nothing behind it fails.
#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "control/store/document_text.h"
#include "control/store/policy_store.h"
#include "rules/analyze/diff.h"

namespace sallyport::control {

namespace {

// What a warning is about, without the rules that it may list behind that.
std::string_view subject(std::string_view message) {
  return message.substr(0, std::min(message.find(": "), message.find("; ")));
}

rules::Diagnostics without(const rules::Diagnostics& found, const rules::Diagnostics& known) {
  const auto before = known.sorted();
  rules::Diagnostics left;
  for (const rules::Diagnostic& each : found.sorted()) {
    const bool told = std::ranges::any_of(before, [&each](const rules::Diagnostic& other) {
      return other.pointer == each.pointer && subject(other.message) == subject(each.message);
    });
    if (!told) left.warning(each);
  }
  return left;
}

bool same_document(const rules::Policy& a, const rules::Policy& b) {
  return minified(rules::document_of(a)) == minified(rules::document_of(b));
}

}  // namespace

PolicyStore::Result PolicyStore::change(Candidate candidate, const ChangeRequest& request) {
  const bool updated = candidate.change.has_value();
  Result result = judge(std::move(candidate), request);
  if (updated && (!result || !result->changed || result->dry_run)) forget_change();
  return result;
}

std::optional<Refusal> PolicyStore::refuse_beyond(const rules::Policy& candidate, const ChangeRequest& request) const {
  if (!request.max_opened) return std::nullopt;
  const auto now = running();
  const MonotonicTime began = clock_.monotonic();
  const std::chrono::seconds most(gateway_.budget.seconds);
  const auto difference = rules::diff(now ? now->policy : rules::Policy{}, candidate,
                                      [&](double) { return clock_.monotonic() - began <= most; });
  if (!difference) {
    return Refusal{.kind = Refusal::Kind::beyond,
                   .message = "to tell what it opens takes longer than " + std::to_string(most.count()) +
                              " s, the budget time: apply it without max_opened"};
  }
  const auto beyond = rules::opened_beyond(*difference, *request.max_opened);
  if (!beyond) return std::nullopt;
  return Refusal{.kind = Refusal::Kind::beyond, .message = "it would open more than max_opened says: " + *beyond};
}

PolicyStore::Result PolicyStore::judge(Candidate candidate, const ChangeRequest& request) {
  rules::Diagnostics together = rules::check_together(candidate.policy, gateway_);
  if (together.has_errors()) {
    return std::unexpected(invalid_document(std::move(together), gateway_.file, {}));
  }
  const auto now = running();
  const bool known = candidate.of_running && now;
  Outcome outcome;
  outcome.warnings = known ? without(candidate.warnings, now->generation.warnings) : candidate.warnings;
  outcome.file = candidate.warnings_file;
  outcome.gateway_warnings = known ? without(together, now->generation.gateway_warnings) : together;
  outcome.gateway_file = gateway_.file;
  outcome.dry_run = request.dry_run;
  if (now && !candidate.change && same_document(now->policy, candidate.policy))
    return keep_in_force(std::move(candidate), std::move(together), std::move(outcome));
  if (request.confirm_within && !now) {
    return std::unexpected(
        Refusal{.kind = Refusal::Kind::missing,
                .message = "there is no earlier policy to revert to: apply the first one without a confirmation"});
  }
  if (auto refusal = refuse_beyond(candidate.policy, request)) return std::unexpected(*std::move(refusal));
  outcome.changed = true;
  outcome.text_only = now && rules::same_meaning(now->policy, candidate.policy);
  outcome.summary = outcome.text_only ? "text only" : summarize(now ? &now->policy : nullptr, candidate.policy);
  return put_in_force(std::move(candidate), request, std::move(together), std::move(outcome));
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

PolicyStore::Result PolicyStore::put_in_force(Candidate candidate, const ChangeRequest& request,
                                              rules::Diagnostics gateway_warnings, Outcome outcome) {
  const auto now = running();
  const std::uint64_t number = now ? now->generation.number + 1 : 1;
  const std::uint32_t epoch = now ? now->generation.epoch + (outcome.text_only ? 0 : 1) : 1;
  auto bound = bind(candidate, request.dry_run, number, epoch);
  if (!bound) return std::unexpected(invalid(std::move(bound.error())));

  outcome.work = candidate.work;
  outcome.generation = request.dry_run ? number - 1 : number;
  outcome.hash = candidate.image.hash();
  if (request.dry_run) return outcome;

  const WallTime applied_at = clock_.wall();
  std::optional<Pending> pending;
  if (request.confirm_within) {
    outcome.confirm_by = applied_at + *request.confirm_within;
    pending =
        Pending{number, now->generation.number, clock_.monotonic() + *request.confirm_within, *outcome.confirm_by};
  }
  Generation generation{.number = number,
                        .epoch = epoch,
                        .applied_at = applied_at,
                        .author = request.author,
                        .action = request.action,
                        .summary = outcome.summary,
                        .image = candidate.image,
                        .confirmed = !pending.has_value(),
                        .policy = candidate.policy,
                        .applied = candidate.applied,
                        .warnings = candidate.warnings,
                        .warnings_file = candidate.warnings_file,
                        .gateway_warnings = std::move(gateway_warnings)};
  publish(std::move(candidate), std::move(generation), *std::move(bound), pending);
  return outcome;
}

// The generation stays, and with it the epoch: packets and flows see no difference. What came with another text does:
// lines, the file's name, the hash, and tables without what live changes left behind.
PolicyStore::Result PolicyStore::keep_in_force(Candidate candidate, rules::Diagnostics gateway_warnings,
                                               Outcome outcome) {
  const auto now = running();
  outcome.generation = now->generation.number;
  outcome.hash = now->generation.image.hash();
  outcome.summary = "the same policy";
  const bool same_image = std::ranges::equal(now->generation.image.bytes(), candidate.image.bytes());
  if (candidate.of_running || same_image || outcome.dry_run) return outcome;
  auto bound = bind(candidate, false, now->generation.number, now->generation.epoch);
  if (!bound) return std::unexpected(invalid(std::move(bound.error())));
  outcome.hash = candidate.image.hash();
  Generation generation = now->generation;
  generation.image = candidate.image;
  generation.policy = candidate.policy;
  generation.applied = candidate.applied;
  generation.warnings = candidate.warnings;
  generation.warnings_file = candidate.warnings_file;
  generation.gateway_warnings = std::move(gateway_warnings);
  publish(std::move(candidate), std::move(generation), *std::move(bound), std::nullopt);
  return outcome;
}

void PolicyStore::publish(Candidate candidate, Generation generation,
                          std::shared_ptr<const dataplane::BoundPolicy> bound, std::optional<Pending> pending) {
  auto next = std::make_shared<const Running>(Running{generation, std::move(candidate.policy), bound});
  runtime_.publish(std::move(bound), binder_.rule_uids());
  if (!candidate.change) compiler_ = std::move(candidate.compiler);
  const std::scoped_lock state(state_mutex_);
  running_ = std::move(next);
  pending_ = pending;
  remember(std::move(generation));
}

}  // namespace sallyport::control
