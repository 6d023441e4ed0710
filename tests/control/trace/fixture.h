// Policies as text, compiled, and traces of them.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "control/trace/request.h"
#include "control/trace/trace.h"
#include "rules/compile/compile.h"
#include "rules/document/documents.h"

namespace sallyport::control::test {

inline rules::Image image_of(const std::string& text) {
  auto read = rules::read_policy(text, "policy.json");
  if (!read) ADD_FAILURE() << rules::render(read.error(), "policy.json", text);
  return std::move(rules::compile(read->policy)->image);
}

inline TraceResult traced(const rules::Image& image, const RequestWords& words,
                          const rules::GatewayConfig* gateway = nullptr) {
  const auto request = read_request(words);
  if (!request) {
    ADD_FAILURE() << request.error().word << ": " << request.error().message;
    return {};
  }
  auto result = trace(image, gateway, *request);
  if (!result) {
    ADD_FAILURE() << result.error();
    return {};
  }
  return *result;
}

}  // namespace sallyport::control::test
