// What a run of the benchmark found, for programs, for people and as a picture.
//
// Owner: tools/bench. The JSON has "schema": "sallyport/bench/1"; the picture is drawn from it alone.
#pragma once

#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tools/bench/classify.h"

namespace sallyport::bench {

[[nodiscard]] nlohmann::ordered_json to_json(const ClassifyResult& result);
[[nodiscard]] std::string to_table(const ClassifyResult& result);
// An SVG of cycles a decision over the number of rules, from the text of a JSON report.
[[nodiscard]] std::expected<std::string, std::string> to_plot(const std::string& text);

}  // namespace sallyport::bench
