// A route table read word by word: the longest prefix wins; a written one beats a list's, that the local one.
//
// Owner: rules/analyze. Reads the model alone.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "rules/model/policy.h"

namespace sallyport::rules::literal {

class Routes {
 public:
  Routes(const Policy& policy, const RouteTable& table);

  // "local", "internet", "NAT gateway nat-a", "interface vpn", "blackhole", or "nothing" where no route leads.
  [[nodiscard]] std::string of(Ipv4 address) const;
  [[nodiscard]] static std::string in_words(RouteTarget target, std::string_view name);

  // visit(prefix) for every prefix that has a route, in no order.
  template <typename Visit>
  void each_prefix(Visit&& visit) const {
    for (std::uint8_t length = 0; length <= 32; ++length) {
      for (const auto& [base, route] : routes_[length]) visit(Prefix{.base = Ipv4{base}, .length = length});
    }
  }

 private:
  void offer(const Prefix& prefix, int rank, const std::string& target);

  std::array<std::unordered_map<std::uint32_t, std::pair<int, std::string>>, 33> routes_;  // by length
};

}  // namespace sallyport::rules::literal
