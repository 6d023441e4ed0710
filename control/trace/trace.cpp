// The course of a trace: the opening packet, its reply, every NAT port that could matter, established flows.
//
// Owner: control/trace.
#include "control/trace/trace.h"

#include <algorithm>
#include <set>

#include "control/trace/judge.h"
#include "control/trace/narrate.h"
#include "control/trace/nearest.h"
#include "control/trace/probe.h"
#include "control/trace/world.h"
#include "dataplane/nat/port_allocator.h"
#include "dataplane/neighbor/assumed_neighbor.h"
#include "dataplane/packet/originate.h"
#include "dataplane/packet/parse.h"
#include "rules/compile/compile.h"
#include "rules/document/documents.h"

namespace sallyport::control {

namespace dp = dataplane;

namespace {

constexpr std::uint16_t kDefaultPort = 49152;
constexpr std::uint64_t kFlows = 1024;
constexpr dp::Time kStep = dp::kSecond / 1000;

using Failure = std::unexpected<std::string>;

// A packet and, where one is due, its reply.
struct Exchange {
  Judged forward;
  std::optional<Judged> reply;
  std::uint16_t nat_port = 0;     // chosen at run time; 0: none
  bool other_ports_pass = false;  // this NAT port is refused where another one is not

  [[nodiscard]] bool allowed() const { return forward.allowed() && (!reply || reply->allowed()); }
};

std::expected<rules::Policy, std::string> policy_of(const rules::Image& image) {
  auto read = rules::read_policy(image.source(), std::string(image.file()));
  if (read) return std::move(read->policy);
  return Failure("the policy inside the image is not one this version reads:\n" +
                 rules::render(read.error(), image.file(), image.source()));
}

std::expected<rules::Image, std::string> compiled(const rules::Policy& policy) {
  auto result = rules::compile(policy);
  if (result) return std::move(result->image);
  return Failure(rules::render(result.error(), policy.file, policy.source));
}

// Groups that admit everything and track it: no rule of theirs is 0.0.0.0/0 (vpc-semantics 1.6).
void open_groups(rules::Policy& policy) {
  rules::GroupRule everything;
  everything.cidr_blocks = {rules::Prefix{{0}, 1}, rules::Prefix{{0x80000000U}, 1}};
  policy.security_groups.change_each([&](auto& group) { group.ingress = group.egress = {everything}; });
}

void open_acls(rules::Policy& policy) {
  rules::AclEntry everything;
  everything.rule_no = 1;
  everything.allow = true;
  policy.network_acls.change_each([&](auto& acl) { acl.ingress = acl.egress = {everything}; });
}

// Ports from which on some ACL entry may decide otherwise: trying these is trying all of 1024-65535.
std::set<std::uint16_t> nat_port_boundaries(const rules::Policy& policy) {
  std::set<std::uint16_t> ports{dp::kFirstNatPort};
  for (const auto& [name, acl] : policy.network_acls) {
    for (const auto* entries : {&acl.ingress, &acl.egress}) {
      for (const auto& entry : *entries) {
        if (entry.traffic.from_port > dp::kFirstNatPort) ports.insert(entry.traffic.from_port);
        if (entry.traffic.to_port >= dp::kFirstNatPort && entry.traffic.to_port < 65535) {
          ports.insert(static_cast<std::uint16_t>(entry.traffic.to_port + 1));
        }
      }
    }
  }
  return ports;
}

class Tracer {
 public:
  Tracer(World world, const TraceRequest& request, std::uint8_t flags)
      : world_(std::move(world)), request_(request), flags_(flags) {}

  // Finds the port and the sender; says what cannot be.
  std::expected<void, std::string> place() {
    if (request_.via) {
      via_ = world_.view().interface_named(*request_.via);
      if (via_ == rules::kNone) return Failure("no interface \"" + *request_.via + '"');
    }
    if (request_.in_port) {
      const auto named = world_.port_named(*request_.in_port);
      if (!named) return Failure("no port \"" + *request_.in_port + '"');
      port_ = *named;
    } else {
      port_ = via_ == rules::kNone ? world_.port_for_source(request_.from)
                                   : world_.port_of_subnet(world_.view().interface(via_).subnet);
    }
    if (port_ != dp::kNoPort) return {};
    return Failure(rules::to_string(request_.from) + " can come in nowhere: no port carries its subnet");
  }

  [[nodiscard]] Probe opening(std::uint8_t flags) const {
    Probe probe;
    probe.from_mac = via_ == rules::kNone ? world_.sender_mac(port_, request_.from) : world_.interface_mac(via_);
    probe.to_mac = world_.ports()[port_].mac;
    probe.protocol = request_.protocol;
    probe.from = request_.from;
    probe.to = request_.to;
    probe.from_port = request_.from_port.value_or(kDefaultPort);
    probe.to_port = request_.to_port.value_or(0);
    probe.icmp_type = request_.icmp_type;
    probe.icmp_code = request_.icmp_code;
    probe.icmp_id = 1;
    probe.tcp_flags = flags;
    return probe;
  }

  // A new engine that has heard from the appliance, so that it knows whose link address that is.
  [[nodiscard]] std::expected<std::unique_ptr<dp::Engine>, std::string> make_engine() const {
    auto engine = world_.make_engine(kFlows);
    if (engine && via_ != rules::kNone) introduce(**engine, port_, world_.interface_mac(via_));
    return engine;
  }

  // What the receiver answers, judged where it comes back in; nullopt where no answer is due.
  std::optional<Judged> judge_answer(dp::Engine& engine, const Judged& forward, dp::Time now) const {
    const auto answer = answer_to(forward.frame);
    if (!answer) return std::nullopt;
    introduce(engine, forward.out_port, answer->from_mac);
    return judge(engine, build(*answer), forward.out_port, now);
  }

  // The first packet and its reply, with this NAT port if one is chosen.
  std::expected<Exchange, std::string> exchange(std::uint16_t nat_port) const {
    auto engine = make_engine();
    if (!engine) return Failure(engine.error());
    (*engine)->force_nat_port(nat_port);
    const auto first = opening(flags_);
    Exchange made{.forward = judge(**engine, build(first), port_, kStep)};
    if (has_ports(request_.protocol) && made.forward.event_with(dp::StageNote::nat_out) != nullptr)
      made.nat_port = nat_port;
    if (made.forward.disposition == dp::Disposition::forward)
      made.reply = judge_answer(**engine, made.forward, 2 * kStep);
    if (made.reply) lose_if_astray(*made.reply, first);
    return made;
  }

  // Every NAT port is judged: the first refused is reported, else the first.
  std::expected<Exchange, std::string> exchange_over_nat_ports(const rules::Policy& policy) const {
    auto first = exchange(dp::kFirstNatPort);
    if (!first || first->nat_port == 0) return first;
    for (const auto port : nat_port_boundaries(policy)) {
      auto other = exchange(port);
      if (!other) return other;
      if (other->allowed() == first->allowed()) continue;
      auto& refused = first->allowed() ? *other : *first;
      refused.other_ports_pass = true;
      return std::move(refused);
    }
    return first;
  }

  // A flow opened where groups and ACLs admit everything, then judged by the real ACLs and routes. Where even that flow
  // cannot be opened, nullopt.
  std::expected<std::optional<Judged>, std::string> established(rules::Image real) {
    auto engine = make_engine();
    if (!engine) return Failure(engine.error());
    const auto open = judge(**engine, build(opening(dp::tcp::kSyn)), port_, kStep);
    if (open.disposition != dp::Disposition::forward) return std::optional<Judged>{};
    if (judge_answer(**engine, open, 2 * kStep)) (void)judge(**engine, build(opening(dp::tcp::kAck)), port_, 3 * kStep);
    if (auto replaced = world_.replace(std::move(real)); !replaced) return Failure(replaced.error());
    (*engine)->adopt(&world_.bound(), 4 * kStep);
    return std::optional(judge(**engine, build(opening(flags_)), port_, 5 * kStep));
  }

  [[nodiscard]] const World& world() const { return world_; }

 private:
  // ARP from an interface at its assumed link address: publishing hosts and appliances are known by theirs. Written
  // ones are known anyway.
  void introduce(dp::Engine& engine, dp::PortIndex port, const rules::MacAddress& mac) const {
    const auto address = dp::assumed_address(mac);
    if (!address) return;
    const auto owner = world_.view().owner_of(*address);
    if (owner.kind != rules::OwnerKind::interface || !world_.bound().on_link(owner.subnet, port)) return;
    Frame request(dp::kLongestOriginated);
    const auto router = world_.view().subnet(owner.subnet).router;
    request.resize(dp::build_arp_request(request, {mac, address->value}, router.value));
    (void)judge(engine, std::move(request), port, 0);
  }

  World world_;
  const TraceRequest& request_;
  std::uint8_t flags_;
  rules::InterfaceIndex via_ = rules::kNone;
  dp::PortIndex port_ = dp::kNoPort;
};

// ---- from what was judged to the result ----

void describe_deny(const Judged& judged, const Names& names, const rules::Policy& policy, TraceResult& result) {
  result.code = rules::name_of(judged.code);
  const auto* event = judged.refusal();
  if (event == nullptr) return;
  result.direction = direction_of(event->stage);
  const auto place = place_of(*event, names.view);
  result.at_interface = place.interface;
  result.at_subnet = place.subnet;
  if (judged.code == rules::DropCode::SUBNET_ACL_RESTRICTION) {
    result.rule = event->rule == rules::kNone ? "*" : std::to_string(names.view.rule(event->rule).rule_no);
  }
  result.nearest = nearest_rules(*event, names, policy);
}

// Source and destination as they left, where they are not those that came.
void describe_translation(const Judged& forward, const TraceRequest& request, TraceResult& result) {
  dp::ParseOptions options;
  options.any_destination_mac = true;
  const auto packet = dp::parse(forward.frame, options);
  const auto text = [&packet](std::uint32_t address, std::uint16_t port, bool with_port) {
    return with_port ? endpoint_text({address}, port, packet.protocol) : rules::to_string(rules::Ipv4{address});
  };
  const bool ports = has_ports(packet.protocol);
  const auto from_port = request.from_port.value_or(kDefaultPort);
  if (packet.source != request.from.value || (ports && packet.source_port != from_port)) {
    const bool chosen = forward.event_with(dp::StageNote::nat_out) != nullptr;
    result.translated_from = text(packet.source, packet.source_port, !chosen);
  }
  if (packet.destination != request.to.value || (ports && packet.destination_port != request.to_port.value_or(0))) {
    result.translated_to = text(packet.destination, packet.destination_port, true);
  }
}

void add_stages(const Judged& judged, const Names& names, std::string_view path, TraceResult& result) {
  for (const auto& event : judged.account.events) result.stages.push_back(narrate(event, names, path));
}

TraceResult result_of(const Exchange& made, const World& world, const TraceRequest& request,
                      const rules::Policy& policy) {
  TraceResult result;
  const auto view = world.view();
  const Names names{view, world.bound().image().file(), world.ports()};
  result.protocol = protocol_name(request.protocol);
  result.from = endpoint_text(request.from, request.from_port.value_or(kDefaultPort), request.protocol);
  result.to = endpoint_text(request.to, request.to_port.value_or(0), request.protocol);
  result.allow = made.allowed();
  result.path = made.forward.allowed() && !result.allow ? "reply" : "forward";
  add_stages(made.forward, names, "forward", result);
  if (made.reply) add_stages(*made.reply, names, "reply", result);
  if (!result.allow) describe_deny(made.forward.allowed() ? *made.reply : made.forward, names, policy, result);
  if (made.forward.disposition == dp::Disposition::forward) describe_translation(made.forward, request, result);
  if (made.other_ports_pass && !result.stages.empty()) {
    result.stages.back().note += " (NAT port " + std::to_string(made.nat_port) + ", the first refused of 1024-65535)";
  }
  return result;
}

std::expected<TraceResult, std::string> trace_established(const rules::Policy& policy,
                                                          const rules::GatewayConfig* gateway,
                                                          const TraceRequest& request, std::uint8_t flags) {
  auto real = policy;
  real.options.on_policy_change = rules::OnPolicyChange::keep;
  auto no_groups = real;
  open_groups(no_groups);
  auto all_open = no_groups;
  open_acls(all_open);
  auto opening = compiled(all_open);
  auto judging = compiled(real);
  auto judging_openly = compiled(no_groups);
  for (const auto* image : {&opening, &judging, &judging_openly}) {
    if (!*image) return Failure(image->error());
  }
  auto world = World::create(std::move(*opening), gateway);
  if (!world) return Failure(world.error());
  Tracer tracer(std::move(*world), request, flags);
  if (auto placed = tracer.place(); !placed) return Failure(placed.error());
  auto judged = tracer.established(std::move(*judging));
  if (!judged) return Failure(judged.error());
  if (*judged) return result_of({.forward = std::move(**judged)}, tracer.world(), request, policy);

  // No such flow can exist: source check or routes refuse it, or an ACL before them. They say so without the groups.
  auto plain = World::create(std::move(*judging_openly), gateway);
  if (!plain) return Failure(plain.error());
  Tracer refused(std::move(*plain), request, flags);
  if (auto placed = refused.place(); !placed) return Failure(placed.error());
  auto made = refused.exchange(dp::kFirstNatPort);
  if (!made) return Failure(made.error());
  made->reply.reset();
  return result_of(*made, refused.world(), request, policy);
}

std::expected<TraceResult, std::string> trace_new(const rules::Image& image, const rules::Policy& policy,
                                                  const rules::GatewayConfig* gateway, const TraceRequest& request,
                                                  std::uint8_t flags) {
  auto world = World::create(image, gateway);
  if (!world) return Failure(world.error());
  Tracer tracer(std::move(*world), request, flags);
  if (auto placed = tracer.place(); !placed) return Failure(placed.error());
  auto made = tracer.exchange_over_nat_ports(policy);
  if (!made) return Failure(made.error());
  return result_of(*made, tracer.world(), request, policy);
}

}  // namespace

std::expected<TraceResult, std::string> trace(const rules::Image& image, const rules::GatewayConfig* gateway,
                                              const TraceRequest& request) {
  const auto policy = policy_of(image);
  if (!policy) return Failure(policy.error());
  return trace(image, *policy, gateway, request);
}

std::expected<TraceResult, std::string> trace(const rules::Image& image, const rules::Policy& policy,
                                              const rules::GatewayConfig* gateway, const TraceRequest& request) {
  // A SYN is no packet of an established flow.
  const auto letters = request.flags.value_or(request.established ? "A" : "S");
  const auto flags = parse_tcp_flags(letters);
  if (!flags) return Failure("TCP flags are letters of SAFRPUEW, not \"" + letters + '"');
  if (has_ports(request.protocol) && !request.to_port)
    return Failure(protocol_name(request.protocol) + " needs a destination port");
  if (gateway == nullptr && request.in_port) return Failure("a port means something only with a gateway document");
  return request.established ? trace_established(policy, gateway, request, *flags)
                             : trace_new(image, policy, gateway, request, *flags);
}

}  // namespace sallyport::control
