// sallyport-bench: what the parts of Sallyport cost, beside others that do the same.
#include <algorithm>
#include <array>
#include <boost/program_options.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tools/bench/report.h"

namespace po = boost::program_options;
using namespace sallyport::bench;

namespace {

constexpr std::array kAllShapes{Shape::vpc, Shape::sets, Shape::one};

constexpr const char* kUsage =
    "usage: sallyport-bench classify [options]      cycles a decision, build time and memory, beside rte_acl and a "
    "scan\n"
    "       sallyport-bench plot REPORT.json > plot.svg\n\n"
    "Exit status: 0 done, 1 methods disagreed, 2 wrong usage or no measurement\n\n";

std::uint32_t number(const std::string& text, std::uint32_t least, std::uint32_t most, const char* what) {
  const bool digits = !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string::npos;
  const unsigned long value = digits ? std::stoul(text) : 0;
  if (!digits || value < least || value > most) {
    throw po::error(std::string(what) + " is " + std::to_string(least) + " to " + std::to_string(most) + ", not '" +
                    text + "'");
  }
  return static_cast<std::uint32_t>(value);
}

std::vector<std::uint32_t> numbers(const std::string& text, std::uint32_t most, const char* what) {
  std::vector<std::uint32_t> list;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    list.push_back(number(text.substr(begin, end - begin), 1, most, what));
    begin = end + 1;
  }
  return list;
}

std::vector<Shape> shapes(const std::string& text) {
  std::vector<Shape> list;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string name = text.substr(begin, end - begin);
    const auto shape =
        std::ranges::find_if(kAllShapes, [&](Shape known) { return name == sallyport::bench::name_of(known); });
    if (shape == kAllShapes.end()) throw po::error("--shape is any of vpc, sets and one, not '" + name + "'");
    list.push_back(*shape);
    begin = end + 1;
  }
  return list;
}

po::options_description classify_options() {
  po::options_description options("options");
  auto add = options.add_options();
  add("rules", po::value<std::string>()->default_value("10,1000,10000,100000,500000"), "numbers of rules");
  add("family", po::value<std::string>()->default_value("4,6"), "of addresses: 4, 6 or 4,6");
  add("shape", po::value<std::string>()->default_value("vpc,sets"),
      "vpc: groups that name each other, prefix lists; sets: a prefix a rule, 100 rules to a set of groups, an "
      "interface "
      "each; one: a prefix a rule, all in one set");
  add("packets", po::value<std::string>(), "packets of each kind; 65536 up to 1,000 rules, else 1048576");
  add("burst", po::value<std::string>()->default_value("32"), "packets judged at a time, up to 1024");
  add("runs", po::value<std::string>()->default_value("7"), "rounds, of which the median counts");
  add("seed", po::value<std::string>()->default_value("1"), "the same seed gives the same rules and packets");
  add("all-sets", "bursts with every instruction set that the processor has");
  add("no-acl", "leave rte_acl out");
  add("acl-seconds", po::value<std::string>()->default_value("300"), "how long rte_acl may build a size");
  add("acl-mib", po::value<std::string>()->default_value("8192"), "how much memory it may take for that");
  add("quick", "a run of seconds: 10 and 1,000 rules, few packets and rounds; says that it works, not how fast");
  add("output,o", po::value<std::string>()->default_value("table"), "table or json");
  add("help", "this text");
  return options;
}

ClassifyRequest request_of(const po::variables_map& given) {
  ClassifyRequest request;
  const auto text = [&](const char* name) { return given[name].as<std::string>(); };
  request.rules = numbers(text("rules"), 1'000'000, "--rules");
  if (given.contains("quick")) {
    if (given["rules"].defaulted()) request.rules = {10, 1000};
    request.packets = 4096;
    request.round_cycles = 500'000;
    request.acl = {.time = std::chrono::seconds(10), .bytes = std::size_t{512} << 20U};
  }
  const std::string family = text("family");
  if (family != "4" && family != "6" && family != "4,6") throw po::error("--family is 4, 6 or 4,6");
  request.families.clear();
  if (family != "6") request.families.push_back(Family::ipv4);
  if (family != "4") request.families.push_back(Family::ipv6);
  request.shapes = shapes(text("shape"));
  if (given.contains("packets")) request.packets = number(text("packets"), 1, 1U << 24U, "--packets");
  request.burst = number(text("burst"), 1, 1024, "--burst");
  request.runs = given.contains("quick") && given["runs"].defaulted() ? 3 : number(text("runs"), 1, 1000, "--runs");
  request.seed = number(text("seed"), 0, 999'999'999, "--seed");
  request.all_sets = given.contains("all-sets");
  request.with_acl = !given.contains("no-acl");
  if (!given.contains("quick") || !given["acl-seconds"].defaulted()) {
    request.acl.time = std::chrono::seconds(number(text("acl-seconds"), 1, 3600, "--acl-seconds"));
  }
  if (!given.contains("quick") || !given["acl-mib"].defaulted()) {
    request.acl.bytes = std::size_t{number(text("acl-mib"), 64, 65536, "--acl-mib")} << 20U;
  }
  return request;
}

int classify(const std::vector<std::string>& arguments) {
  const po::options_description options = classify_options();
  po::variables_map given;
  constexpr int kStyle = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
  po::store(po::command_line_parser(arguments).options(options).positional({}).style(kStyle).run(), given);
  if (given.contains("help")) {
    std::cout << kUsage << options;
    return 0;
  }
  const std::string output = given["output"].as<std::string>();
  if (output != "table" && output != "json") throw po::error("--output is table or json");
  const ClassifyResult result =
      run_classify(request_of(given), [](const std::string& line) { std::cerr << line << '\n'; });
  if (output == "json") {
    std::cout << to_json(result).dump(2) << '\n';
  } else {
    std::cout << to_table(result);
  }
  if (result.measurements.empty()) return 2;
  return result.wrong() == 0 ? 0 : 1;
}

int plot(const std::vector<std::string>& arguments) {
  if (arguments.size() != 1) throw po::error("plot takes one file");
  std::ifstream file(arguments.front());
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto svg = to_plot(text);
  if (!svg) throw po::error(arguments.front() + ": " + svg.error());
  std::cout << *svg;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    if (arguments.empty() || arguments.front() == "--help") {
      std::cout << kUsage << classify_options();
      return arguments.empty() ? 2 : 0;
    }
    const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
    if (arguments.front() == "classify") return classify(rest);
    if (arguments.front() == "plot") return plot(rest);
    throw po::error("no case '" + arguments.front() + "'");
  } catch (const std::exception& problem) {
    std::cerr << "sallyport-bench: " << problem.what() << '\n';
    return 2;
  }
}
