// Owner: control/reach. See words.h.
#include "control/reach/words.h"

#include <algorithm>

#include "control/reach/listed.h"
#include "rules/model/protocol.h"

namespace sallyport::control {

using rules::reaching::kNothing;

namespace {

constexpr std::size_t kMostRulesNamed = 6;  // at one end

}  // namespace

std::string joined(const std::vector<std::string>& words, std::size_t limit) {
  std::string text;
  for (std::size_t i = 0; i < std::min(words.size(), limit); ++i) text += (i == 0 ? "" : ", ") + words[i];
  if (words.size() > limit) text += " (+" + std::to_string(words.size() - limit) + ")";
  return text;
}

std::string traffic_words(const rules::TrafficSet& traffic, std::size_t limit) {
  const auto words = rules::in_words(traffic);
  return words.empty() ? "nothing" : joined(words, limit);
}

std::vector<std::string> short_words(const rules::TrafficSet& traffic) {
  std::string ports;
  std::vector<std::string> lines;
  for (const auto& word : rules::in_words(traffic)) {
    if (word.starts_with("tcp ")) {
      ports += (ports.empty() ? "" : " ") + word.substr(4);
    } else {
      lines.push_back(word == "all other protocols" ? "others" : word);
    }
  }
  if (!ports.empty()) lines.insert(lines.begin(), ports);
  return lines;
}

std::string_view level_name(rules::ReachLevel level) {
  switch (level) {
    case rules::ReachLevel::nothing:
      return "nothing";
    case rules::ReachLevel::some:
      return "some";
    case rules::ReachLevel::admin:
      return "admin";
    case rules::ReachLevel::everything:
      break;
  }
  return "everything";
}

std::string packet_words(const rules::ReachProof& proof) {
  std::string text = rules::protocol_text(proof.protocol);
  if (rules::has_ports(proof.protocol)) {
    text += " " + std::to_string(proof.to_port);
  } else if (proof.protocol == rules::kProtocolIcmp) {
    text += " " + std::to_string(proof.icmp_type) + "/" + std::to_string(proof.icmp_code);
  } else {
    text.insert(0, "protocol ");
  }
  return text + " from " + to_string(proof.from) + " to " + to_string(proof.to);
}

std::string place_words(const rules::ReachStep& step, const std::string& file) {
  return step.line == 0 ? "(by default)" : file + ":" + std::to_string(step.line);
}

std::string rules_words(const std::vector<rules::ReachStep>& rules, const std::string& file) {
  std::vector<std::string> words;
  for (const auto& step : rules) words.push_back(step.rule + " " + place_words(step, file));
  return joined(words, kMostRulesNamed);
}

std::string refusal_words(const rules::ReachProof& proof, const std::string& file) {
  const auto& step = proof.steps.back();
  std::string text = (step.reply ? "reply: " : "") + std::string(name_of(step.stage));
  if (!step.place.empty()) text += " " + step.place;
  if (!step.rule.empty()) text += ", rule " + step.rule;
  if (!step.place.empty()) text += " " + place_words(step, file);
  return text + ": " + std::string(name_of(step.code));
}

rules::ReachRules rules_of(const rules::Reach& reach, const rules::ReachCell& cell, rules::reaching::SetId open) {
  if (is_listed(reach, cell)) return listed_rules(reach, cell);
  return rules_behind(*reach.ground, open, cell.from_sample, cell.to_sample);
}

std::string reason_words(const rules::Reach& reach, const rules::ReachCell& cell, const std::string& file) {
  auto& ground = *reach.ground;
  const auto own = reach_between(ground, reach.asked, cell.from_sample, cell.to_sample);
  if (own.open == kNothing) {
    const auto asked = own.lost != kNothing ? own.lost : reach.asked;
    return refusal_words(prove_reach(ground, asked, cell.from_sample, cell.to_sample), file);
  }
  const auto behind = rules_of(reach, cell, own.open);
  if (behind.leaving.empty() && behind.arriving.empty()) return "no group stands in between";
  const std::string between = behind.leaving.empty() || behind.arriving.empty() ? "" : " and ";
  return "by " + rules_words(behind.leaving, file) + between + rules_words(behind.arriving, file);
}

std::optional<rules::ReachProof> closed_pair(const rules::Reach& reach, std::uint32_t from, std::uint32_t to) {
  const auto& sender = reach.from[from];
  const auto& receiver = reach.to[to];
  if (sender.samples.empty() || receiver.samples.empty()) return std::nullopt;
  const bool inbound = sender.kind == rules::ReachParty::Kind::internet;
  if (inbound && receiver.kind == rules::ReachParty::Kind::internet) return std::nullopt;
  const auto source = sender.samples.front();
  auto target = inbound && receiver.public_sample ? *receiver.public_sample : receiver.samples.front();
  if (target == source) target = receiver.samples.back();
  if (target == source) return std::nullopt;
  auto proof = prove_reach(*reach.ground, reach.asked, source, target);
  if (proof.open || proof.steps.empty()) return std::nullopt;
  return proof;
}

std::string ranges_words(const std::vector<rules::literal::Range>& ranges, std::size_t limit) {
  std::vector<std::string> words;
  for (const auto& prefix : rules::prefixes_of(ranges)) words.push_back(to_string(prefix));
  return joined(words, limit);
}

std::string members_words(const rules::ReachParty& party) {
  using Kind = rules::ReachParty::Kind;
  if (party.kind == Kind::internet) return "any address";
  if (party.kind == Kind::listed) return "that rules name";
  if (party.kind == Kind::beyond) return "handed to it to forward";
  if (party.kind == Kind::address) return party.interfaces.empty() ? "NAT gateway" : party.interfaces.front();
  const auto count = party.interfaces.size();
  std::string text = count == 1   ? party.interfaces.front()
                     : count != 0 ? std::to_string(count) + " interfaces"
                                  : std::to_string(party.addresses) + " addresses";
  return text + " in " + joined(party.subnets, 2);
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        // XML has no other control characters than these.
        result += static_cast<unsigned char>(c) < 0x20U && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return result;
}

}  // namespace sallyport::control
