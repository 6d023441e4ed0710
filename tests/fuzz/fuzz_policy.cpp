// Policy documents from anyone: refused with errors that can be printed; or read, written, read again, compiled, loaded
// and proven; then changed object by object, and each change proven.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <expected>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/analyze/lint.h"
#include "rules/compile/compiler.h"
#include "rules/decide/policy_view.h"
#include "rules/document/documents.h"
#include "rules/prove/prove.h"
#include "tests/fuzz/mutate_document.h"
#include "tests/fuzz/tally.h"
#include "tests/support/read_image.h"

using namespace sallyport;
using namespace sallyport::rules;

namespace {

constexpr Budget kBudget{.rows = 20'000, .predicates = 20'000, .memory = std::uint64_t{64} << 20U};
constexpr int kChanges = 4;

test::Tally accepted_policies("policies accepted");
test::Tally compiled_policies("policies compiled and proven");
test::Tally changed_policies("objects changed alone");
test::Tally proven_changes("such changes compiled and proven");

void require(bool holds, const char* what, std::string_view detail = {}) {
  if (holds) return;
  std::fprintf(stderr, "%s: %.*s\n", what, static_cast<int>(detail.size()), detail.data());
  std::abort();
}

void require_proven(const std::expected<Proof, std::string>& proof, const Policy& policy) {
  if (!proof) require(false, "not proven", proof.error() + "\n" + document_of(policy));
}

// What was read, or nothing where it was refused as it should be.
std::optional<ReadPolicy> read_or_refuse(std::string_view text, Families families) {
  auto read = read_policy(text, "policy.json", {}, families);
  const Diagnostics& said = read ? read->warnings : read.error();
  require(read.has_value() == !said.has_errors(), "refused without an error, or not refused");
  require(read || !render(said, "policy.json", text).empty(), "errors that say nothing");
  if (!read) return std::nullopt;
  return std::move(*read);
}

struct Accepted {
  ReadPolicy read;
  Families families = Families::ipv4;
};

// IPv4 alone is read by both readers; to that of both families what exists by default speaks of IPv6 too. The rest of
// the work is done with one of the two.
std::optional<Accepted> read_both_ways(std::string_view text) {
  auto both = read_or_refuse(text, Families::ipv4_and_ipv6);
  auto ipv4 = read_or_refuse(text, Families::ipv4);
  require(both || !ipv4, "IPv4 alone is read, and refused beside IPv6");
  if (!both) return std::nullopt;
  if (ipv4 && text.size() % 4 != 0) return Accepted{.read = std::move(*ipv4), .families = Families::ipv4};
  return Accepted{.read = std::move(*both), .families = Families::ipv4_and_ipv6};
}

void check_written(const Policy& policy, Families families) {
  const std::string written = write_policy(policy);
  const auto again = read_policy(written, "policy.json", {}, families);
  require(again.has_value(), "what was written is not read", written);
  require(same_meaning(policy, again->policy), "what was written means something else", written);
  require(write_policy(again->policy) == written, "written again it differs", written);
}

void check_warnings(Accepted accepted, std::string_view text) {
  lint(accepted.read.policy, accepted.read.warnings);
  require(!accepted.read.warnings.has_errors(), "lint found errors");
  static_cast<void>(render(accepted.read.warnings, "policy.json", text));
}

void check_image(const Image& image, std::mt19937& random) {
  const auto loaded = Image::load_copy(image.bytes());
  if (!loaded) require(false, "what was compiled is not loaded", loaded.error());
  static_cast<void>(test::read_all(*loaded, random));
}

struct Object {
  Section section;
  std::string name;
};

std::vector<Object> objects_of(const Policy& policy) {
  std::vector<Object> objects;
  const auto add = [&](Section section, const auto& named) {
    for (const auto& [name, object] : named) objects.push_back({section, name});
  };
  add(Section::prefix_lists, policy.prefix_lists);
  add(Section::security_groups, policy.security_groups);
  add(Section::network_acls, policy.network_acls);
  add(Section::interfaces, policy.interfaces);
  return objects;
}

// One element less, one twice, or two in each other's place, in one of the object's arrays; "" where there is none.
std::string edited(std::string_view text, std::mt19937& random) {
  nlohmann::json object = nlohmann::json::parse(text);
  std::vector<nlohmann::json*> arrays;
  if (object.is_array()) arrays.push_back(&object);
  for (const char* key : {"ingress", "egress", "security_groups"}) {
    if (object.is_object() && object.contains(key)) arrays.push_back(&object[key]);
  }
  if (arrays.empty()) return {};
  nlohmann::json& array = *arrays[random() % arrays.size()];
  if (array.empty()) return {};
  const auto at = static_cast<std::size_t>(random() % array.size());
  switch (random() % 3) {
    case 0:
      array.erase(at);
      break;
    case 1:
      array.push_back(array[at]);
      break;
    default:
      std::swap(array[at], array[random() % array.size()]);
      break;
  }
  return object.dump();
}

// The policy after one object took another's place or was edited; nothing where that does not do.
std::optional<Policy> change(const Policy& policy, std::mt19937& random) {
  const auto objects = objects_of(policy);
  if (objects.empty()) return std::nullopt;
  const Object& object = objects[random() % objects.size()];
  const auto before = text_of(policy, object.section, object.name);
  if (!before) return std::nullopt;
  std::string text;
  if (random() % 3 == 0) {
    const Object& other = objects[random() % objects.size()];
    text = text_of(policy, other.section, other.name).value_or("");
  } else {
    text = edited(*before, random);
  }
  auto next = with_object(policy, object.section, object.name, std::move(text));
  if (!next) return std::nullopt;
  const std::string document = document_of(*next);
  const auto read = read_policy(document, "policy.json");
  require(read.has_value(), "the whole document with an object that was taken is not read", document);
  require(same_meaning(read->policy, *next), "the whole document means something else", document);
  return next;
}

// Addresses where the answers of a policy change, or nearly so.
std::vector<Ipv4> places_of(const Policy& policy) {
  std::vector<Ipv4> places{Ipv4{0x0A00'0107U}};
  const auto add = [&](const Prefix& prefix) {
    places.push_back(prefix.first());
    places.push_back(Ipv4{prefix.last().value + 1});
  };
  for (const auto& [name, list] : policy.prefix_lists) std::ranges::for_each(list.entries, add);
  for (const auto& [name, subnet] : policy.subnets) add(subnet.cidr_block);
  for (const auto& [name, interface] : policy.interfaces) {
    places.insert(places.end(), interface.private_ips.begin(), interface.private_ips.end());
  }
  return places;
}

std::string answer(const PolicyView& view, InterfaceIndex interface, Direction direction, const Query& query) {
  const auto name = [&](RuleIndex rule) {
    return rule == kNone ? "none" : std::string(view.rule(rule).name) + " " + std::string(view.rule(rule).text);
  };
  const GroupVerdict groups = view.judge_groups(interface, direction, query);
  const AclVerdict acl = view.judge_acl(view.subnet(view.interface(interface).subnet).acl, direction, query);
  return std::string(groups.allow ? "allow " : "deny ") + (groups.untracked ? "untracked " : "") + name(groups.rule) +
         (acl.allow ? ", allow " : ", deny ") + name(acl.rule);
}

// The updated image answers as one that was compiled whole.
void check_answers(const Image& updated, const Policy& policy, std::mt19937& random) {
  const auto whole = compile(policy, kBudget);
  if (!whole) return;
  const PolicyView one(updated);
  const PolicyView other(whole->image);
  const auto places = places_of(policy);
  static constexpr std::array<std::uint16_t, 8> kPorts{0, 22, 53, 80, 443, 1024, 5432, 65535};
  static constexpr std::array<std::uint8_t, 5> kProtocols{6, 6, 17, 1, 47};
  require(one.interfaces() == other.interfaces(), "another number of interfaces");
  for (int i = 0; i < 64 && one.interfaces() > 0; ++i) {
    const auto interface = static_cast<InterfaceIndex>(random() % one.interfaces());
    const auto direction = random() % 2 == 0 ? Direction::ingress : Direction::egress;
    const Query query{.remote = places[random() % places.size()],
                      .protocol = kProtocols[random() % kProtocols.size()],
                      .destination_port = kPorts[random() % kPorts.size()],
                      .icmp_type = static_cast<std::uint8_t>(random() % 14)};
    const std::string seen = answer(one, interface, direction, query);
    const std::string expected = answer(other, interface, direction, query);
    if (seen != expected) require(false, "updated it answers", seen + "\ncompiled whole " + expected);
  }
}

void check_changes(Policy policy, Kept kept, std::mt19937& random) {
  Image image = kept.compiled.image;
  for (int i = 0; i < kChanges; ++i) {
    const auto next = change(policy, random);
    if (!next) continue;
    ++changed_policies;
    const auto updated = kept.compiler->update(*next);
    if (!updated) return;
    require_proven(prove_update(policy, image, *next, updated->image), *next);
    ++proven_changes;
    check_answers(updated->image, *next, random);
    policy = *next;
    image = updated->image;
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  return test::mutate_document(data, size, max_size, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto accepted = read_both_ways(text);
  if (!accepted) return test::refused(size);
  const Policy& policy = accepted->read.policy;
  ++accepted_policies;
  check_written(policy, accepted->families);
  check_warnings(*accepted, text);
  auto kept = compile_and_keep(policy, kBudget);
  if (!kept) return 0;
  require_proven(prove(policy, kept->compiled.image), policy);
  ++compiled_policies;
  std::mt19937 random(static_cast<unsigned>(size));
  check_image(kept->compiled.image, random);
  if (accepted->families == Families::ipv4) check_changes(policy, std::move(*kept), random);
  return 0;
}
