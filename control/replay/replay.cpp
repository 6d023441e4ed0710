// The driver of a replay: packets in, fates and captures out, counts at the end.
//
// Owner: control/replay.
#include "control/replay/replay.h"

#include <algorithm>
#include <filesystem>

#include "control/replay/capture_writer.h"
#include "control/replay/merge.h"
#include "control/trace/probe.h"
#include "dataplane/packet/parse.h"

namespace sallyport::control {

namespace dp = dataplane;

namespace {

using Failure = std::unexpected<std::string>;

constexpr dp::Time kTick = dp::kSecond / 100;
constexpr std::uint64_t kMostTicksAtOnce = 1024;

std::optional<PacketTuple> tuple_of(std::span<const std::byte> frame) {
  constexpr auto kEnd = dp::kIpv4Offset + dp::ipv4::kHeaderBytes;
  if (frame.size() < kEnd || dp::load_be16(frame.data() + dp::ethernet::kType) != dp::kEtherTypeIpv4)
    return std::nullopt;
  const auto* ip = frame.data() + dp::kIpv4Offset;
  const auto protocol = dp::load8(ip + dp::ipv4::kProtocol);
  const auto l4 = dp::kIpv4Offset + std::size_t{4} * (dp::load8(ip) & 15U);
  const bool first = (dp::load_be16(ip + dp::ipv4::kFragment) & dp::ipv4::kOffsetMask) == 0;
  const bool ports = has_ports(protocol) && first && l4 + 4 <= frame.size();
  const auto end = [&](std::size_t address, std::size_t port) {
    const rules::Ipv4 value{dp::load_be32(ip + address)};
    return ports ? endpoint_text(value, dp::load_be16(frame.data() + l4 + port), protocol) : rules::to_string(value);
  };
  return PacketTuple{protocol_name(protocol), end(dp::ipv4::kSource, 0), end(dp::ipv4::kDestination, 2)};
}

// The address that says by which port a frame came: IPv4's source, ARP's sender.
std::optional<rules::Ipv4> sender_of(std::span<const std::byte> frame) {
  if (frame.size() < dp::kIpv4Offset + dp::ipv4::kHeaderBytes) return std::nullopt;
  const auto type = dp::load_be16(frame.data() + dp::ethernet::kType);
  const auto* payload = frame.data() + dp::kIpv4Offset;
  if (type == dp::kEtherTypeIpv4) return rules::Ipv4{dp::load_be32(payload + dp::ipv4::kSource)};
  if (type == dp::kEtherTypeArp) return rules::Ipv4{dp::load_be32(payload + dp::arp::kSenderAddress)};
  return std::nullopt;
}

// A capture's link addresses say little: it may come from the loopback, be anonymised or stem from elsewhere. An IPv4
// frame counts as sent to the port; one from an address that no station can have, as sent by a stranger.
void settle_link_addresses(std::span<std::byte> frame, const rules::MacAddress& port) {
  if (frame.size() < dp::kIpv4Offset || dp::load_be16(frame.data() + dp::ethernet::kType) != dp::kEtherTypeIpv4) return;
  dp::store_mac(frame.data() + dp::ethernet::kDestination, port);
  const auto source = dp::load_mac(frame.data() + dp::ethernet::kSource);
  if (dp::is_group(source) || source == rules::MacAddress{}) {
    dp::store_mac(frame.data() + dp::ethernet::kSource, kCaptureStation);
  }
}

std::string_view verdict_name(dp::Disposition disposition) {
  switch (disposition) {
    case dp::Disposition::forward:
      return "forward";
    case dp::Disposition::drop:
      return "drop";
    case dp::Disposition::consume:
      return "consume";
    case dp::Disposition::hold:
      return "hold";
    case dp::Disposition::pending:
      break;
  }
  return "pending";
}

class Replay {
 public:
  Replay(const World& world, const ReplaySettings& settings, std::unique_ptr<dp::Engine> engine)
      : world_(world), settings_(settings), engine_(std::move(engine)) {
    cells_ = std::vector<dp::CounterCell>(world.bound().rule_uid_limit());
    engine_->set_rule_counters(cells_);
    engine_->set_trace(&account_);
    matched_by_others_.resize(world.view().rules());
  }

  std::expected<void, std::string> open_outputs() {
    if (settings_.out_folder.empty()) return {};
    std::error_code error;
    std::filesystem::create_directories(settings_.out_folder, error);
    if (error) return Failure("cannot make " + settings_.out_folder + ": " + error.message());
    for (const auto& port : world_.ports()) {
      auto writer =
          CaptureWriter::create((std::filesystem::path(settings_.out_folder) / (port.name + ".pcap")).string());
      if (!writer) return Failure(writer.error());
      writers_.push_back(std::move(*writer));
    }
    return {};
  }

  ReplayedPacket judge(CapturedPacket captured, std::optional<dp::PortIndex> named_port) {
    advance(captured.time);
    account_ = {};
    ReplayedPacket replayed;
    replayed.number = ++packets_;
    replayed.time = captured.time;
    replayed.before = tuple_of(captured.frame);
    dp::Packet packet;
    packet.data = captured.frame.data();
    packet.length = static_cast<std::uint32_t>(captured.frame.size());
    packet.in_port = named_port.value_or(inferred_port(captured.frame));
    settle_link_addresses(captured.frame, world_.ports()[packet.in_port].mac);
    packet.flags = captured.cut_short ? dp::kCutShort : 0;
    engine_->process({&packet, 1}, captured.time);
    const auto frame = std::span<const std::byte>(captured.frame).first(packet.length);
    if (packet.disposition == dp::Disposition::forward) {
      write(packet.out_port, frame, captured.time);
      replayed.out_port = world_.ports()[packet.out_port].name;
      replayed.after = tuple_of(frame);
    }
    write_originated(captured.time);
    replayed.in_port = world_.ports()[packet.in_port].name;
    replayed.verdict = verdict_name(packet.disposition);
    replayed.code = rules::name_of(packet.code);
    describe(replayed);
    count_matches();
    return replayed;
  }

  std::expected<void, std::string> close_outputs() {
    for (auto& writer : writers_) {
      if (auto finished = writer.finish(); !finished) return finished;
    }
    return {};
  }

  [[nodiscard]] ReplaySum sum() const {
    const auto& c = engine_->counters();
    ReplaySum sum;
    sum.in = c.in.get();
    sum.forwarded = c.forwarded.get();
    sum.dropped = c.dropped.get();
    sum.consumed = c.consumed.get();
    sum.held = c.held.get();
    sum.originated = c.originated.get();
    sum.fragments_added = c.fragments_added.get();
    sum.out = c.out.get();
    sum.flows = c.flows_created.get();
    for (std::size_t i = 1; i < rules::kDropCodes; ++i) {
      if (c.drops[i].get() > 0)
        sum.drops[std::string(rules::name_of(static_cast<rules::DropCode>(i)))] = c.drops[i].get();
    }
    for (rules::RuleIndex i = 0; i < world_.view().rules(); ++i) sum.rules.push_back(hits_of(i));
    return sum;
  }

 private:
  // Periodic work of the time since the last packet: long silences are bounded, since flows expire by their own time
  // too.
  void advance(dp::Time now) {
    if (packets_ == 0) ticked_ = now;
    const auto due = std::min<std::uint64_t>((now - ticked_) / kTick, kMostTicksAtOnce);
    account_ = {};
    for (std::uint64_t left = due; left > 0; --left) {
      const auto time = now - (left - 1) * kTick;
      engine_->tick(time);
      write_originated(time);
    }
    if (due > 0) ticked_ = now;
  }

  [[nodiscard]] dp::PortIndex inferred_port(std::span<const std::byte> frame) const {
    const auto sender = sender_of(frame);
    const auto port = sender ? world_.port_for_source(*sender) : dp::kNoPort;
    return port == dp::kNoPort ? dp::PortIndex{0} : port;
  }

  void write(dp::PortIndex port, std::span<const std::byte> frame, dp::Time time) {
    if (port < writers_.size()) writers_[port].write(frame, time);
  }

  void write_originated(dp::Time time) {
    for (const auto& made : engine_->originated()) write(made.port, std::span(made.bytes).first(made.length), time);
  }

  // Where it was dropped and by what; of a forwarded packet the last rule that admitted it, a group's before an ACL's.
  void describe(ReplayedPacket& replayed) const {
    if (account_.events.empty()) return;
    const auto& events = account_.events;
    const auto refused = std::ranges::find(events, dp::StageVerdict::deny, &dp::StageEvent::verdict);
    const auto& last = refused == events.end() ? events.back() : *refused;
    replayed.stage = rules::name_of(last.stage);
    const auto rule = refused == events.end() ? admitting_rule() : refused->rule;
    if (rule != rules::kNone) replayed.rule = world_.view().rule(rule).name;
  }

  [[nodiscard]] rules::RuleIndex admitting_rule() const {
    auto admitting = rules::kNone;
    bool group = false;
    for (const auto& event : account_.events) {
      if (event.rule == rules::kNone) continue;
      const bool is_acl = world_.view().rule(event.rule).is_acl;
      if (is_acl && group) continue;
      admitting = event.rule;
      group = !is_acl;
    }
    return admitting;
  }

  void count_matches() {
    for (const auto rule : account_.matched) {
      const bool decided = std::ranges::find(account_.events, rule, &dp::StageEvent::rule) != account_.events.end();
      if (!decided) ++matched_by_others_[rule];
    }
  }

  [[nodiscard]] RuleHits hits_of(rules::RuleIndex index) const {
    const auto rule = world_.view().rule(index);
    const auto decided = cells_[world_.bound().rule_uid(index)].get();
    const auto file = rule.line == 0 ? std::string() : std::string(world_.bound().image().file());
    return {
        std::string(rule.name), file, std::string(rule.text), rule.line, decided + matched_by_others_[index], decided};
  }

  const World& world_;
  const ReplaySettings& settings_;
  std::unique_ptr<dp::Engine> engine_;
  dp::TraceSink account_;
  std::vector<dp::CounterCell> cells_;
  std::vector<std::uint64_t> matched_by_others_;
  std::vector<CaptureWriter> writers_;
  std::uint64_t packets_ = 0;
  dp::Time ticked_ = 0;
};

// The port of each input, nullopt where the packets say.
std::expected<std::vector<std::optional<dp::PortIndex>>, std::string> named_ports(
    const World& world, const std::vector<ReplayInput>& inputs) {
  std::vector<std::optional<dp::PortIndex>> ports;
  for (const auto& input : inputs) {
    const auto port = input.port.empty() ? std::nullopt : world.port_named(input.port);
    if (!port && !input.port.empty()) return Failure("no port \"" + input.port + '"');
    ports.push_back(port);
  }
  return ports;
}

}  // namespace

std::expected<ReplaySum, std::string> replay(const World& world, const ReplaySettings& settings,
                                             const std::function<void(const ReplayedPacket&)>& visit) {
  const auto ports = named_ports(world, settings.inputs);
  if (!ports) return Failure(ports.error());
  std::vector<std::string> files;
  for (const auto& input : settings.inputs) files.push_back(input.file);
  auto merge = CaptureMerge::open(files);
  if (!merge) return Failure(merge.error());
  auto engine = world.make_engine(settings.max_flows);
  if (!engine) return Failure(engine.error());
  Replay run(world, settings, std::move(*engine));
  if (auto opened = run.open_outputs(); !opened) return Failure(opened.error());
  while (auto next = merge->next()) visit(run.judge(std::move(next->packet), (*ports)[next->file]));
  if (auto closed = run.close_outputs(); !closed) return Failure(closed.error());
  auto sum = run.sum();
  sum.messages = merge->messages();
  return sum;
}

}  // namespace sallyport::control
