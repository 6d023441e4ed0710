// Holding a replay against an expectation.
//
// Owner: control/replay.
#include "control/replay/expect.h"

#include "rules/model/drop_code.h"

namespace sallyport::control {

namespace {

using nlohmann::json;
using Differences = std::vector<std::string>;

std::string shown(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

// Keys of an object whose absence from the sum means 0 or nothing.
bool is_absent_drop(const std::string& path, const std::string& key) {
  return path == "/drops" && rules::drop_code_named(key).has_value();
}

const json* rule_named(const json& rules, const std::string& name) {
  for (const auto& rule : rules) {
    if (rule.at("name") == name) return &rule;
  }
  return nullptr;
}

class Comparison {
 public:
  void compare(const std::string& path, const json& expected, const json& seen) {
    if (expected.is_object() && seen.is_object()) {
      compare_objects(path, expected, seen);
    } else if (path == "/rules" && expected.is_array()) {
      compare_rules(expected, seen);
    } else if (expected != seen) {
      differences_.push_back(path + ": " + shown(seen) + ", expected " + shown(expected));
    }
  }

  std::expected<Differences, std::string> take() {
    if (!error_.empty()) return std::unexpected(error_);
    return std::move(differences_);
  }

 private:
  void compare_objects(const std::string& path, const json& expected, const json& seen) {
    for (const auto& [key, value] : expected.items()) {
      if (seen.contains(key)) {
        compare(path + '/' + key, value, seen.at(key));
      } else if (is_absent_drop(path, key)) {
        compare(path + '/' + key, value, json(0));
      } else {
        error_ = "expectation " + path + '/' + key + ": a replay has no such key";
      }
    }
  }

  void compare_rules(const json& expected, const json& seen) {
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const auto& rule = expected[i];
      const auto name = rule.is_object() ? rule.value("name", json()) : json();
      const auto* found = name.is_string() ? rule_named(seen, name) : nullptr;
      if (found != nullptr) {
        compare("/rules/" + name.get<std::string>(), rule, *found);
      } else {
        error_ = "expectation /rules/" + std::to_string(i) + ": " +
                 (name.is_string() ? "no rule is named " + shown(name) : "expected an object with a rule's name");
      }
    }
  }

  Differences differences_;
  std::string error_;
};

}  // namespace

std::expected<ReplayExpectation, std::string> ReplayExpectation::read(std::string_view text) {
  ReplayExpectation expectation;
  expectation.document_ = json::parse(text, nullptr, false);
  auto& document = expectation.document_;
  if (!document.is_object()) return std::unexpected("an expectation is a JSON object of the shape of replay -o json");
  if (!document.contains("per_packet")) return expectation;
  for (const auto& packet : document.at("per_packet")) {
    if (!packet.is_object() || !packet.contains("number") || !packet.at("number").is_number_unsigned()) {
      return std::unexpected("each of per_packet is an object with the packet's number");
    }
    expectation.packets_[packet.at("number").get<std::uint64_t>()] = packet;
  }
  document.erase("per_packet");
  return expectation;
}

void ReplayExpectation::see(const ReplayedPacket& packet) {
  if (packets_.contains(packet.number)) seen_[packet.number] = to_json(packet);
}

std::expected<Differences, std::string> ReplayExpectation::differences(const ReplaySum& sum) const {
  Comparison comparison;
  comparison.compare("", document_, to_json(sum));
  for (const auto& [number, expected] : packets_) {
    const auto seen = seen_.find(number);
    comparison.compare("/per_packet/" + std::to_string(number), expected, seen == seen_.end() ? json() : seen->second);
  }
  return comparison.take();
}

}  // namespace sallyport::control
