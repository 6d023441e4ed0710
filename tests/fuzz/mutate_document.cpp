// Owner: tests/fuzz. See mutate_document.h.
#include "tests/fuzz/mutate_document.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace sallyport::test {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxDepth = 70;  // a little more than the reader takes

// Values that mean something in a policy or gateway document, or just do not.
const std::array kValues{R"("10.0.0.0/16")",
                         R"("10.0.1.0/24")",
                         R"("0.0.0.0/0")",
                         R"("10.0.1.10")",
                         R"("10.0.1.11/32")",
                         R"("192.0.2.7")",
                         R"("255.255.255.255")",
                         R"("128.0.0.0/1")",
                         R"("::/0")",
                         R"("2001:db8:10::/56")",
                         R"("2001:db8::1")",
                         R"("2001:db8:10:1::/64")",
                         R"("ffff::/16")",
                         R"("all")",
                         R"("tcp")",
                         R"("udp")",
                         R"("icmp")",
                         R"("icmpv6")",
                         R"("allow")",
                         R"("deny")",
                         R"("internet")",
                         R"("blackhole")",
                         R"("cut")",
                         R"("revalidate")",
                         R"("default")",
                         R"("80:10.0.1.10:8080/tcp")",
                         R"("1000-1009:2000-2009/udp")",
                         R"("02:00:00:00:00:01")",
                         R"("af_packet:eth0")",
                         R"("2GiB")",
                         "-1",
                         "0",
                         "1",
                         "22",
                         "443",
                         "65535",
                         "65536",
                         "4294967295",
                         "32766",
                         "47",
                         "true",
                         "false",
                         "null",
                         "[]",
                         "{}",
                         "\"\"",
                         "1e9"};

class Mutation {
 public:
  explicit Mutation(unsigned seed) : random_(seed) {}

  std::uint32_t below(std::size_t limit) { return static_cast<std::uint32_t>(random_() % limit); }

  void change(Json& document) {
    nodes_.clear();
    collect(document, "");
    const Node& at = nodes_[below(nodes_.size())];
    switch (below(16)) {
      case 0:
        *at.value = Json(some_value());
        break;
      case 1:
        *at.value = Json::parse(kValues[below(kValues.size())]);
        break;
      case 2:
        rename(*at.value);
        break;
      case 3:
      case 4:
      case 5:
      case 6:
      case 7:
        *at.value = Json(one_like(at));
        break;
      default:
        change_by_kind(*at.value);
        break;
    }
  }

 private:
  // A value and the key it stands under, which elements of an array have of it.
  struct Node {
    Json* value;
    std::string key;
  };

  void collect(Json& value, const std::string& key) {
    nodes_.push_back({&value, key});
    if (!value.is_structured()) return;
    for (auto child = value.begin(); child != value.end(); ++child) {
      collect(*child, value.is_object() ? child.key() : key + "[]");
    }
  }

  Json& some_value() { return *nodes_[below(nodes_.size())].value; }

  // What stands under the same key elsewhere: the change that a document most often bears.
  Json& one_like(const Node& wanted) {
    const std::size_t first = below(nodes_.size());
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const Node& node = nodes_[(first + i) % nodes_.size()];
      if (node.key == wanted.key && node.value != wanted.value) return *node.value;
    }
    return *wanted.value;
  }

  void change_by_kind(Json& node) {
    if (node.is_structured()) {
      change_elements(node);
    } else if (node.is_string()) {
      change_string(node);
    } else if (node.is_number_integer()) {
      const auto value = node.get<std::int64_t>();
      const std::array<std::int64_t, 6> choices{value + 1,         value - 1,  value / 2,
                                                value * 2 % 65537, below(256), below(65536)};
      node = choices[below(choices.size())];
    } else {
      node = below(2) == 0;
    }
  }

  void change_elements(Json& node) {
    const std::size_t size = node.size();
    if (size == 0) {
      node = Json(some_value());
      return;
    }
    const std::size_t at = below(size);
    Json element = *std::next(node.begin(), static_cast<std::ptrdiff_t>(at));
    const auto choice = below(3);
    if (node.is_object()) {
      const std::string key = std::next(node.begin(), static_cast<std::ptrdiff_t>(at)).key();
      if (choice == 0) node.erase(key);
      if (choice != 0) node[choice == 1 ? key + "-" + std::to_string(below(4)) : some_key(key)] = std::move(element);
    } else if (choice == 0) {
      node.erase(at);
    } else if (choice == 1) {
      node.insert(node.begin() + below(size + 1), std::move(element));
    } else {
      std::swap(node[at], node[below(size)]);
    }
  }

  // The key of some object of the document; `otherwise` where the one picked has none.
  std::string some_key(const std::string& otherwise) {
    const Json& node = some_value();
    if (!node.is_object() || node.empty()) return otherwise;
    return std::next(node.begin(), below(node.size())).key();
  }

  void rename(Json& node) {
    if (!node.is_object() || node.empty()) return change_by_kind(node);
    const auto at = std::next(node.begin(), below(node.size()));
    const std::string key = at.key();
    Json value = at.value();
    const std::string renamed = some_key(key);
    node.erase(key);
    node[renamed] = std::move(value);
  }

  // Mostly a digit of an address, a prefix or a port; or any bytes.
  void change_string(Json& node) {
    std::string text = node.get<std::string>();
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto digits = std::ranges::count_if(text, is_digit);
    if (digits > 0 && below(4) != 0) {
      auto skip = below(static_cast<std::size_t>(digits));
      const auto at = std::ranges::find_if(text, [&](char c) { return is_digit(c) && skip-- == 0; });
      *at = static_cast<char>('0' + below(10));
    } else if (below(2) == 0) {
      text = some_key(text);  // names refer to keys
    } else {
      const std::size_t size = text.size();
      text.resize(size + 16);
      text.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(text.data()), size, text.size()));
    }
    node = std::move(text);
  }

  std::mt19937 random_;
  std::vector<Node> nodes_;
};

}  // namespace

std::size_t mutate_document(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed) {
  Mutation mutation(seed);
  if (mutation.below(8) == 0) return LLVMFuzzerMutate(data, size, max_size);
  const auto shallow = [](int depth, Json::parse_event_t /*event*/, Json& /*parsed*/) { return depth < kMaxDepth; };
  Json document = Json::parse(data, data + size, shallow, false);
  if (document.is_discarded()) return LLVMFuzzerMutate(data, size, max_size);
  do mutation.change(document);
  while (mutation.below(3) == 0);
  const std::string text = document.dump(1, ' ', false, Json::error_handler_t::ignore);
  if (text.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, text.data(), text.size());
  return text.size();
}

}  // namespace sallyport::test
