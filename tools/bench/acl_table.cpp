// Field definitions, rules and bursts of rte_acl; see the header. Owner: tools/bench.
#include "tools/bench/acl_table.h"

#include <rte_acl.h>
#include <rte_errno.h>
#include <rte_memory.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

namespace sallyport::bench {
namespace {

// The first input byte stands alone, the others come in words.
enum Field : std::uint8_t { kProtocol, kSet, kPort, kAddress, kFields = kAddress + 4 };

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

rte_acl_config config_of(AclOrder order, std::size_t words, std::size_t max_bytes) {
  rte_acl_config config{};
  config.num_categories = 1;
  config.num_fields = static_cast<std::uint32_t>(kAddress + words);
  config.max_size = max_bytes;
  std::size_t at = 0;
  std::uint8_t input = 0;  // definitions ascend with it
  std::uint32_t offset = 0;
  const auto define = [&](std::uint8_t type, std::uint8_t size, std::uint8_t index, std::uint32_t inside) {
    config.defs[at++] = {
        .type = type, .size = size, .field_index = index, .input_index = input, .offset = offset + inside};
  };
  const auto next_word = [&] {
    ++input;
    offset += 4;
  };
  const auto define_set = [&] {
    next_word();
    define(RTE_ACL_FIELD_TYPE_MASK, 2, kSet, 0);
    define(RTE_ACL_FIELD_TYPE_RANGE, 2, kPort, 2);
  };
  define(RTE_ACL_FIELD_TYPE_BITMASK, 1, kProtocol, 0);
  if (order == AclOrder::set_first) define_set();
  for (std::size_t word = 0; word < words; ++word) {
    next_word();
    define(RTE_ACL_FIELD_TYPE_MASK, 4, static_cast<std::uint8_t>(kAddress + word), 0);
  }
  if (order == AclOrder::address_first) define_set();
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
  for (std::size_t word = 0; word < 4; ++word) {
    rule.field[kAddress + word].value.u32 = flat.base[word];
    rule.field[kAddress + word].mask_range.u32 = static_cast<std::uint32_t>(std::popcount(flat.mask[word]));
  }
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

std::expected<AclTable, std::string> AclTable::build(const Workload& workload, AclOrder order, std::size_t max_bytes) {
  const std::span<const FlatRule> rules(workload.rules);
  const std::size_t words = workload.family == Family::ipv4 ? 1 : 4;
  const rte_acl_param parameters{.name = "bench",
                                 .socket_id = SOCKET_ID_ANY,
                                 .rule_size = static_cast<std::uint32_t>(RTE_ACL_RULE_SZ(kAddress + words)),
                                 .max_rule_num = static_cast<std::uint32_t>(rules.size())};
  rte_acl_ctx* context = rte_acl_create(&parameters);
  if (context == nullptr) return std::unexpected("rte_acl_create: " + std::string(rte_strerror(rte_errno)));
  AclTable table(context, order, words);
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    const AclRule rule = rule_of(rules[i], i);
    const int added = rte_acl_add_rules(context, reinterpret_cast<const rte_acl_rule*>(&rule), 1);
    if (added != 0) return std::unexpected("rte_acl_add_rules: " + std::string(rte_strerror(-added)));
  }
  const rte_acl_config config = config_of(order, words, max_bytes);
  const int built = rte_acl_build(context, &config);
  if (built != 0) return std::unexpected("rte_acl_build: " + std::string(rte_strerror(-built)));
  return table;
}

AclTable::~AclTable() { rte_acl_free(context_); }

std::vector<std::uint8_t> AclTable::keys(std::span<const Packet> packets) const {
  std::vector<std::uint8_t> keys(packets.size() * key_bytes());
  for (std::size_t i = 0; i < packets.size(); ++i) {
    std::uint8_t* bytes = keys.data() + i * key_bytes();
    bytes[0] = packets[i].protocol;
    put(bytes + set_at(), packets[i].set, 2);
    put(bytes + set_at() + 2, packets[i].key, 2);
    for (std::size_t word = 0; word < words_; ++word) put(bytes + address_at() + 4 * word, packets[i].remote[word], 4);
  }
  return keys;
}

void AclTable::classify(std::span<const std::uint8_t> keys, std::span<std::uint32_t> answers, std::size_t method,
                        std::uint32_t burst) const {
  std::array<const std::uint8_t*, 1024> at;
  for (std::size_t first = 0; first < answers.size(); first += burst) {
    const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(burst, answers.size() - first));
    for (std::uint32_t i = 0; i < count; ++i) at[i] = keys.data() + (first + i) * key_bytes();
    rte_acl_classify_alg(context_, at.data(), answers.data() + first, count, 1, kMethods[method].method);
  }
}

}  // namespace sallyport::bench
