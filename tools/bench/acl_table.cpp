// Field definitions, rules and bursts of rte_acl; see the header. Owner: tools/bench.
#include "tools/bench/acl_table.h"

#include <rte_acl.h>
#include <rte_errno.h>
#include <rte_memory.h>

#include <algorithm>
#include <cstddef>

namespace sallyport::bench {
namespace {

// Key bytes in network order; the first input byte stands alone, the others come in words.
constexpr std::uint32_t kProtocolAt = 0;
constexpr std::uint32_t kFirstWordAt = 4, kSecondWordAt = 8;

enum Field : std::uint8_t { kProtocol, kSet, kPort, kAddress, kFields };

RTE_ACL_RULE_DEF(AclRule, kFields);

struct MethodName {
  const char* name;
  enum rte_acl_classify_alg method;
};
constexpr std::array<MethodName, 5> kMethods{{{"scalar", RTE_ACL_CLASSIFY_SCALAR},
                                              {"sse", RTE_ACL_CLASSIFY_SSE},
                                              {"avx2", RTE_ACL_CLASSIFY_AVX2},
                                              {"avx512x16", RTE_ACL_CLASSIFY_AVX512X16},
                                              {"avx512x32", RTE_ACL_CLASSIFY_AVX512X32}}};

std::size_t usable_methods() {
  if (!__builtin_cpu_supports("avx2")) return 2;
  const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd");
  return wide ? kMethods.size() : 3;
}

rte_acl_config config_of(AclOrder order, std::size_t max_bytes) {
  const std::uint8_t address_input = order == AclOrder::set_first ? 2 : 1;
  const std::uint8_t set_input = order == AclOrder::set_first ? 1 : 2;
  const std::uint32_t address_at = order == AclOrder::set_first ? kSecondWordAt : kFirstWordAt;
  const std::uint32_t set_at = order == AclOrder::set_first ? kFirstWordAt : kSecondWordAt;
  rte_acl_config config{};
  config.num_categories = 1;
  config.num_fields = kFields;
  config.max_size = max_bytes;
  const auto define = [&](std::size_t at, std::uint8_t type, std::uint8_t size, std::uint8_t index, std::uint8_t input,
                          std::uint32_t offset) {
    config.defs[at] = {.type = type, .size = size, .field_index = index, .input_index = input, .offset = offset};
  };
  define(0, RTE_ACL_FIELD_TYPE_BITMASK, 1, kProtocol, 0, kProtocolAt);
  const std::size_t words = order == AclOrder::set_first ? 1 : 2;  // definitions ascend with the input
  define(words, RTE_ACL_FIELD_TYPE_MASK, 2, kSet, set_input, set_at);
  define(words + 1, RTE_ACL_FIELD_TYPE_RANGE, 2, kPort, set_input, set_at + 2);
  define(order == AclOrder::set_first ? 3 : 1, RTE_ACL_FIELD_TYPE_MASK, 4, kAddress, address_input, address_at);
  return config;
}

AclRule rule_of(const FlatRule& flat, std::uint32_t index) {
  AclRule rule{};
  rule.data = {
      .category_mask = 1, .priority = static_cast<std::int32_t>(RTE_ACL_MAX_PRIORITY - index), .userdata = index + 1};
  const bool any = flat.protocol == rules::kAnyProtocol;
  rule.field[kProtocol].value.u8 = static_cast<std::uint8_t>(any ? 0 : flat.protocol);
  rule.field[kProtocol].mask_range.u8 = any ? 0 : 0xFF;
  rule.field[kSet].value.u16 = static_cast<std::uint16_t>(flat.set);
  rule.field[kSet].mask_range.u32 = 16;
  rule.field[kPort].value.u16 = flat.first;
  rule.field[kPort].mask_range.u16 = flat.last;
  rule.field[kAddress].value.u32 = flat.base[0];
  rule.field[kAddress].mask_range.u32 = flat.length;
  return rule;
}

void put(std::uint8_t* at, std::uint32_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) at[i] = static_cast<std::uint8_t>(value >> 8U * (bytes - 1 - i));
}

}  // namespace

std::vector<std::string> AclPeer::methods() {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < usable_methods(); ++i) names.emplace_back(kMethods[i].name);
  return names;
}

std::expected<AclTable, std::string> AclTable::build(std::span<const FlatRule> rules, AclOrder order,
                                                     std::size_t max_bytes) {
  const rte_acl_param parameters{.name = "bench",
                                 .socket_id = SOCKET_ID_ANY,
                                 .rule_size = RTE_ACL_RULE_SZ(kFields),
                                 .max_rule_num = static_cast<std::uint32_t>(rules.size())};
  rte_acl_ctx* context = rte_acl_create(&parameters);
  if (context == nullptr) return std::unexpected("rte_acl_create: " + std::string(rte_strerror(rte_errno)));
  AclTable table(context, order);
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    const AclRule rule = rule_of(rules[i], i);
    const int added = rte_acl_add_rules(context, reinterpret_cast<const rte_acl_rule*>(&rule), 1);
    if (added != 0) return std::unexpected("rte_acl_add_rules: " + std::string(rte_strerror(-added)));
  }
  const rte_acl_config config = config_of(order, max_bytes);
  const int built = rte_acl_build(context, &config);
  if (built != 0) return std::unexpected("rte_acl_build: " + std::string(rte_strerror(-built)));
  return table;
}

AclTable::~AclTable() { rte_acl_free(context_); }

std::vector<AclTable::Key> AclTable::keys(std::span<const Packet> packets) const {
  const std::size_t set_at = order_ == AclOrder::set_first ? kFirstWordAt : kSecondWordAt;
  const std::size_t address_at = order_ == AclOrder::set_first ? kSecondWordAt : kFirstWordAt;
  std::vector<Key> keys(packets.size());
  for (std::size_t i = 0; i < packets.size(); ++i) {
    std::uint8_t* bytes = keys[i].bytes.data();
    bytes[kProtocolAt] = packets[i].protocol;
    put(bytes + set_at, packets[i].set, 2);
    put(bytes + set_at + 2, packets[i].key, 2);
    put(bytes + address_at, packets[i].remote[0], 4);
  }
  return keys;
}

void AclTable::classify(std::span<const Key> keys, std::span<std::uint32_t> answers, std::size_t method,
                        std::uint32_t burst) const {
  std::array<const std::uint8_t*, 1024> at{};
  for (std::size_t first = 0; first < keys.size(); first += burst) {
    const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(burst, keys.size() - first));
    for (std::uint32_t i = 0; i < count; ++i) at[i] = keys[first + i].bytes.data();
    rte_acl_classify_alg(context_, at.data(), answers.data() + first, count, 1, kMethods[method].method);
  }
}

}  // namespace sallyport::bench
