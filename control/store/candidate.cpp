// Candidates: what was sent or changed, read, compiled and proven.
//
// Owner: control/store. Always: nothing here is seen by anybody until judgement.cpp puts it into force.
#include <spdlog/spdlog.h>

#include <memory>
#include <span>
#include <utility>

#include "control/store/live_hash.h"
#include "control/store/policy_store.h"
#include "rules/compile/load_policy.h"
#include "rules/document/positions.h"
#include "rules/prove/prove.h"

namespace sallyport::control {
namespace {

constexpr const char* kNotProven = "the compiled policy is not what its rules say: ";

}  // namespace

PolicyStore::Read PolicyStore::read(const std::string& body, const std::string& file) const {
  const MonotonicTime began = clock_.monotonic();
  const auto elapsed = [this, began] { return std::chrono::duration<double>(clock_.monotonic() - began).count(); };
  auto loaded = rules::load_policy(body, file, gateway_.budget, elapsed);
  const bool image = rules::Image::looks_like_image(std::as_bytes(std::span(body)));
  if (loaded) {
    const MonotonicTime compiled = clock_.monotonic();
    const auto proof = image ? rules::verify(loaded->policy, loaded->image, gateway_.budget, elapsed)
                             : rules::prove(loaded->policy, loaded->image);
    if (!proof) return std::unexpected(invalid(kNotProven + proof.error()));
    return Candidate{.policy = loaded->policy,
                     .applied = std::make_shared<const Applied>(std::move(loaded->policy), loaded->image.hash()),
                     .image = std::move(loaded->image),
                     .warnings = std::move(loaded->warnings),
                     .warnings_file = file,
                     .compiler = std::move(loaded->compiler),
                     .change = std::nullopt,
                     .work = {.compile = compiled - began, .proof = clock_.monotonic() - compiled}};
  }
  return std::unexpected(invalid_document(std::move(loaded.error()), file, image ? "" : body));
}

// The document in force after a change of the whole: its errors point into text that nobody has as a file.
PolicyStore::Read PolicyStore::read_patched(const std::string& text, const Running& now) const {
  const MonotonicTime began = clock_.monotonic();
  const auto elapsed = [this, began] { return std::chrono::duration<double>(clock_.monotonic() - began).count(); };
  const std::string file(now.generation.image.file());
  const std::string shown_as = file + " (patched)";
  if (auto problem = rules::too_large_to_read(text.size(), gateway_.budget))
    return std::unexpected(invalid(shown_as + ": " + *problem));
  auto read = rules::read_policy(text, file);
  if (!read) return std::unexpected(invalid_document(std::move(read.error()), shown_as, text));
  const Applied& applied = *now.generation.applied;
  rules::keep_positions(read->policy, applied.policy);
  auto kept = rules::compile_and_keep(read->policy, gateway_.budget, elapsed);
  if (!kept) return std::unexpected(invalid_document(std::move(kept.error()), shown_as, text));
  const MonotonicTime compiled = clock_.monotonic();
  if (const auto proof = rules::prove(read->policy, kept->compiled.image); !proof)
    return std::unexpected(invalid(kNotProven + proof.error()));
  const std::string hash = live_hash(applied.hash, applied.policy, read->policy);
  return Candidate{.policy = std::move(read->policy),
                   .applied = now.generation.applied,
                   .image = kept->compiled.image.named(hash),
                   .warnings = std::move(read->warnings),
                   .warnings_file = shown_as,
                   .compiler = std::move(kept->compiler),
                   .change = std::nullopt,
                   .work = {.compile = compiled - began, .proof = clock_.monotonic() - compiled},
                   .of_running = true};
}

std::optional<PolicyStore::Candidate> PolicyStore::update(const Running& now, rules::Policy policy,
                                                          MonotonicTime began) {
  if (compiler_ == nullptr || rules::same_meaning(now.policy, policy)) return std::nullopt;
  auto compiler = std::move(compiler_);  // of no more use unless all goes well
  auto updated = compiler->update(policy);
  if (!updated) {
    if (const auto problem = compiler->problem()) spdlog::info("live changes have left too much behind: {}", *problem);
    return std::nullopt;
  }
  const MonotonicTime compiled = clock_.monotonic();
  const auto proof = rules::prove_update(now.policy, now.generation.image, policy, updated->image);
  if (!proof) {
    spdlog::error("a change could not be proven and is compiled whole: {}", proof.error());
    return std::nullopt;
  }
  compiler_ = std::move(compiler);
  const Applied& applied = *now.generation.applied;
  const std::string hash = live_hash(applied.hash, applied.policy, policy);
  return Candidate{.policy = std::move(policy),
                   .applied = now.generation.applied,
                   .image = updated->image.named(hash),
                   .warnings = now.generation.warnings,
                   .warnings_file = now.generation.warnings_file,
                   .compiler = nullptr,
                   .change = dataplane::RulesChange{std::move(updated->changed_lists)},
                   .work = {.compile = compiled - began, .proof = clock_.monotonic() - compiled},
                   .of_running = true};
}

void PolicyStore::forget_change() {
  const auto now = running();
  if (compiler_ != nullptr && (!now || !compiler_->update(now->policy))) compiler_.reset();
}

}  // namespace sallyport::control
