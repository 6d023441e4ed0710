// The case `classify`: what a decision costs, by number of rules and method, on the same packets in one run.
//
// Owner: tools/bench. Methods: "sallyport" (the lookup that the dataplane uses, one packet at a time),
// "sallyport-burst" (the same for bursts), "scan" (the list from its top, on a sample where it is long) and "rte_acl".
// Always: every answer of every method is held against an oracle that shares nothing with them; one that differs is
// counted and fails the run.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tools/bench/acl_peer.h"
#include "tools/bench/machine.h"
#include "tools/bench/measure.h"
#include "tools/bench/workload.h"

namespace sallyport::bench {

struct ClassifyRequest {
  std::vector<std::uint32_t> rules{10, 1000, 10'000, 100'000, 500'000};
  std::vector<Shape> shapes{Shape::vpc, Shape::sets};
  std::vector<Family> families{Family::ipv4, Family::ipv6};
  std::uint64_t seed = 1;
  std::uint32_t packets = 0;  // 0: 65,536 up to 1,000 rules, 1,048,576 above
  std::uint32_t burst = 32;   // 1 to 1024
  std::uint32_t runs = 7;
  std::uint64_t round_cycles = 10'000'000;  // packets are judged again and again until a round took this
  bool with_acl = true;
  bool all_sets = false;  // bursts with every instruction set that the processor has
  AclLimits acl;
};

// One method, one kind of traffic, one number of rules.
struct Measurement {
  std::string name;    // "classify/vpc/ipv4/hit" …
  std::string method;  // "sallyport", "sallyport-burst", "scan", "rte_acl"
  std::string detail;  // of rte_acl: its method and the order of its fields
  std::uint32_t rules = 0;
  std::size_t packets = 0;
  std::uint32_t burst = 1;
  std::string pages;
  Spread cycles;               // a decision
  std::uint64_t checksum = 0;  // of the answers
  std::size_t wrong = 0;       // answers that differ from the oracle's
};

struct BuildMeasurement {
  std::string shape;   // "vpc" …
  std::string family;  // "ipv4", "ipv6"
  std::string method;
  std::string detail;
  std::uint32_t rules = 0;
  double seconds = 0;
  std::size_t table_bytes = 0;
  std::size_t peak_bytes = 0;
  std::string problem;  // why there is none
};

struct ClassifyResult {
  ClassifyRequest request;
  Machine machine;
  std::vector<Measurement> measurements;
  std::vector<BuildMeasurement> builds;
  [[nodiscard]] std::size_t wrong() const;
};

// `progress` is told what comes next, a line at a time.
[[nodiscard]] ClassifyResult run_classify(const ClassifyRequest& request,
                                          const std::function<void(const std::string&)>& progress);

}  // namespace sallyport::bench
