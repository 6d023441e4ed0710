// A store over a fake runtime, with a clock of the test's own.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "control/store/policy_store.h"
#include "rules/decide/policy_view.h"
#include "rules/document/documents.h"
#include "tests/control/fake_runtime.h"

namespace sallyport::control {

using namespace std::chrono_literals;

inline std::string rules_patch(const std::string& rules) {
  return R"([{ "op": "replace", "path": "/security_groups/web/ingress", "value": [)" + rules + "] }]";
}

class PolicyStoreTest : public testing::Test {
 protected:
  PolicyStore::Result apply(const std::string& text,
                            std::optional<std::chrono::seconds> confirm_within = std::nullopt) {
    ChangeRequest request;
    request.author = author;
    request.confirm_within = confirm_within;
    return store.apply(text, request);
  }
  std::uint64_t generation() const { return store.running() ? store.running()->generation.number : 0; }

  MonotonicTime now{1000s};
  Clock clock{[this] { return now; }, [this] { return WallTime{now.time_since_epoch()}; }};
  Author author{1000, "ada"};
  FakeRuntime runtime;
  PolicyStore store{small_gateway(), runtime, clock};
};

}  // namespace sallyport::control
