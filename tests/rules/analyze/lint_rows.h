// A network with nothing wrong, changes to it, and what lint says: the rows of lint's tests.
//
// Owner: tests/rules.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "rules/analyze/lint.h"
#include "tests/rules/document/documents_support.h"

namespace sallyport::rules::testing_support {

// Nothing wrong with this one.
inline constexpr const char* kNetwork = R"({
  "version": 1,
  "vpc": { "cidr_blocks": ["10.0.0.0/16"], "internet_gateway": true },
  "prefix_lists": { "office": ["198.51.100.0/24"] },
  "security_groups": {
    "web": {
      "ingress": [ { "protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/0"] },
                   { "protocol": "tcp", "from_port": 22, "to_port": 22, "prefix_lists": ["office"] } ],
      "egress": [ { "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"] } ]
    },
    "app": {
      "ingress": [ { "protocol": "tcp", "from_port": 8080, "to_port": 8080, "security_groups": ["web"] } ],
      "egress": [ { "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"] } ]
    }
  },
  "network_acls": {
    "public": {
      "ingress": [ { "rule_no": 100, "action": "allow", "protocol": "tcp", "cidr_block": "0.0.0.0/0", "from_port": 443, "to_port": 443 },
                   { "rule_no": 110, "action": "allow", "protocol": "tcp", "cidr_block": "198.51.100.0/24", "from_port": 22, "to_port": 22 },
                   { "rule_no": 120, "action": "allow", "protocol": "tcp", "cidr_block": "0.0.0.0/0", "from_port": 1024, "to_port": 65535 },
                   { "rule_no": 130, "action": "allow", "protocol": "udp", "cidr_block": "0.0.0.0/0", "from_port": 1024, "to_port": 65535 },
                   { "rule_no": 140, "action": "allow", "protocol": "-1", "cidr_block": "10.0.0.0/16" } ],
      "egress": [ { "rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0" } ]
    },
    "private": {
      "ingress": [ { "rule_no": 100, "action": "allow", "protocol": "tcp", "cidr_block": "10.0.1.0/24", "from_port": 8080, "to_port": 8080 },
                   { "rule_no": 110, "action": "allow", "protocol": "tcp", "cidr_block": "0.0.0.0/0", "from_port": 1024, "to_port": 65535 },
                   { "rule_no": 120, "action": "allow", "protocol": "udp", "cidr_block": "0.0.0.0/0", "from_port": 1024, "to_port": 65535 } ],
      "egress": [ { "rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0" } ]
    }
  },
  "route_tables": {
    "public": [ { "cidr_block": "0.0.0.0/0", "gateway": "internet" } ],
    "private": [ { "cidr_block": "0.0.0.0/0", "nat_gateway": "nat-a" } ]
  },
  "subnets": {
    "public-a": { "cidr_block": "10.0.1.0/24", "route_table": "public", "network_acl": "public" },
    "app-a": { "cidr_block": "10.0.2.0/24", "route_table": "private", "network_acl": "private" }
  },
  "interfaces": {
    "web-1": { "subnet": "public-a", "private_ips": ["10.0.1.10"], "public_ip": "203.0.113.10", "security_groups": ["web"] },
    "app-1": { "subnet": "app-a", "private_ips": ["10.0.2.10"], "security_groups": ["app"] }
  },
  "nat_gateways": { "nat-a": { "subnet": "public-a", "private_ip": "10.0.1.5", "public_ips": ["203.0.113.5"] } }
})";

inline Diagnostics lint_of(const std::string& text) {
  auto read = read_policy(text, "policy.json");
  if (!read) {
    ADD_FAILURE() << render(read.error(), "policy.json", text);
    return {};
  }
  lint(read->policy, read->warnings);
  return std::move(read->warnings);
}

// "kind pointer -> pointer, pointer", a line each, by position.
inline std::string places(const Diagnostics& diagnostics) {
  std::string text;
  for (const auto& each : diagnostics.sorted()) {
    text += (text.empty() ? "" : "\n") + each.kind + ' ' + each.pointer;
    for (const auto& place : each.also) text += (&place == each.also.data() ? " -> " : ", ") + place.pointer;
  }
  return text;
}

struct Edit {
  const char* pointer;
  const char* value;  // JSON; empty: the member or element is removed
};

inline std::string edited(const std::string& text, const Edit& edit) {
  if (*edit.value != '\0') return changed(text, edit.pointer, edit.value);
  const auto removal = nlohmann::ordered_json{{{"op", "remove"}, {"path", edit.pointer}}};
  return nlohmann::ordered_json::parse(text).patch(removal).dump(1);
}

struct LintRow {
  const char* description;
  std::vector<Edit> edits;
  const char* expected;
};
inline void PrintTo(const LintRow& row, std::ostream* out) { *out << row.description; }

inline void expect_said(const LintRow& row) {
  std::string text = kNetwork;
  for (const auto& edit : row.edits) text = edited(text, edit);
  const auto found = lint_of(text);
  EXPECT_EQ(places(found), row.expected) << render(found, "policy.json", text);
}

}  // namespace sallyport::rules::testing_support
