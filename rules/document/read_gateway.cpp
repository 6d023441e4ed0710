// Reads the gateway document: which ports, cores and memory this host gives.
//
// Owner: rules/document.
#include <algorithm>
#include <array>
#include <filesystem>
#include <type_traits>
#include <utility>

#include "rules/document/documents.h"
#include "rules/document/parse_device.h"
#include "rules/document/parse_size.h"
#include "rules/document/reader.h"
#include "rules/document/tree.h"

namespace sallyport::rules {
namespace {

using Keys = std::string_view;
constexpr std::array<Keys, 3> kWays{"subnets", "routed", "uplink"};
constexpr std::array<Keys, 2> kIdle{"poll", "adaptive"};
constexpr std::array<Keys, 3> kMemory{"auto", "hugepages", "pages"};
constexpr std::size_t kMostPorts = 64;
constexpr std::int64_t kMostWorkers = 128;
constexpr std::int64_t kMostDecisions = 1'000'000'000;
constexpr std::int64_t kMostFlows = 1'000'000'000;
constexpr std::int64_t kLeastMtu = 68;  // RFC 791
constexpr std::int64_t kMostMtu = 9216;
constexpr std::size_t kLongestSocketPath = 107;  // Linux: sun_path without the final NUL

class GatewayReader {
 public:
  GatewayReader(Reader& in, GatewayConfig& config) : in_(in), config_(config) {}

  void read(Value document);

 private:
  void read_numbers(const Fields& fields);
  void read_ports(Value value);
  void read_port(Port& port, Value value);
  void read_device(Value value, Device& device);
  void read_subnets(Value value, Port& port);
  std::optional<LinkAddress> read_link(Value value);
  void expect_a_station(Value at, std::string_view written, Ipv4 address, const Prefix& link);
  void read_link_gateway(Value value, LinkAddress& link);
  void read_control(Value value);
  void read_group(const Fields& fields, std::string_view key, std::string& group);
  void read_budget(Value value);
  void read_metrics(Value value);
  [[nodiscard]] std::string resolved(std::string_view path) const;
  std::optional<std::string> path(Value value);

  Reader& in_;
  GatewayConfig& config_;
};

void GatewayReader::read(Value document) {
  const Fields fields(in_, document, ObjectKind::gateway, "a gateway document (an object)");
  if (!fields.valid()) return;
  if (const auto version = fields.required("version")) {
    const bool known = version->kind() == Kind::integer && version->integer() == 1;
    if (!known) in_.error(*version, "found " + describe(*version) + ", expected the version 1");
  }
  if (const auto ports = fields.required("ports")) read_ports(*ports);
  read_numbers(fields);
  if (const auto idle = fields["idle"]; idle && in_.choice(*idle, "idle", kIdle) == 1U) {
    in_.not_enforced(*idle, "idle \"adaptive\"", "expected \"poll\"");
  }
  if (const auto memory = fields["memory"]) {
    config_.memory = static_cast<MemoryMode>(in_.choice(*memory, "memory", kMemory).value_or(0));
  }
  if (const auto policy = fields["policy"]) config_.policy_path = path(*policy).value_or("");
  if (const auto budget = fields["budget"]) read_budget(*budget);
  if (const auto control = fields["control"]) read_control(*control);
  if (const auto metrics = fields["metrics"]) read_metrics(*metrics);
  if (const auto log = fields["flow_log"]) in_.not_enforced(*log, "The flow log", "found the key \"flow_log\"");
}

void GatewayReader::read_numbers(const Fields& fields) {
  const auto workers = fields["workers"];
  if (workers) {
    const auto number = in_.integer(*workers, 1, kMostWorkers, "a number of workers");
    config_.workers = static_cast<std::uint32_t>(number.value_or(1));
  }
  if (const auto every = fields["self_check"]) {
    const auto number = in_.integer(*every, 0, kMostDecisions, "one decision in so many");
    if (number) config_.self_check = static_cast<std::uint32_t>(*number);
  }
  if (const auto flows = fields["max_flows"]) {
    const auto number = in_.integer(*flows, 1, kMostFlows, "a number of flows");
    config_.max_flows = static_cast<std::uint64_t>(number.value_or(1'000'000));
    if (number && config_.max_flows < config_.workers) {
      in_.error(*flows, "found " + std::to_string(*number) + ", expected at least one flow for each worker");
    }
  }
}

void GatewayReader::read_ports(Value value) {
  if (!in_.is(value, Kind::object, "an object of ports")) return;
  if (value.size() == 0) in_.error(value, "found no port, expected at least one");
  if (value.size() > kMostPorts) {
    return in_.error(value, "found " + std::to_string(value.size()) + " ports, expected at most 64");
  }
  value.each_member([&](Value key, Value written) {
    const auto known = std::ranges::find(config_.ports, key.text(), &Port::name);
    if (!in_.name(key) || known != config_.ports.end()) return;
    Port port;
    port.where = key.where();
    port.name = key.text();
    read_port(port, written);
    config_.ports.push_back(std::move(port));
  });
  std::ranges::sort(config_.ports, {}, &Port::name);
}

void GatewayReader::read_port(Port& port, Value value) {
  const Fields fields(in_, value, ObjectKind::port, "a port (an object)");
  if (!fields.valid()) return;
  if (const auto device = fields.required("device")) read_device(*device, port.device);
  if (const auto subnets = fields["subnets"]) read_subnets(*subnets, port);
  if (const auto proxy = fields["proxy_arp"]) {
    port.proxy_arp = in_.boolean(*proxy).value_or(false);
    if (port.proxy_arp && !fields["subnets"])
      in_.error(*proxy, "proxy_arp answers for the subnets of a port, expected the key subnets");
  }
  if (const auto mtu = fields["mtu"]) {
    port.mtu = static_cast<std::uint16_t>(in_.integer(*mtu, kLeastMtu, kMostMtu, "bytes").value_or(port.mtu));
  }
  if (const auto routed = fields["routed"]) port.routed = read_link(*routed);
  if (const auto uplink = fields["uplink"]) port.uplink = read_link(*uplink);
  const auto subnets = fields["subnets"];
  const bool has_subnets = subnets && (subnets->kind() != Kind::array || subnets->size() > 0);
  if (!has_subnets && !fields["routed"] && !fields["uplink"] && !fields.misspelt(kWays)) {
    in_.error(value, "a port that leads nowhere, expected subnets, routed or uplink");
  }
}

void GatewayReader::read_device(Value value, Device& device) {
  const auto text = in_.string(value, "a device like \"af_packet:eth1\"");
  if (!text) return;
  auto parsed = parse_device(*text);
  if (!parsed) return in_.error(value, "found " + in_quotes(*text) + ": " + parsed.error());
  const auto other = std::ranges::find(config_.ports, parsed->text, [](const Port& port) { return port.device.text; });
  if (other != config_.ports.end()) {
    in_.error(value, in_quotes(*text) + " is the device of port " + in_quotes(other->name) + ' ' +
                         line_of(other->where) + " already");
  }
  device = std::move(*parsed);
  for (auto* file : {&device.pcap_input, &device.pcap_output}) {
    if (!file->empty() && *file != "-") *file = resolved(*file);
  }
}

void GatewayReader::read_subnets(Value value, Port& port) {
  if (!in_.is(value, Kind::array, "an array of names of subnets")) return;
  value.each_element([&](Value element) {
    const auto name = in_.string(element, "the name of a subnet");
    if (!name) return;
    if (std::ranges::find(port.subnets, *name) != port.subnets.end())
      in_.error(element, in_quotes(*name) + " is listed twice");
    port.subnets.emplace_back(*name);
  });
}

std::optional<LinkAddress> GatewayReader::read_link(Value value) {
  const Fields fields(in_, value, ObjectKind::link);
  if (!fields.valid()) return std::nullopt;
  for (const auto key : {"ipv6_address", "ipv6_gateway"}) {
    if (const auto written = fields[key]) in_.not_enforced(*written, "IPv6", "found the key " + in_quotes(key));
  }
  constexpr std::string_view kExpected = "an address with the link's prefix length like \"198.51.100.2/24\"";
  const auto address = fields.required("address");
  const auto gateway = fields.required("gateway");
  const auto text = address ? in_.string(*address, kExpected) : std::nullopt;
  if (!text) return std::nullopt;
  const auto parsed = parse_prefix(*text);
  if (!parsed) {
    in_.error(*address, "found " + in_quotes(*text) + ", expected " + std::string(kExpected));
    return std::nullopt;
  }
  LinkAddress link{parsed->address, parsed->prefix, {}};
  expect_a_station(*address, *text, link.address, link.link);
  if (gateway) read_link_gateway(*gateway, link);
  return link;
}

// An address that a host has on this link, where link-local ones are as good as any.
void GatewayReader::expect_a_station(Value at, std::string_view written, Ipv4 address, const Prefix& link) {
  if (names_no_host(link, address)) {
    in_.error(at, in_quotes(written) + " is the network's or the broadcast address, expected a host's");
  } else if (!kLinkLocal.block.contains(address)) {
    in_.expect_a_hosts(at, address);
  }
}

void GatewayReader::read_link_gateway(Value value, LinkAddress& link) {
  const auto gateway = in_.address(value);
  if (!gateway) return;
  link.gateway = *gateway;
  if (!link.link.contains(*gateway)) {
    in_.error(value, to_string(*gateway) + " is not on the link, expected an address of " + to_string(link.link));
  } else if (*gateway == link.address) {
    in_.error(value, to_string(*gateway) + " is the port's own address, expected that of the router behind the link");
  } else {
    expect_a_station(value, value.text(), *gateway, link.link);
  }
}

void GatewayReader::read_control(Value value) {
  const Fields fields(in_, value, ObjectKind::control);
  if (!fields.valid()) return;
  if (const auto socket = fields["socket"]) {
    config_.socket_path = path(*socket).value_or(config_.socket_path);
    if (config_.socket_path.size() > kLongestSocketPath) {
      in_.error(*socket,
                "the path of a socket has at most 107 bytes, found " + std::to_string(config_.socket_path.size()));
    }
  }
  read_group(fields, "read_group", config_.read_group);
  read_group(fields, "write_group", config_.write_group);
}

void GatewayReader::read_group(const Fields& fields, std::string_view key, std::string& group) {
  const auto value = fields[key];
  const auto text = value ? in_.string(*value, "the name of a group of users") : std::nullopt;
  if (!text) return;
  group = *text;
  const bool valid = !group.empty() && group.find_first_of(": \t\r\n/") == std::string::npos;
  if (!valid) in_.error(*value, "found " + in_quotes(group) + ", expected the name of a group of users");
}

void GatewayReader::read_budget(Value value) {
  const Fields fields(in_, value, ObjectKind::budget);
  if (!fields.valid()) return;
  const auto read = [&](std::string_view key, std::uint64_t least, std::uint64_t most, std::string_view what,
                        auto& number) {
    const auto written = fields[key];
    if (!written) return;
    const auto found = in_.integer(*written, static_cast<std::int64_t>(least), static_cast<std::int64_t>(most), what);
    if (found) number = static_cast<std::remove_reference_t<decltype(number)>>(*found);
  };
  Budget& budget = config_.budget;
  read("rows", 1, kLargestBudget.rows, "a number of rows", budget.rows);
  read("predicates", 1, kLargestBudget.predicates, "a number of predicates", budget.predicates);
  read("seconds", 1, kLargestBudget.seconds, "seconds", budget.seconds);
  const auto memory = fields["memory"];
  if (!memory || memory->kind() != Kind::string) {
    return read("memory", kLeastMemory, kLargestBudget.memory, "bytes or a size like \"2GiB\"", budget.memory);
  }
  if (const auto size = parse_size(memory->text())) {
    budget.memory = *size;
  } else {
    in_.error(*memory, "found " + in_quotes(memory->text()) + ", expected " + std::string(kSizeInWords));
  }
}

void GatewayReader::read_metrics(Value value) {
  const Fields fields(in_, value, ObjectKind::metrics);
  const auto listen = fields.required("listen");
  const auto text = listen ? in_.string(*listen, "HOST:PORT") : std::nullopt;
  if (!text) return;
  config_.metrics_listen = *text;
  if (const auto right = check_listen(*text); !right)
    in_.error(*listen, "found " + in_quotes(*text) + ": " + right.error());
}

std::optional<std::string> GatewayReader::path(Value value) {
  const auto text = in_.string(value, "a path");
  if (!text) return std::nullopt;
  if (text->empty()) in_.error(value, "found an empty string, expected a path");
  return resolved(*text);
}

std::string GatewayReader::resolved(std::string_view path) const {
  return (std::filesystem::path(config_.file).parent_path() / path).string();
}

}  // namespace

std::expected<ReadGateway, Diagnostics> read_gateway(std::string_view text, std::string file) {
  ReadGateway result;
  result.config.file = std::move(file);
  auto& diagnostics = result.warnings;
  const auto tree = Tree::parse(text, diagnostics);
  if (tree) {
    Reader in(*tree, diagnostics);
    GatewayReader(in, result.config).read(tree->root());
  }
  if (diagnostics.has_errors()) return std::unexpected(std::move(diagnostics));
  return result;
}

}  // namespace sallyport::rules
