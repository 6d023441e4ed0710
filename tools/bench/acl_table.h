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
  [[nodiscard]] static std::expected<AclTable, std::string> build(std::span<const FlatRule> rules, AclOrder order,
                                                                  std::size_t max_bytes);
  AclTable(AclTable&& other) noexcept : context_(other.context_), order_(other.order_) { other.context_ = nullptr; }
  AclTable& operator=(AclTable&&) = delete;
  ~AclTable();

  static constexpr std::size_t kKeyBytes = 12;  // 9 used
  struct Key {
    std::array<std::uint8_t, kKeyBytes> bytes{};
  };
  [[nodiscard]] std::vector<Key> keys(std::span<const Packet> packets) const;

  // Judges all keys in bursts; an answer is a rule plus 1, or 0.
  void classify(std::span<const Key> keys, std::span<std::uint32_t> answers, std::size_t method,
                std::uint32_t burst) const;

  [[nodiscard]] const void* address() const { return context_; }

 private:
  AclTable(rte_acl_ctx* context, AclOrder order) : context_(context), order_(order) {}
  rte_acl_ctx* context_ = nullptr;
  AclOrder order_;
};

}  // namespace sallyport::bench
