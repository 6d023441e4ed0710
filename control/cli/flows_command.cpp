// `sallyport flows`: list, count, watch, kill.
//
// Owner: control/cli.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/options.h"
#include "control/cli/output.h"

namespace sallyport::control {

extern const Command kFlowsCommand;

namespace {

using nlohmann::json;

std::string text_or(const json& value, const char* otherwise) {
  return value.is_string() ? value.get<std::string>() : otherwise;
}

// "10.0.3.11:4242 (app-1) as 203.0.113.5:1033".
std::string end_text(const json& flow, const char* end) {
  std::string text = flow.at(end);
  if (const auto& name = flow.at(std::string(end) + "_interface"); name.is_string())
    text += " (" + name.get<std::string>() + ")";
  if (const auto& seen = flow.at("translated").at(end); seen.is_string()) text += " as " + seen.get<std::string>();
  return text;
}

std::vector<std::string> row_of(const json& flow) {
  const auto both = [&](const char* what) {
    return fmt::format("{}/{}", flow.at(what).at("out").get<std::uint64_t>(),
                       flow.at(what).at("back").get<std::uint64_t>());
  };
  return {flow.at("protocol"),
          flow.at("state"),
          end_text(flow, "from"),
          end_text(flow, "to"),
          both("packets"),
          both("bytes"),
          fmt::format("{}s", flow.at("idle_seconds").get<std::uint64_t>()),
          fmt::format("{}s", flow.at("expires_in").get<std::uint64_t>())};
}

std::string list_text(const json& body) {
  Table table({"PROTO", "STATE", "FROM", "TO", "PACKETS", "BYTES", "IDLE", "EXPIRES"});
  for (const auto& flow : body.at("flows")) table.add(row_of(flow));
  const auto total = body.at("total").get<std::uint64_t>();
  if (total == body.at("flows").size()) return table.text() + fmt::format("{} flow{}\n", total, total == 1 ? "" : "s");
  return table.text() + fmt::format("{} of {} flows\n", body.at("flows").size(), total);
}

int list_flows(const Invocation& invocation, const Query& query) {
  const auto answer = Client(invocation.socket).get("/v1/flows", query);
  if (!answer || invocation.output != "ndjson") return print_answer(invocation, answer, list_text);
  const auto body = answer->json();
  for (json flow : body.at("flows")) {
    flow["schema"] = "sallyport/flow/1";
    print(flow.dump() + "\n");
  }
  return kYes;
}

int watch_flows(const Invocation& invocation, Query query) {
  query.emplace_back("watch", "true");
  const bool table = invocation.output == "table";
  const auto ended = Client(invocation.socket).stream("/v1/flows", query, [&](std::string_view line) {
    const json event = json::parse(line, nullptr, false);
    if (!table || event.is_discarded()) {
      print(std::string(line) + "\n");
    } else {
      const json& flow = event.at("flow");
      print(fmt::format(
          "{} {:<6} {} {} -> {} {} packets {}/{}\n", text_or(event.at("time"), ""), text_or(event.at("event"), ""),
          text_or(flow.at("protocol"), ""), end_text(flow, "from"), end_text(flow, "to"), text_or(flow.at("state"), ""),
          flow.at("packets").at("out").get<std::uint64_t>(), flow.at("packets").at("back").get<std::uint64_t>()));
    }
    return std::fflush(stdout) == 0;
  });
  return ended ? static_cast<int>(kYes) : report(ended.error());
}

int kill_flows(const Invocation& invocation, const Query& query) {
  if (query.empty()) {
    print_error("flows kill: which ones? give a filter; \"ip\" is every flow");
    return kBadInput;
  }
  return print_answer(invocation, Client(invocation.socket).erase("/v1/flows", query), [](const json& body) {
    return fmt::format("{} killed\n", body.at("killed").get<std::uint64_t>());
  });
}

int count_flows(const Invocation& invocation, Query query) {
  query.emplace_back("count", "true");
  return print_answer(invocation, Client(invocation.socket).get("/v1/flows", query),
                      [](const json& body) { return fmt::format("{}\n", body.at("flows").get<std::uint64_t>()); });
}

struct FlowWords {
  std::string action = "list";
  std::string filter;
};

// The first word may be what to do; the rest is a filter, which needs no quotes.
FlowWords words_of(const std::vector<std::string>& words) {
  FlowWords out;
  std::size_t next = 0;
  for (const char* action : {"list", "count", "watch", "kill"}) {
    if (!words.empty() && words.front() == action) {
      out.action = action;
      next = 1;
    }
  }
  for (; next < words.size(); ++next) out.filter += (out.filter.empty() ? "" : " ") + words[next];
  return out;
}

int run_flows(const Invocation& invocation) {
  const auto arguments = parse_arguments(invocation, kFlowsCommand, {{"top"}, {"by"}}, {{"FILTER", false, true}});
  if (!arguments) return kBadInput;
  const FlowWords words = words_of(arguments->all("FILTER"));
  Query query;
  if (!words.filter.empty()) query.emplace_back("filter", words.filter);
  const bool ranked = arguments->has("top") || arguments->has("by");
  if (ranked && words.action != "list") {
    print_error("flows: --top and --by go with list");
    return kBadInput;
  }
  if (arguments->has("by") && !arguments->has("top")) {
    print_error("flows: --by goes with --top N");
    return kBadInput;
  }
  for (const char* option : {"top", "by"}) {
    if (arguments->has(option)) query.emplace_back(option, arguments->text(option));
  }
  if (words.action == "list") return list_flows(invocation, query);
  if (words.action == "count") return count_flows(invocation, query);
  if (words.action == "watch") return watch_flows(invocation, query);
  return kill_flows(invocation, query);
}

}  // namespace

const Command kFlowsCommand{"flows", "the connections the gateway tracks",
                            R"(usage: sallyport flows [list|count|watch|kill] [FILTER] [--top N [--by bytes|packets]]
       [-o table|json|ndjson]

Lists, counts, follows or ends tracked flows. FILTER is tcpdump's language, asked
about a flow's opening packet, before and after its translation. kill needs one.

examples:
  sallyport flows host 10.0.3.11 and tcp port 443
  sallyport flows --top 10 --by bytes
  sallyport flows kill src host 10.0.3.11
)",
                            run_flows, "table|json|ndjson"};

}  // namespace sallyport::control
