// The stages of a packet's path, by the names that trace, replay and messages print.
//
// Owner: rules/model. The names are public interface: they may be added to, never changed.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sallyport::rules {

enum class Stage : std::uint8_t {
  parse,
  neighbor,
  source_check,
  flow,
  security_group_egress,
  network_acl_egress,
  route,
  internet_gateway,
  nat_gateway,
  network_acl_ingress,
  dest_check,
  security_group_ingress,
  publish,
  forward,
};

inline constexpr std::array<std::string_view, 14> kStageNames{
    "parse",
    "neighbor",
    "source-check",
    "flow",
    "security-group-egress",
    "network-acl-egress",
    "route",
    "internet-gateway",
    "nat-gateway",
    "network-acl-ingress",
    "dest-check",
    "security-group-ingress",
    "publish",
    "forward",
};

[[nodiscard]] constexpr std::string_view name_of(Stage stage) { return kStageNames[static_cast<std::size_t>(stage)]; }

}  // namespace sallyport::rules
