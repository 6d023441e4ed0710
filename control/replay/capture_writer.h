// A pcap file of Ethernet frames, one an egress port.
//
// Owner: control/replay. Always: the same frames and times give the same bytes.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <span>
#include <string>

#include "dataplane/packet/packet.h"

struct pcap;
struct pcap_dumper;

namespace sallyport::control {

class CaptureWriter {
 public:
  [[nodiscard]] static std::expected<CaptureWriter, std::string> create(const std::string& path);
  void write(std::span<const std::byte> frame, dataplane::Time time);
  // Everything is on disk, or why not.
  [[nodiscard]] std::expected<void, std::string> finish();

 private:
  struct Close {
    void operator()(pcap* capture) const;
    void operator()(pcap_dumper* dumper) const;
  };

  std::string path_;
  std::unique_ptr<pcap, Close> capture_;
  std::unique_ptr<pcap_dumper, Close> dumper_;
};

}  // namespace sallyport::control
