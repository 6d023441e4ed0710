// Words for what reach found, shared by its tables and pictures.
//
// Owner: control/reach.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/analyze/reach.h"

namespace sallyport::control {

// "tcp 80, tcp 443", "all"; "nothing" for nothing. At most `limit` of them, then "(+3)".
[[nodiscard]] std::string traffic_words(const rules::TrafficSet& traffic, std::size_t limit);
// For a cell: "80 443", "udp 53", "all"; a line each.
[[nodiscard]] std::vector<std::string> short_words(const rules::TrafficSet& traffic);
[[nodiscard]] std::string_view level_name(rules::ReachLevel level);

// "tcp 443 from 10.0.1.20 to 10.0.3.10"
[[nodiscard]] std::string packet_words(const rules::ReachProof& proof);
// "web/egress/0 policy.json:31, web/egress/1 policy.json:32"
[[nodiscard]] std::string rules_words(const std::vector<rules::ReachStep>& rules, const std::string& file);
// Of a proof that is not open: the stage that lets nothing through.
[[nodiscard]] std::string refusal_words(const rules::ReachProof& proof, const std::string& file);
// The rules behind what is open: between the cell's examples, or of all addresses that rules name.
[[nodiscard]] rules::ReachRules rules_of(const rules::Reach& reach, const rules::ReachCell& cell,
                                         rules::reaching::SetId open);
// Why what is open between the cell's examples is: "by " the rules at both ends; else what refuses it.
[[nodiscard]] std::string reason_words(const rules::Reach& reach, const rules::ReachCell& cell,
                                       const std::string& file);
[[nodiscard]] std::string place_words(const rules::ReachStep& step, const std::string& file);

// Why nothing passes between two parties, shown on addresses of theirs; none where they have none to show it on.
[[nodiscard]] std::optional<rules::ReachProof> closed_pair(const rules::Reach& reach, std::uint32_t from,
                                                           std::uint32_t to);

// "198.51.100.0/24, 203.0.113.0/25 (+4)"
[[nodiscard]] std::string ranges_words(const std::vector<rules::literal::Range>& ranges, std::size_t limit);
// "2 interfaces in pubA, pubB"
[[nodiscard]] std::string members_words(const rules::ReachParty& party);
[[nodiscard]] std::string joined(const std::vector<std::string>& words, std::size_t limit);

// For text and attribute values of XML and HTML.
[[nodiscard]] std::string escaped(std::string_view text);

}  // namespace sallyport::control
