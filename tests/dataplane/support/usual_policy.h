// The policy most engine tests start from, as JSON that a test may change piece by piece.
//
// Owner: tests.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace sallyport::dataplane::testing {

// Subnets public (10.0.1.0/24, to the internet), app (10.0.3.0/24, by nat-a), db (10.0.4.0/24, local), far
// (10.0.9.0/24, on no port).
[[nodiscard]] nlohmann::ordered_json usual_policy();

}  // namespace sallyport::dataplane::testing
