// Rules and packets as rte_acl takes them, and its methods.
//
// Owner: tools/bench. Needs a started EAL. One table for all interfaces: a rule is {protocol, set of groups, port
// range, remote prefix}, a packet 9 bytes (IPv6: 21). Priority is the order of the list, so that the answer is the same
// rule.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "tools/bench/acl_peer.h"

struct rte_acl_ctx;

namespace sallyport::bench {

class AclTable {
 public:
  // Builds; `max_bytes` bounds the tables. The error is rte_acl's.
  [[nodiscard]] static std::expected<AclTable, std::string> build(const Workload& workload, AclOrder order,
                                                                  std::size_t max_bytes);
  AclTable(AclTable&& other) noexcept : context_(other.context_), order_(other.order_), words_(other.words_) {
    other.context_ = nullptr;
  }
  AclTable& operator=(AclTable&&) = delete;
  ~AclTable();

  // Packets as they are looked up, key_bytes() each.
  [[nodiscard]] std::vector<std::uint8_t> keys(std::span<const Packet> packets) const;
  [[nodiscard]] std::size_t key_bytes() const { return 8 + 4 * words_; }

  // Judges as many packets as there are answers, in bursts; an answer is a rule plus 1, or 0.
  void classify(std::span<const std::uint8_t> keys, std::span<std::uint32_t> answers, std::size_t method,
                std::uint32_t burst) const;

  [[nodiscard]] const void* address() const { return context_; }

 private:
  AclTable(rte_acl_ctx* context, AclOrder order, std::size_t words) : context_(context), order_(order), words_(words) {}
  [[nodiscard]] std::size_t set_at() const { return order_ == AclOrder::set_first ? 4 : 4 + 4 * words_; }
  [[nodiscard]] std::size_t address_at() const { return order_ == AclOrder::set_first ? 8 : 4; }

  rte_acl_ctx* context_ = nullptr;
  AclOrder order_;
  std::size_t words_;  // of an address
};

}  // namespace sallyport::bench
