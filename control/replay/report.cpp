// The page's text.
//
// Owner: control/replay.
#include "control/replay/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "rules/model/drop_code.h"

namespace sallyport::control {

namespace {

constexpr std::string_view kHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sallyport replay</title>
<style>
:root { color-scheme: light dark; --line: #8885; --soft: #8882; --deny: #c0392b; --pass: #1e8449; }
@media (prefers-color-scheme: dark) { :root { --deny: #ff8a7a; --pass: #7ddc9a; } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 2rem; }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { background: var(--soft); position: sticky; top: 0; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
code { font-family: ui-monospace, monospace; font-size: .92em; }
.drop { color: var(--deny); } .forward { color: var(--pass); } .never { opacity: .65; }
</style></head><body>
)";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string sums(const ReplaySum& sum) {
  std::string html =
      "<h2>Packets</h2><table><tr><th class=n>in</th><th class=n>forwarded</th><th class=n>dropped</th>"
      "<th class=n>consumed</th><th class=n>held</th><th class=n>originated</th><th class=n>out</th>"
      "<th class=n>flows</th></tr><tr>";
  for (const auto n :
       {sum.in, sum.forwarded, sum.dropped, sum.consumed, sum.held, sum.originated, sum.out, sum.flows}) {
    html += fmt::format("<td class=n>{}</td>", n);
  }
  html += "</tr></table>\n";
  for (const auto& message : sum.messages) html += "<p class=drop>" + escaped(message) + "</p>\n";
  return html;
}

std::string drops(const ReplaySum& sum) {
  if (sum.drops.empty()) return "<h2>Drops</h2><p>none</p>\n";
  std::string html =
      "<h2>Drops</h2><table><tr><th class=n>packets</th><th>code</th><th>meaning</th><th>what to do</th></tr>\n";
  for (const auto& [code, count] : sum.drops) {
    const auto known = rules::drop_code_named(code);
    const auto& text = rules::text_of(known.value_or(rules::DropCode::none));
    html += fmt::format("<tr><td class=n>{}</td><td class=drop><code>{}</code></td><td>{}</td><td>{}</td></tr>\n",
                        count, code, escaped(text.meaning), escaped(text.remedy));
  }
  return html + "</table>\n";
}

std::string rule_row(const RuleHits& rule) {
  const auto where = rule.file.empty() ? std::string("by default") : fmt::format("{}:{}", rule.file, rule.line);
  return fmt::format(
      "<tr{}><td class=n>{}</td><td class=n>{}</td><td><code>{}</code></td><td>{}</td><td>{}</td></tr>\n",
      rule.matched == 0 ? " class=never" : "", rule.decided, rule.matched, escaped(rule.name), escaped(where),
      escaped(rule.text));
}

std::string rules_table(const std::string& title, const std::vector<RuleHits>& rules, bool hit) {
  std::string html = "<h2>" + title +
                     "</h2><table><tr><th class=n>decided</th><th class=n>matched</th><th>rule</th><th>line</th>"
                     "<th>text</th></tr>\n";
  for (const auto& rule : rules) {
    if ((rule.matched > 0) == hit) html += rule_row(rule);
  }
  return html + "</table>\n";
}

std::string tuple_text(const std::optional<PacketTuple>& tuple) {
  return tuple ? escaped(fmt::format("{} {} > {}", tuple->protocol, tuple->from, tuple->to)) : "";
}

std::string packet_row(const ReplayedPacket& packet) {
  const bool changed = packet.after && packet.after != packet.before;
  return fmt::format(
      "<tr><td class=n>{}</td><td class=n>{}</td><td>{}</td><td>{}</td><td>{}{}</td>"
      "<td class={}>{} {}</td><td>{}</td><td><code>{}</code></td></tr>\n",
      packet.number, time_text(packet.time), escaped(packet.in_port), escaped(packet.out_port),
      tuple_text(packet.before), changed ? "<br>as " + tuple_text(packet.after) : "", packet.verdict, packet.verdict,
      packet.code, packet.stage, escaped(packet.rule));
}

}  // namespace

std::string html_report(const std::string& policy_file, const ReplaySum& sum,
                        const std::vector<ReplayedPacket>& packets) {
  std::string html(kHead);
  html += "<h1>Replay under " + escaped(policy_file) + "</h1>\n" + sums(sum) + drops(sum);
  html +=
      rules_table("Rules that were hit", sum.rules, true) + rules_table("Rules that were never hit", sum.rules, false);
  html += fmt::format("<h2>Packets one by one{}</h2>",
                      sum.in > packets.size() ? fmt::format(" (the first {} of {})", packets.size(), sum.in) : "");
  html +=
      "<table><tr><th class=n>#</th><th class=n>time</th><th>in</th><th>out</th><th>packet</th><th>verdict</th>"
      "<th>stage</th><th>rule</th></tr>\n";
  for (const auto& packet : packets) html += packet_row(packet);
  return html + "</table></body></html>\n";
}

}  // namespace sallyport::control
