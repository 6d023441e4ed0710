// A table of packets with the verdicts they must get, as `sallyport test` reads it.
//
// Owner: control/cli. Always: read as strictly as a policy; unknown keys are errors that point.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/trace/trace.h"
#include "rules/document/diagnostics.h"

namespace sallyport::control {

struct PacketTest {
  std::string id;
  TraceRequest request;
  bool allow = false;
  // What is absent is not checked.
  std::optional<std::string> code, direction, path, rule, translated_from, translated_to;
};

struct TestFile {
  std::string policy;  // as written: relative to the file
  std::vector<PacketTest> tests;
};

[[nodiscard]] std::expected<TestFile, rules::Diagnostics> read_test_file(std::string_view text);

// What differs from the expectation, or "": "verdict deny ENI_SG_RULES_MISMATCH, expected allow".
[[nodiscard]] std::string difference(const PacketTest& test, const TraceResult& seen);

}  // namespace sallyport::control
