// Sampled decisions against the reference evaluator; see the header. Owner: control/server.
#include "control/server/self_check.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <condition_variable>
#include <mutex>

#include "rules/analyze/reference.h"

namespace sallyport::control {
namespace {

namespace reference = rules::reference;

constexpr auto kPause = std::chrono::milliseconds(100);
constexpr auto kTurn = std::chrono::milliseconds(10);
constexpr auto kBetweenLines = std::chrono::seconds(10);

struct Answer {
  bool allow = false;
  bool untracked = false;
  std::string rule;  // of a group "web/ingress/0", of an ACL its number; "" or "*" where none decided
  friend bool operator==(const Answer&, const Answer&) = default;
};

// An interface by name, or the host interface of a subnet ("app-a/*").
reference::Host host_named(const rules::Policy& policy, const std::string& name) {
  if (policy.interfaces.contains(name)) return reference::host_of(policy, name);
  const std::string subnet = name.substr(0, name.size() - 2);
  return {"", subnet, &policy.subnets.at(subnet).security_groups, nullptr};
}

reference::Question question_of(const rules::Query& query) {
  return {query.remote, query.protocol, query.destination_port, query.icmp_type, query.icmp_code};
}

Answer from_rules(const Running& running, const dataplane::DecisionSample& sample) {
  const rules::PolicyView& view = running.bound->view();
  const auto side = sample.direction == rules::Direction::ingress ? reference::Side::ingress : reference::Side::egress;
  if (sample.acl) {
    const std::string acl(view.acl_name(sample.place));
    auto answer = reference::ask_acl(running.policy, acl, side, question_of(sample.query));
    return {.allow = answer.allow, .rule = std::move(answer.rule)};
  }
  const auto host = host_named(running.policy, std::string(view.interface(sample.place).name));
  auto answer = reference::ask_groups(running.policy, host, side, question_of(sample.query));
  return {.allow = answer.allow, .untracked = answer.untracked, .rule = std::move(answer.rule)};
}

Answer from_image(const Running& running, const dataplane::DecisionSample& sample) {
  Answer answer{.allow = sample.allow, .untracked = sample.untracked};
  if (sample.rule == rules::kNone) {
    answer.rule = sample.acl ? "*" : "";
  } else {
    const rules::RuleInfo rule = running.bound->view().rule(sample.rule);
    answer.rule = sample.acl ? std::to_string(rule.rule_no) : std::string(rule.name);
  }
  return answer;
}

std::string in_words(const Answer& answer) {
  return fmt::format("{} by {}{}", answer.allow ? "allow" : "deny", answer.rule.empty() ? "no rule" : answer.rule,
                     answer.untracked ? ", untracked" : "");
}

std::string in_words(const rules::Query& query) {
  const std::string remote = rules::to_string(query.remote);
  if (query.protocol == rules::kProtocolTcp) return fmt::format("tcp {} with {}", query.destination_port, remote);
  if (query.protocol == rules::kProtocolUdp) return fmt::format("udp {} with {}", query.destination_port, remote);
  if (query.protocol == rules::kProtocolIcmp)
    return fmt::format("icmp {}/{} with {}", query.icmp_type, query.icmp_code, remote);
  return fmt::format("protocol {} with {}", query.protocol, remote);
}

// Which image indexes are of; later ones are greater.
std::pair<std::uint64_t, std::uint32_t> image_of(const dataplane::DecisionSample& sample) {
  return {sample.generation, sample.edition};
}
std::pair<std::uint64_t, std::uint32_t> image_of(const Running& running) {
  return {running.generation.number, running.bound->edition()};
}

}  // namespace

std::optional<std::string> difference(const Running& running, const dataplane::DecisionSample& sample) {
  const Answer rules = from_rules(running, sample);
  const Answer image = from_image(running, sample);
  if (rules == image) return std::nullopt;
  const rules::PolicyView& view = running.bound->view();
  return fmt::format("{} {} {}, {}: the rules say {}, the image said {}", sample.acl ? "ACL" : "interface",
                     sample.acl ? view.acl_name(sample.place) : view.interface(sample.place).name,
                     sample.direction == rules::Direction::ingress ? "ingress" : "egress", in_words(sample.query),
                     in_words(rules), in_words(image));
}

void SelfCheck::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      turn();
      wake.wait_for(lock, stop, kPause, [] { return false; });
    }
  });
}

void SelfCheck::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void SelfCheck::turn() {
  const MonotonicTime end = clock_.monotonic() + kTurn;
  notice_policy();
  do {
    dataplane::DecisionSample sample;
    if (waiting_) {
      sample = *std::exchange(waiting_, std::nullopt);
    } else if (!runtime_.next_sample(sample)) {
      previous_ = nullptr;  // whatever was decided under it has been looked at
      return;
    }
    if (!current_ || image_of(sample) > image_of(*current_)) {
      waiting_ = sample;
      return;
    }
    check(sample);
  } while (clock_.monotonic() < end);
}

void SelfCheck::notice_policy() {
  auto now = store_.running();
  if (now == current_) return;
  const bool another = current_ && now && image_of(*current_) != image_of(*now);
  if (another) previous_ = std::move(current_);
  current_ = std::move(now);
}

const Running* SelfCheck::running_of(const dataplane::DecisionSample& sample) const {
  for (const Running* each : {current_.get(), previous_.get()}) {
    if (each != nullptr && image_of(*each) == image_of(sample)) return each;
  }
  return nullptr;
}

void SelfCheck::check(const dataplane::DecisionSample& sample) {
  const Running* running = running_of(sample);
  if (running == nullptr) {
    ++skipped_;
    return;
  }
  const auto what = difference(*running, sample);
  ++checked_;
  if (!what) return;
  ++mismatched_;
  tell(*running, *what);
}

void SelfCheck::tell(const Running& running, const std::string& what) {
  const MonotonicTime now = clock_.monotonic();
  if (told_ && now - *told_ < kBetweenLines) {
    ++untold_;
    return;
  }
  told_ = now;
  spdlog::error(
      "self-check: a decision is not what the rules say: {} (generation {} of {}, image {}; {} more since the "
      "line before)",
      what, running.generation.number, running.generation.image.file(), running.generation.image.hash(),
      std::exchange(untold_, 0));
}

}  // namespace sallyport::control
