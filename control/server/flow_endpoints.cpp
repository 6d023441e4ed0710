// /v1/flows: list, count, watch, kill.
//
// Owner: control/server.
// Always: flows are copied out under the runtime's lock and turned into JSON outside of it; a watch ends with its
// client or the server.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "control/server/api.h"
#include "control/server/flow_filter.h"
#include "control/server/flow_json.h"
#include "control/server/unix_listener.h"

namespace sallyport::control {
namespace {

using dataplane::FlowRecord;
using nlohmann::json;

// Each takes a thread: half of those that there are, for either kind of user.
constexpr int kMaxStreams = 16;
constexpr int kMaxReaderStreams = 8;
constexpr std::size_t kMaxWatched = 65536;
constexpr auto kWatchInterval = std::chrono::seconds(1);
constexpr auto kStopInterval = std::chrono::milliseconds(50);

// What makes a flow this flow and no other.
struct FlowKey {
  std::uint64_t ends, ports;
  friend bool operator==(const FlowKey&, const FlowKey&) = default;
};
struct FlowKeyHash {
  std::size_t operator()(const FlowKey& key) const {
    return std::hash<std::uint64_t>{}(key.ends * 0x9E3779B97F4A7C15U ^ key.ports);
  }
};
FlowKey key_of(const FlowRecord& flow) {
  const std::uint64_t ports = std::uint64_t{flow.from_port} << 48U | std::uint64_t{flow.to_port} << 32U |
                              std::uint64_t{flow.protocol} << 24U | (flow.from_interface & 0xFFFFFFU);
  return {std::uint64_t{flow.from} << 32U | flow.to, ports};
}

struct FlowQuery {
  FlowFilter filter;
  std::size_t top = 0;  // 0: all
  bool by_packets = false;
};

std::uint64_t weight(const FlowRecord& flow, bool by_packets) {
  return by_packets ? flow.packets_out + flow.packets_back : flow.bytes_out + flow.bytes_back;
}

std::expected<FlowQuery, ApiError> flow_query(const httplib::Request& request) {
  if (auto refused = refuse_queries(request, {"filter", "top", "by", "count", "watch"})) {
    return std::unexpected(*std::move(refused));
  }
  auto filter = FlowFilter::compile(request.get_param_value("filter"));
  if (!filter) return std::unexpected(ApiError{400, "bad_filter", filter.error()});
  FlowQuery query{*std::move(filter), 0, false};
  if (request.has_param("top")) {
    const std::string text = request.get_param_value("top");
    const bool digits = !text.empty() && text.size() <= 9 && text.find_first_not_of("0123456789") == std::string::npos;
    query.top = digits ? std::stoul(text) : 0;
    if (query.top == 0) return std::unexpected(ApiError{400, "bad_request", "top is a number from 1 on"});
  }
  const bool ranked = request.has_param("top") || request.has_param("by");
  const bool counted = request.has_param("count"), watched = request.has_param("watch");
  if ((ranked && (counted || watched)) || (counted && watched) || (request.has_param("by") && query.top == 0)) {
    return std::unexpected(ApiError{400, "bad_request", "by goes with top, top with a list, count and watch alone"});
  }
  const std::string by = request.has_param("by") ? request.get_param_value("by") : "bytes";
  if (by != "bytes" && by != "packets") return std::unexpected(ApiError{400, "bad_request", "by is bytes or packets"});
  query.by_packets = by == "packets";
  return query;
}

std::vector<FlowRecord> matching_flows(Api& api, const FlowQuery& query) {
  std::vector<FlowRecord> flows;
  api.runtime.for_each_flow([&](const FlowRecord& flow) {
    if (query.filter.matches(flow)) flows.push_back(flow);
    return true;
  });
  return flows;
}

// The list as JSON, a piece at a time: a million flows in one JSON value would take gigabytes.
class FlowList {
 public:
  FlowList(std::vector<FlowRecord> flows, std::size_t total, std::shared_ptr<const Running> running)
      : flows_(std::move(flows)), total_(total), running_(std::move(running)) {}

  [[nodiscard]] bool done() const { return next_ > 0 && next_ >= flows_.size(); }
  [[nodiscard]] std::string next_piece() {
    constexpr std::size_t kPiece = 256;
    std::string text = next_ > 0 ? "" : fmt::format(R"({{"schema":"sallyport/flows/1","total":{},"flows":[)", total_);
    const std::size_t end = std::min(next_ + kPiece, flows_.size());
    for (std::size_t i = next_; i < end; ++i)
      text += (i == 0 ? "\n" : ",\n") + to_json(flows_[i], running_.get()).dump();
    next_ = std::max<std::size_t>(end, 1);
    return done() ? text + "\n]}\n" : text;
  }

 private:
  std::vector<FlowRecord> flows_;
  std::size_t total_;
  std::shared_ptr<const Running> running_;
  std::size_t next_ = 0;
};

void list_flows(Api& api, const FlowQuery& query, httplib::Response& response) {
  std::vector<FlowRecord> flows = matching_flows(api, query);
  const std::size_t total = flows.size();
  const auto identity = [](const FlowRecord& f) { return std::tie(f.from, f.to, f.protocol, f.from_port, f.to_port); };
  std::ranges::sort(flows, [&](const FlowRecord& a, const FlowRecord& b) {
    if (query.top != 0 && weight(a, query.by_packets) != weight(b, query.by_packets)) {
      return weight(a, query.by_packets) > weight(b, query.by_packets);
    }
    return identity(a) < identity(b);
  });
  if (query.top != 0 && flows.size() > query.top) flows.resize(query.top);
  const auto list = std::make_shared<FlowList>(std::move(flows), total, api.store.running());
  response.set_chunked_content_provider("application/json", [list](std::size_t, httplib::DataSink& sink) {
    const std::string piece = list->next_piece();
    if (!sink.write(piece.data(), piece.size())) return false;
    if (list->done()) sink.done();
    return true;
  });
}

void count_flows(Api& api, const FlowQuery& query, httplib::Response& response) {
  std::uint64_t count = 0;
  api.runtime.for_each_flow([&](const FlowRecord& flow) {
    if (query.filter.matches(flow)) ++count;
    return true;
  });
  answer(response, json{{"schema", "sallyport/flow-count/1"}, {"flows", count}});
}

// Tells what opened, moved and closed since it was last asked. Flows beyond kMaxWatched are not told.
class Watch {
 public:
  Watch(Api& api, std::atomic<int>& streams, FlowQuery query) : api_(api), streams_(streams), query_(std::move(query)) {
    ++streams_;
  }
  ~Watch() { --streams_; }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  [[nodiscard]] std::string news() {
    const auto running = api_.store.running();
    std::unordered_map<FlowKey, FlowRecord, FlowKeyHash> now;
    std::string lines;
    for (const FlowRecord& flow : matching_flows(api_, query_)) {
      if (now.size() == kMaxWatched) break;
      now.emplace(key_of(flow), flow);
      const auto before = seen_.find(key_of(flow));
      if (before == seen_.end()) {
        append("open", flow, running.get(), lines);
      } else if (weight(before->second, true) != weight(flow, true)) {
        append("update", flow, running.get(), lines);
      }
    }
    for (const auto& [key, flow] : seen_) {
      if (!now.contains(key)) append("close", flow, running.get(), lines);
    }
    seen_ = std::move(now);
    return lines;
  }

 private:
  void append(const char* event, const FlowRecord& flow, const Running* running, std::string& lines) const {
    json line{{"schema", "sallyport/flow-event/1"}, {"time", iso_time(api_.clock.wall())}, {"event", event}};
    line["flow"] = to_json(flow, running);
    lines += line.dump() + "\n";
  }

  Api& api_;
  std::atomic<int>& streams_;
  FlowQuery query_;
  std::unordered_map<FlowKey, FlowRecord, FlowKeyHash> seen_;
};

// Waits for the next look; false when the server stops or the client is gone.
bool wait_for_next(const Api& api, const httplib::DataSink& sink) {
  const auto until = std::chrono::steady_clock::now() + kWatchInterval;
  while (std::chrono::steady_clock::now() < until) {
    if (api.stopping || !sink.is_writable()) return false;
    std::this_thread::sleep_for(kStopInterval);
  }
  return true;
}

void watch_flows(Api& api, FlowQuery query, httplib::Response& response) {
  const bool changes = api.permissions.may_change(UnixListener::current_peer());
  std::atomic<int>& streams = changes ? api.streams : api.reader_streams;
  const int most = changes ? kMaxStreams : kMaxReaderStreams;
  if (streams >= most) {
    return answer(response, ApiError{503, "too_many_streams", fmt::format("{} watches are running already", most)});
  }
  auto watch = std::make_shared<Watch>(api, streams, std::move(query));
  response.set_chunked_content_provider("application/x-ndjson", [&api, watch](std::size_t, httplib::DataSink& sink) {
    const std::string lines = watch->news();
    if (!lines.empty() && !sink.write(lines.data(), lines.size())) return false;
    if (!wait_for_next(api, sink)) sink.done();
    return true;
  });
}

void get_flows(Api& api, const httplib::Request& request, httplib::Response& response) {
  auto query = flow_query(request);
  if (!query) return answer(response, query.error());
  if (request.has_param("watch")) return watch_flows(api, *std::move(query), response);
  if (request.has_param("count")) return count_flows(api, *query, response);
  list_flows(api, *query, response);
}

void delete_flows(Api& api, const httplib::Request& request, httplib::Response& response) {
  if (auto refused = refuse_queries(request, {"filter"})) return answer(response, *refused);
  if (request.get_param_value("filter").find_first_not_of(" \t\r\n\v\f") == std::string::npos) {
    return answer(response, ApiError{400, "bad_request", "which flows? give a filter; \"ip\" is every flow"});
  }
  const auto query = flow_query(request);
  if (!query) return answer(response, query.error());
  const std::uint64_t killed =
      api.runtime.kill_flows([&](const FlowRecord& flow) { return query->filter.matches(flow); });
  answer(response, json{{"schema", "sallyport/flow-kill/1"}, {"killed", killed}});
}

}  // namespace

void add_flow_endpoints(httplib::Server& server, Api& api) {
  add_endpoint(server, api, "GET", "/v1/flows", [&api](const httplib::Request& request, httplib::Response& response) {
    get_flows(api, request, response);
  });
  add_endpoint(
      server, api, "DELETE", "/v1/flows",
      [&api](const httplib::Request& request, httplib::Response& response) { delete_flows(api, request, response); });
}

}  // namespace sallyport::control
