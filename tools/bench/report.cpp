// JSON and tables; see the header. Owner: tools/bench.
#include "tools/bench/report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace sallyport::bench {
namespace {

using Json = nlohmann::ordered_json;

double rounded(double value) { return static_cast<double>(static_cast<std::int64_t>(value * 10 + 0.5)) / 10; }

Json json_of(const Measurement& m, const ClassifyResult& result) {
  const double mega = static_cast<double>(result.machine.tsc_hz) / 1e6;
  Json json{{"case", m.name}, {"method", m.method}};
  if (!m.detail.empty()) json["detail"] = m.detail;
  json["rules"] = m.rules;
  json["packets"] = m.packets;
  json["burst"] = m.burst;
  json["pages"] = m.pages;
  json["protocol"] = "mixed";
  json["runs"] = result.request.runs;
  json["cycles_per_packet"] = {
      {"min", rounded(m.cycles.min)}, {"median", rounded(m.cycles.median)}, {"max", rounded(m.cycles.max)}};
  json["mpps"] = {{"median", m.cycles.median > 0 ? rounded(mega / m.cycles.median) : 0}};
  json["tsc_hz"] = result.machine.tsc_hz;
  json["checksum"] = fmt::format("{:016x}", m.checksum);
  json["wrong"] = m.wrong;
  return json;
}

Json json_of(const BuildMeasurement& b) {
  Json json{{"shape", b.shape}, {"family", b.family}, {"method", b.method}};
  if (!b.detail.empty()) json["detail"] = b.detail;
  json["rules"] = b.rules;
  if (!b.problem.empty()) {
    json["problem"] = b.problem;
    return json;
  }
  json["seconds"] = b.seconds;
  json["table_bytes"] = b.table_bytes;
  json["peak_bytes"] = b.peak_bytes;
  return json;
}

double mib(std::size_t bytes) { return static_cast<double>(bytes) / (1 << 20U); }

std::string line_of(const BuildMeasurement& b) {
  const std::string head = fmt::format("{:<5}{:<5}{:>8}  {:<16}", b.shape, b.family, b.rules, b.method);
  if (!b.problem.empty()) return fmt::format("{}{}  [{}]\n", head, b.problem, b.detail);
  const std::string detail = b.detail.empty() ? "" : "  [" + b.detail + "]";
  return fmt::format("{}{:>9.4f} s {:>9.1f} MiB {:>9.1f} MiB peak{}\n", head, b.seconds, mib(b.table_bytes),
                     mib(b.peak_bytes), detail);
}

}  // namespace

Json to_json(const ClassifyResult& result) {
  Json json{{"schema", "sallyport/bench/1"}};
  json["machine"] = {{"cpu", result.machine.cpu},
                     {"processors", result.machine.processors},
                     {"kernel", result.machine.kernel},
                     {"tsc_hz", result.machine.tsc_hz}};
  json["seed"] = result.request.seed;
  json["results"] = Json::array();
  for (const Measurement& m : result.measurements) json["results"].push_back(json_of(m, result));
  json["builds"] = Json::array();
  for (const BuildMeasurement& b : result.builds) json["builds"].push_back(json_of(b));
  json["wrong"] = result.wrong();
  return json;
}

std::string to_table(const ClassifyResult& result) {
  std::string text =
      fmt::format("{}, TSC {:.3f} GHz, {}; seed {}\n", result.machine.cpu,
                  static_cast<double>(result.machine.tsc_hz) / 1e9, result.machine.kernel, result.request.seed);
  text += fmt::format("\nTSC cycles a decision, median of {} rounds (least-most)\n", result.request.runs);
  text += fmt::format("{:<24}{:>8}  {:<16}{:>10}{:>24}  {:>6} {:>8}\n", "case", "rules", "method", "cycles", "spread",
                      "pages", "packets");
  for (const Measurement& m : result.measurements) {
    const std::string spread = fmt::format("{:.1f}-{:.1f}", m.cycles.min, m.cycles.max);
    text += fmt::format("{:<24}{:>8}  {:<16}{:>10.1f}{:>24}  {:>6} {:>8}  {}{}\n", m.name, m.rules, m.method,
                        m.cycles.median, spread, m.pages, m.packets, m.detail,
                        m.wrong == 0 ? "" : fmt::format("  WRONG: {} answers", m.wrong));
  }
  text += fmt::format("\n{:>18}  {:<16}{:>11} {:>13}\n", "rules", "build", "time", "tables");
  for (const BuildMeasurement& b : result.builds) text += line_of(b);
  text += result.wrong() == 0 ? "\nall methods gave the same answers\n"
                              : fmt::format("\nFAILED: {} answers differ\n", result.wrong());
  return text;
}

}  // namespace sallyport::bench
