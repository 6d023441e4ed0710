// Writing captures through libpcap.
//
// Owner: control/replay.
#include "control/replay/capture_writer.h"

#include <pcap/pcap.h>

#include <bit>
#include <cerrno>
#include <cstring>

namespace sallyport::control {

namespace dp = dataplane;

namespace {
constexpr int kSnapLength = 262144;
}

void CaptureWriter::Close::operator()(pcap* capture) const { pcap_close(capture); }
void CaptureWriter::Close::operator()(pcap_dumper* dumper) const { pcap_dump_close(dumper); }

std::expected<CaptureWriter, std::string> CaptureWriter::create(const std::string& path) {
  CaptureWriter writer;
  writer.path_ = path;
  writer.capture_.reset(pcap_open_dead_with_tstamp_precision(DLT_EN10MB, kSnapLength, PCAP_TSTAMP_PRECISION_NANO));
  if (writer.capture_ == nullptr) return std::unexpected("out of memory for " + path);
  writer.dumper_.reset(pcap_dump_open(writer.capture_.get(), path.c_str()));
  if (writer.dumper_ != nullptr) return writer;
  return std::unexpected(std::string("cannot write ") + pcap_geterr(writer.capture_.get()));
}

void CaptureWriter::write(std::span<const std::byte> frame, dp::Time time) {
  pcap_pkthdr header{};
  header.ts.tv_sec = static_cast<decltype(header.ts.tv_sec)>(time / dp::kSecond);
  header.ts.tv_usec = static_cast<decltype(header.ts.tv_usec)>(time % dp::kSecond);
  header.caplen = header.len = static_cast<bpf_u_int32>(frame.size());
  pcap_dump(std::bit_cast<u_char*>(dumper_.get()), &header, std::bit_cast<const u_char*>(frame.data()));
}

std::expected<void, std::string> CaptureWriter::finish() {
  if (pcap_dump_flush(dumper_.get()) == 0) return {};
  return std::unexpected("cannot write " + path_ + ": " + std::strerror(errno));
}

}  // namespace sallyport::control
