// DPDK's rte_acl, given the same rules and packets, in a process of its own whose time and memory are bounded.
//
// Owner: tools/bench. The child process has its own EAL; it is asked for one round at a time, so that rounds of
// different methods alternate, and is gone when the peer is.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tools/bench/measure.h"
#include "tools/bench/workload.h"

namespace sallyport::bench {

struct AclLimits {
  std::chrono::seconds time{300};
  std::size_t bytes = std::size_t{8} << 30U;
};

struct AclBuild {
  double seconds = 0;
  std::size_t table_bytes = 0;  // what stays allocated, the rules' copies included
  std::size_t peak_bytes = 0;   // of the process while it built, above what it had before
  std::string pages;            // "huge" or "small"
};

// Fields, in the order in which bytes are walked.
//   protocol, set and port, address: 1 + 4 + 4 bytes (IPv6: + 16)
//   protocol, address, set and port
enum class AclOrder : std::uint8_t { set_first, address_first };

class AclPeer {
 public:
  // `traffics` are what rounds will be asked of. The error says in plain words why there is no peer.
  [[nodiscard]] static std::expected<std::unique_ptr<AclPeer>, std::string> start(
      const Workload& workload, std::span<const std::vector<Packet>> traffics, AclOrder order, const AclLimits& limits);
  ~AclPeer();
  AclPeer(const AclPeer&) = delete;
  AclPeer& operator=(const AclPeer&) = delete;

  [[nodiscard]] const AclBuild& build() const { return build_; }
  // Methods that this processor has: "scalar", "sse", "avx2", "avx512x16", "avx512x32".
  [[nodiscard]] static std::vector<std::string> methods();

  // Judges all packets of a traffic once. No packets: the child is no more.
  [[nodiscard]] Cost round(std::size_t traffic, std::size_t method, std::uint32_t burst);
  // The answers of the last round: rules, or kNoRule.
  [[nodiscard]] std::span<const std::uint32_t> answers(std::size_t traffic) const { return answers_[traffic]; }

 private:
  AclPeer() = default;
  [[nodiscard]] std::expected<void, std::string> await_build(const AclLimits& limits);

  pid_t child_ = -1;
  int socket_ = -1;
  AclBuild build_;
  std::vector<std::span<std::uint32_t>> answers_;  // shared with the child
  std::size_t answers_bytes_ = 0;
};

}  // namespace sallyport::bench
