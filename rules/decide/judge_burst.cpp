// Many questions judged together: the stages of burst.inc for each instruction set, and the choice between them.
//
// Owner: rules/decide. The only place where an instruction set is chosen at run time. Tests hold every set that the
// processor has against the scalar one. AVX-512 was measured to gain nothing over AVX2 and is left out.
#include "rules/decide/judge_burst.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "rules/decide/same_class.h"
#include "rules/decide/traffic_key.h"
#include "rules/image/tables.h"
#include "rules/image/wide_map.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace sallyport::rules {
namespace {

using layout::DescriptorRecord;
using layout::kNothing;
using layout::PredicateRecord;
using layout::RowBucket;
using layout::Tables;
using layout::TrafficKind;
using step_map::Form;
using step_map::Key;
using step_map::Ref;

constexpr std::size_t kBurst = 32;

// Some of a burst, by their places.
struct Picked {
  std::array<std::uint8_t, kBurst> at;
  std::size_t count = 0;
  // `wanted`: 0 or 1. A number, since of a comparison the compiler makes a branch, which is not to be foreseen.
  [[gnu::always_inline]] void add_if(std::uint32_t wanted, std::size_t i) {
    at[count] = static_cast<std::uint8_t>(i);
    count += wanted;
  }
};

// 1 if a Ref is a map of one of these forms.
template <typename... Forms>
[[gnu::always_inline]] inline std::uint32_t is_any(Ref ref, Forms... forms) {
  return ((1U << static_cast<std::uint32_t>(forms)) | ...) >> (ref >> 28U) & 1U;
}
constexpr Form kOwnForm = step_map::form_of(layout::kOwn);

// All bits where a Ref is a leaf.
[[gnu::always_inline]] inline std::uint32_t leaf_mask(Ref ref) {
  return static_cast<std::uint32_t>(static_cast<std::int32_t>(ref) >> 31);
}
// Of a class without a row.
constexpr PredicateRecord kNoPredicate = [] {
  PredicateRecord predicate{};
  predicate.maps.fill(step_map::leaf(kNothing));
  predicate.icmpv6 = step_map::leaf(kNothing);
  return predicate;
}();

[[gnu::always_inline]] inline void ask_for(const void* at) { __builtin_prefetch(at); }

// `a`, or `b` if `which` is 1 and not 0.
template <typename T>
[[gnu::always_inline]] inline const T* either(const T* a, const T* b, std::uint32_t which) {
  const std::uintptr_t mask = std::uintptr_t{0} - which;
  return reinterpret_cast<const T*>((reinterpret_cast<std::uintptr_t>(a) & ~mask) |
                                    (reinterpret_cast<std::uintptr_t>(b) & mask));
}

// The values of a dense map, nullptr for another.
const std::uint32_t* dense_words(const Line* lines, Ref ref) {
  if (step_map::is_leaf(ref) || step_map::form_of(ref) != Form::dense) return nullptr;
  return lines[step_map::line_of(ref)].words.data();
}

[[gnu::always_inline]] inline Ref map_at(const Line* lines, Ref ref, Key key) {
  return step_map::is_leaf(ref) ? ref : step_map::find(lines, ref, key);
}

// The line of a map, of a leaf any.
[[gnu::always_inline]] inline const Line* line_at(const Line* lines, Ref ref) {
  return lines + (step_map::line_of(ref) & ~leaf_mask(ref));
}

// Which word of a split, page or dense map answers a key; 0 for other forms.
[[gnu::always_inline]] inline std::uint32_t index_of(Ref ref, Key key) {
  const std::uint32_t high = std::uint32_t{key} >> 8U & (0U - is_any(ref, Form::split));
  const std::uint32_t low = key & 0xFFU & (0U - is_any(ref, Form::page, Form::dense));
  return high | low | (key & 0xFF00U & (0U - is_any(ref, Form::dense)));
}

// A reference of the predicate, `offset` bytes behind its beginning.
[[gnu::always_inline]] inline Ref ref_at(const PredicateRecord* predicate, std::size_t offset) {
  Ref ref = 0;
  std::memcpy(&ref, reinterpret_cast<const char*>(predicate) + offset, sizeof ref);
  return ref;
}
static_assert(offsetof(PredicateRecord, maps) == 0);

// A map over ports: noted and its line asked for, unless it is a leaf, the predicate's own, or rare and asked at once.
[[gnu::always_inline]] inline void pick_map(const Line* lines, std::size_t i, Key key, Ref& ref, Picked& maps) {
  const std::uint32_t form = ref >> 28U;
  if (form - 2U < 5U) [[unlikely]]
    ref = step_map::find(lines, ref, key);
  ask_for(line_at(lines, ref));
  maps.add_if(is_any(ref, Form::tiny, Form::flat), i);
}

[[gnu::always_inline]] inline GroupVerdict verdict_of(std::uint32_t any, std::uint32_t peer, std::uint32_t flags,
                                                      std::uint8_t kind) {
  const std::uint32_t first = std::min(any, peer);
  // kReturnOpenTcp and kReturnOpenUdp are the bits of their kinds.
  const std::uint32_t return_open = flags >> kind;
  const std::uint32_t some_any_peer = (any != kNothing ? 1U : 0U) & any / layout::kSomeAnyPeer;
  const bool allow = first != kNothing;
  return {.allow = allow,
          .untracked = (return_open & some_any_peer & 1U) != 0,
          .rule = allow ? layout::rule_of(first) : kNone};
}
static_assert(layout::kReturnOpenTcp == 1U << static_cast<std::uint32_t>(TrafficKind::tcp) &&
              layout::kReturnOpenUdp == 1U << static_cast<std::uint32_t>(TrafficKind::udp));

namespace scalar {

// A bit for each of 32 bounds that is not below the key.
inline std::uint32_t ends(const Line& bounds, Key key) {
  std::uint32_t mask = 0;
  for (std::uint32_t i = 0; i < 16; ++i) {
    mask |= ((bounds.words[i] & 0xFFFFU) >= key ? 1U : 0U) << 2 * i;
    mask |= (bounds.words[i] >> 16U >= key ? 2U : 0U) << 2 * i;
  }
  return mask;
}
inline std::uint32_t same(const RowClasses& classes, std::uint32_t address_class) {
  return same_class_scalar(classes, address_class);
}
#include "rules/decide/burst.inc"

}  // namespace scalar

#if defined(__x86_64__)

namespace sse2 {

inline std::uint32_t ends(const Line& bounds, Key key) {
  return static_cast<std::uint32_t>(step_map::not_below(bounds, key));
}
inline std::uint32_t same(const RowClasses& classes, std::uint32_t address_class) {
  return same_class(classes, address_class);
}
#include "rules/decide/burst.inc"

}  // namespace sse2

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi")
#endif
namespace avx2 {

inline std::uint32_t ends(const Line& bounds, Key key) {
  const auto* at = reinterpret_cast<const __m256i*>(bounds.words.data());
  const __m256i keys = _mm256_set1_epi16(static_cast<std::int16_t>(key));
  const __m256i low = _mm256_load_si256(at);
  const __m256i high = _mm256_load_si256(at + 1);
  const __m256i packed = _mm256_packs_epi16(_mm256_cmpeq_epi16(_mm256_max_epu16(low, keys), low),
                                            _mm256_cmpeq_epi16(_mm256_max_epu16(high, keys), high));
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_permute4x64_epi64(packed, 0xD8)));
}
inline std::uint32_t same(const RowClasses& classes, std::uint32_t address_class) {
  const __m256i all = _mm256_load_si256(reinterpret_cast<const __m256i*>(classes.data()));
  const __m256i equal = _mm256_cmpeq_epi32(all, _mm256_set1_epi32(static_cast<std::int32_t>(address_class)));
  return static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(equal)));
}
#include "rules/decide/burst.inc"

}  // namespace avx2
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif

struct Judges {
  void (*ipv4)(const Tables&, std::span<const GroupQuestion>, GroupVerdict*);
  void (*ipv6)(const Tables&, std::span<const Ipv6GroupQuestion>, GroupVerdict*);
};

bool has(InstructionSet set) {
#if defined(__x86_64__)
  switch (set) {
    case InstructionSet::scalar:
    case InstructionSet::sse2:
      return true;
    case InstructionSet::avx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
  }
#endif
  return set == InstructionSet::scalar;
}

Judges judges_with(InstructionSet set) {
  switch (set) {
#if defined(__x86_64__)
    case InstructionSet::sse2:
      return {.ipv4 = sse2::judge<sse2::Ipv4Classes>, .ipv6 = sse2::judge<sse2::Ipv6Classes>};
    case InstructionSet::avx2:
      return {.ipv4 = avx2::judge<avx2::Ipv4Classes>, .ipv6 = avx2::judge<avx2::Ipv6Classes>};
#endif
    default:
      return {.ipv4 = scalar::judge<scalar::Ipv4Classes>, .ipv6 = scalar::judge<scalar::Ipv6Classes>};
  }
}

const Judges& best_judges() {
  static const Judges best = judges_with(instruction_sets().back());
  return best;
}

template <typename Judge, typename Question>
void judge_all(Judge judge, const Tables& tables, std::span<const Question> questions,
               std::span<GroupVerdict> verdicts) {
  for (std::size_t first = 0; first < questions.size(); first += kBurst) {
    const std::size_t count = std::min(kBurst, questions.size() - first);
    judge(tables, questions.subspan(first, count), verdicts.data() + first);
  }
}

}  // namespace

std::vector<InstructionSet> instruction_sets() {
  std::vector<InstructionSet> sets;
  for (const auto set : {InstructionSet::scalar, InstructionSet::sse2, InstructionSet::avx2}) {
    if (has(set)) sets.push_back(set);
  }
  return sets;
}

std::string_view name_of(InstructionSet set) {
  static constexpr std::array<std::string_view, 3> kNames{"scalar", "sse2", "avx2"};
  return kNames[static_cast<std::size_t>(set)];
}

void judge_groups_with(InstructionSet set, const Image& image, std::span<const GroupQuestion> questions,
                       std::span<GroupVerdict> verdicts) {
  judge_all(judges_with(set).ipv4, image.tables(), questions, verdicts);
}

void judge_groups_with(InstructionSet set, const Image& image, std::span<const Ipv6GroupQuestion> questions,
                       std::span<GroupVerdict> verdicts) {
  judge_all(judges_with(set).ipv6, image.tables(), questions, verdicts);
}

void PolicyView::judge_groups(std::span<const GroupQuestion> questions, std::span<GroupVerdict> verdicts) const {
  judge_all(best_judges().ipv4, *tables_, questions, verdicts);
}

void PolicyView::judge_groups(std::span<const Ipv6GroupQuestion> questions, std::span<GroupVerdict> verdicts) const {
  judge_all(best_judges().ipv6, *tables_, questions, verdicts);
}

}  // namespace sallyport::rules
