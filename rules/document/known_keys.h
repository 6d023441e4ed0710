// Every key of both documents, by the kind of object it stands in.
//
// Owner: rules/document. Always: what stands here is what the readers accept and nothing beside it: they name the kind
// of an object, never keys. So a key that is new here is missed at once by the tests that hold a packet against each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sallyport::rules {

enum class ObjectKind : std::uint8_t {
  policy,
  vpc,
  security_group,
  group_rule,
  network_acl,
  acl_entry,
  route,
  subnet,
  interface,
  interface_timeouts,
  nat_gateway,
  options,
  timeouts,
  gateway,
  port,
  link,
  budget,
  control,
  metrics,
  count_
};
inline constexpr std::size_t kObjectKinds = static_cast<std::size_t>(ObjectKind::count_);

// No object has more.
inline constexpr std::size_t kMostKeys = 16;

[[nodiscard]] std::span<const std::string_view> keys_of(ObjectKind kind);
// What a key of a later version is about, wherever it stands; "" of any other key.
[[nodiscard]] std::string_view not_yet_enforced(std::string_view key);
// "policy: interfaces.NAME"
[[nodiscard]] std::string_view name_of(ObjectKind kind);

}  // namespace sallyport::rules
