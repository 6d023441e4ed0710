// sallyport-generate: a policy document of the size asked for, on standard output.
#include <boost/program_options.hpp>
#include <cstdio>
#include <iostream>

#include "tools/generate/policy_generator.h"

namespace po = boost::program_options;
using namespace sallyport::generate;

int main(int argc, char** argv) {
  Request request;
  std::string shape = "tiers";
  po::options_description options("usage: sallyport-generate [options] > policy.json");
  auto add = options.add_options();
  add("shape", po::value(&shape)->default_value(shape), "tiers, hub, distinct, nested or ranges");
  add("seed", po::value(&request.seed)->default_value(request.seed), "the same seed gives the same document");
  add("interfaces", po::value(&request.interfaces)->default_value(request.interfaces), "1 to 1000000");
  add("groups", po::value(&request.groups)->default_value(request.groups), "security groups, at least 4");
  add("rules", po::value(&request.rules)->default_value(request.rules), "of all groups together");
  add("prefix-lists", po::value(&request.prefix_lists)->default_value(request.prefix_lists), "at least 1");
  add("prefixes", po::value(&request.prefixes)->default_value(request.prefixes), "of all lists together");
  add("ipv6", po::bool_switch(&request.ipv6), "of both families; for programs, the gateway refuses it yet");
  add("help", "this text");
  try {
    po::variables_map given;
    po::store(po::command_line_parser(argc, argv).options(options).run(), given);
    po::notify(given);
    if (given.contains("help")) {
      std::cout << options
                << "\nexamples:\n  sallyport-generate --interfaces 10000 --groups 2000 --rules 40000 > p.json\n"
                << "  sallyport-generate --shape hub --seed 7 > hub.json\n";
      return 0;
    }
    const auto named = shape_named(shape);
    if (!named) throw po::error(named.error());
    request.shape = *named;
    if (request.interfaces < 1 || request.interfaces > 1'000'000) throw po::error("--interfaces is 1 to 1000000");
    if (request.groups < 4 || request.prefix_lists < 1) throw po::error("at least 4 groups and 1 prefix list");
  } catch (const po::error& problem) {
    std::cerr << "sallyport-generate: " << problem.what() << '\n';
    return 2;
  }
  const std::string text = generate_policy(request);
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 2;
}
