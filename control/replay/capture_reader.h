// Captures as streams of Ethernet frames, whatever link they were taken on.
//
// Owner: control/replay. Reads pcap and pcapng through libpcap: Ethernet, raw IP, Linux cooked (both), null and
// loopback. Always: times never go back within a file; a damaged record ends the stream and is described, with its
// offset.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/packet/packet.h"
#include "rules/model/address.h"

struct pcap;

namespace sallyport::control {

// A station that nobody is: frames from links without link addresses are sent by it.
inline constexpr rules::MacAddress kCaptureStation{{0x02, 0, 0, 0, 0xFF, 0xFE}};

struct CapturedPacket {
  dataplane::Time time = 0;  // nanoseconds since 1970
  std::vector<std::byte> frame;
  bool cut_short = false;  // the capture holds less than was on the wire
};

class CaptureReader {
 public:
  // `-` is standard input. The error names the file and says what is wrong with it.
  [[nodiscard]] static std::expected<CaptureReader, std::string> open(const std::string& path);

  // nullopt at the end and at the first damaged record.
  [[nodiscard]] std::optional<CapturedPacket> next();

  [[nodiscard]] const std::string& path() const { return path_; }
  // "record 17 at byte 2210: truncated dump file ...", or "".
  [[nodiscard]] const std::string& damage() const { return damage_; }
  // Records whose time lay before that of an earlier one; they were given the earlier one's.
  [[nodiscard]] std::uint64_t backward_times() const { return backward_times_; }

 private:
  struct Close {
    void operator()(pcap* capture) const;
  };

  std::string path_;
  std::unique_ptr<pcap, Close> capture_;
  int link_type_ = 0;
  dataplane::Time last_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t backward_times_ = 0;
  std::string damage_;
};

// The Ethernet frame for a record of that link type (libpcap's DLT numbers); records too short for their own header
// give what there is of them.
[[nodiscard]] std::vector<std::byte> as_ethernet(int link_type, const std::byte* record, std::size_t length);

}  // namespace sallyport::control
