// Owner: control/store. See prefixes.h.
#include "control/store/prefixes.h"

#include <algorithm>

namespace sallyport::control {

std::expected<std::vector<rules::Prefix>, std::string> read_prefixes(std::string_view text) {
  std::vector<rules::Prefix> prefixes;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view word = text.substr(0, end);
    const auto prefix = rules::parse_prefix(word);
    if (!prefix || prefix->host_bits)
      return std::unexpected("\"" + std::string(word) + "\" is no prefix, such as 10.0.0.0/8");
    prefixes.push_back(prefix->prefix);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return prefixes;
}

}  // namespace sallyport::control
