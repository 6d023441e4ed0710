// libpcap's offline side, and the headers that other links have instead of Ethernet's.
//
// Owner: control/replay.
#include "control/replay/capture_reader.h"

#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <bit>
#include <span>

#include "dataplane/packet/wire.h"

namespace sallyport::control {

namespace dp = dataplane;

namespace {

constexpr rules::MacAddress kGateway{{0x02, 0, 0, 0, 0xFF, 0xFD}};
constexpr std::uint16_t kEtherTypeIpv6 = 0x86DD;

using Bytes = std::span<const std::byte>;

std::vector<std::byte> put_in_front(const rules::MacAddress& source, std::uint16_t type, Bytes payload) {
  std::vector<std::byte> frame(dp::ethernet::kHeaderBytes + payload.size());
  dp::store_mac(frame.data() + dp::ethernet::kDestination, kGateway);
  dp::store_mac(frame.data() + dp::ethernet::kSource, source);
  dp::store_be16(frame.data() + dp::ethernet::kType, type);
  std::ranges::copy(payload, frame.begin() + dp::ethernet::kHeaderBytes);
  return frame;
}

std::uint16_t type_of_ip(Bytes packet) {
  const bool six = !packet.empty() && (dp::load8(packet.data()) >> 4U) == 6;
  return six ? kEtherTypeIpv6 : dp::kEtherTypeIpv4;
}

std::vector<std::byte> from_raw(Bytes record) { return put_in_front(kCaptureStation, type_of_ip(record), record); }

// Where a cooked header keeps the protocol, the length of the sender's address and the address.
struct CookedLayout {
  std::size_t header, protocol, address_length, address;
};
constexpr CookedLayout kCooked{16, 14, 5, 6};
constexpr CookedLayout kCooked2{20, 0, 11, 12};

std::vector<std::byte> from_cooked(const CookedLayout& layout, Bytes record) {
  if (record.size() < layout.header) return {record.begin(), record.end()};
  auto source = kCaptureStation;
  if (dp::load8(record.data() + layout.address_length) == source.bytes.size()) {
    const auto written = dp::load_mac(record.data() + layout.address);
    if (written != rules::MacAddress{}) source = written;
  }
  return put_in_front(source, dp::load_be16(record.data() + layout.protocol), record.subspan(layout.header));
}

// Four bytes of address family, of which only IPv4 and IPv6 occur with IP behind them: the packet itself tells them
// apart.
std::vector<std::byte> from_null(Bytes record) {
  constexpr std::size_t kFamily = 4;
  if (record.size() < kFamily) return {record.begin(), record.end()};
  return from_raw(record.subspan(kFamily));
}

bool is_known(int link_type) {
  static constexpr std::array kKnown{DLT_EN10MB,    DLT_RAW,        DLT_IPV4, DLT_IPV6,
                                     DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_NULL, DLT_LOOP};
  return std::ranges::find(kKnown, link_type) != kKnown.end();
}

}  // namespace

std::vector<std::byte> as_ethernet(int link_type, const std::byte* record, std::size_t length) {
  const Bytes bytes(record, length);
  switch (link_type) {
    case DLT_LINUX_SLL:
      return from_cooked(kCooked, bytes);
    case DLT_LINUX_SLL2:
      return from_cooked(kCooked2, bytes);
    case DLT_NULL:
    case DLT_LOOP:
      return from_null(bytes);
    case DLT_EN10MB:
      return {bytes.begin(), bytes.end()};
    default:
      return from_raw(bytes);
  }
}

void CaptureReader::Close::operator()(pcap* capture) const { pcap_close(capture); }

std::expected<CaptureReader, std::string> CaptureReader::open(const std::string& path) {
  std::array<char, PCAP_ERRBUF_SIZE> why{};
  CaptureReader reader;
  reader.path_ = path;
  reader.capture_.reset(pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, why.data()));
  if (reader.capture_ == nullptr) {
    const std::string reason(why.data());
    return std::unexpected("cannot read capture " + (reason.starts_with(path) ? reason : path + ": " + reason));
  }
  reader.link_type_ = pcap_datalink(reader.capture_.get());
  if (is_known(reader.link_type_)) return reader;
  const auto* name = pcap_datalink_val_to_name(reader.link_type_);
  return std::unexpected(path + ": link type " + (name != nullptr ? name : std::to_string(reader.link_type_)) +
                         " is not one that replay reads (Ethernet, raw IP, Linux cooked, null)");
}

std::optional<CapturedPacket> CaptureReader::next() {
  if (!damage_.empty()) return std::nullopt;
  const long offset = std::ftell(pcap_file(capture_.get()));
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  const int status = pcap_next_ex(capture_.get(), &header, &data);
  if (status == PCAP_ERROR_BREAK) return std::nullopt;
  ++records_;
  if (status != 1) {
    damage_ = "record " + std::to_string(records_) + (offset < 0 ? "" : " at byte " + std::to_string(offset)) + ": " +
              pcap_geterr(capture_.get());
    return std::nullopt;
  }
  // With this precision tv_usec counts nanoseconds.
  const auto seconds = std::max<std::int64_t>(header->ts.tv_sec, 0);
  const auto nanoseconds = std::clamp<std::int64_t>(header->ts.tv_usec, 0, 999'999'999);
  const auto time = static_cast<dp::Time>(seconds) * dp::kSecond + static_cast<dp::Time>(nanoseconds);
  if (time < last_) ++backward_times_;
  last_ = std::max(last_, time);
  const auto* bytes = std::bit_cast<const std::byte*>(data);
  return CapturedPacket{last_, as_ethernet(link_type_, bytes, header->caplen), header->caplen < header->len};
}

}  // namespace sallyport::control
