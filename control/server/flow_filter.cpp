// A flow as the IPv4 packet that a compiled filter looks at.
//
// Owner: control/server.
#include "control/server/flow_filter.h"

#include <array>
#include <cstdint>

namespace sallyport::control {
namespace {

constexpr std::size_t kHeader = 20;
constexpr std::size_t kPacket = 40;  // IPv4 header and the longest transport header used here
constexpr int kSnapLength = 65535;
constexpr std::uint8_t kIcmp = 1, kTcp = 6, kUdp = 17;

using Bytes = std::array<std::uint8_t, kPacket>;

void put16(Bytes& bytes, std::size_t at, std::uint16_t value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8U);
  bytes[at + 1] = static_cast<std::uint8_t>(value & 0xFFU);
}

void put32(Bytes& bytes, std::size_t at, std::uint32_t value) {
  put16(bytes, at, static_cast<std::uint16_t>(value >> 16U));
  put16(bytes, at + 2, static_cast<std::uint16_t>(value & 0xFFFFU));
}

struct Ends {
  std::uint32_t from, to;
  std::uint16_t from_port, to_port;
};

Bytes packet_of(std::uint8_t protocol, const Ends& ends) {
  Bytes bytes{};
  bytes[0] = 0x45;
  put16(bytes, 2, kPacket);
  bytes[8] = 64;
  bytes[9] = protocol;
  put32(bytes, 12, ends.from);
  put32(bytes, 16, ends.to);
  if (protocol == kTcp || protocol == kUdp) {
    put16(bytes, kHeader, ends.from_port);
    put16(bytes, kHeader + 2, ends.to_port);
  }
  if (protocol == kTcp) {
    bytes[kHeader + 12] = 0x50;
    bytes[kHeader + 13] = 0x02;
  } else if (protocol == kUdp) {
    put16(bytes, kHeader + 4, kPacket - kHeader);
  } else if (protocol == kIcmp) {
    bytes[kHeader] = 8;
    put16(bytes, kHeader + 4, ends.from_port);
  }
  return bytes;
}

}  // namespace

void FlowFilter::FreeProgram::operator()(bpf_program* program) const {
  pcap_freecode(program);
  delete program;
}

std::expected<FlowFilter, std::string> FlowFilter::compile(const std::string& expression) {
  if (expression.empty()) return FlowFilter(nullptr);
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> handle(pcap_open_dead(DLT_RAW, kSnapLength), &pcap_close);
  if (!handle) return std::unexpected("libpcap gives no handle: out of memory");
  std::unique_ptr<bpf_program, FreeProgram> program(new bpf_program{});
  if (pcap_compile(handle.get(), program.get(), expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    return std::unexpected("filter \"" + expression + "\": " + pcap_geterr(handle.get()));
  }
  return FlowFilter(std::move(program));
}

bool FlowFilter::matches(const dataplane::FlowRecord& flow) const {
  if (!program_) return true;
  const auto asked = [&](const Ends& ends) {
    const Bytes bytes = packet_of(flow.protocol, ends);
    return bpf_filter(program_->bf_insns, bytes.data(), kPacket, kPacket) != 0;
  };
  return asked({flow.from, flow.to, flow.from_port, flow.to_port}) ||
         asked({flow.translated_from, flow.translated_to, flow.translated_from_port, flow.translated_to_port});
}

}  // namespace sallyport::control
