// Captures made for tests, byte by byte, so that the reader is not tested with its own library's writer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "control/trace/probe.h"

namespace sallyport::control::test {

// Little-endian pcap with nanoseconds.
class PcapFile {
 public:
  explicit PcapFile(std::uint32_t link_type = 1) {
    u32(0xA1B23C4D);
    u16(2);
    u16(4);
    u32(0);
    u32(0);
    u32(262144);
    u32(link_type);
  }
  PcapFile& record(std::uint64_t nanoseconds, const Frame& bytes, std::uint32_t on_wire = 0) {
    u32(static_cast<std::uint32_t>(nanoseconds / 1'000'000'000));
    u32(static_cast<std::uint32_t>(nanoseconds % 1'000'000'000));
    u32(static_cast<std::uint32_t>(bytes.size()));
    u32(on_wire == 0 ? static_cast<std::uint32_t>(bytes.size()) : on_wire);
    for (const auto byte : bytes) text_ += static_cast<char>(byte);
    return *this;
  }
  [[nodiscard]] const std::string& bytes() const { return text_; }

 private:
  void u16(std::uint16_t value) {
    for (unsigned shift = 0; shift < 16; shift += 8) text_ += static_cast<char>(value >> shift & 0xFFU);
  }
  void u32(std::uint32_t value) {
    for (unsigned shift = 0; shift < 32; shift += 8) text_ += static_cast<char>(value >> shift & 0xFFU);
  }
  std::string text_;
};

// The same records as pcapng: section header, one interface with nanoseconds, enhanced packets.
class PcapngFile {
 public:
  PcapngFile() {
    block(0x0A0D0D0A, words({0x1A2B3C4D, 0x00000001, 0xFFFFFFFF, 0xFFFFFFFF}));
    // Ethernet; option 9 (if_tsresol), one byte: 9, padded; end of options.
    block(1, words({0x00000001, 262144, 0x00010009, 0x00000009, 0}));
  }
  PcapngFile& record(std::uint64_t nanoseconds, const Frame& bytes) {
    const auto length = static_cast<std::uint32_t>(bytes.size());
    auto body = words(
        {0, static_cast<std::uint32_t>(nanoseconds >> 32U), static_cast<std::uint32_t>(nanoseconds), length, length});
    for (const auto byte : bytes) body += static_cast<char>(byte);
    body.resize((body.size() + 3) / 4 * 4);
    block(6, body);
    return *this;
  }
  [[nodiscard]] const std::string& bytes() const { return text_; }

 private:
  static std::string words(const std::vector<std::uint32_t>& values) {
    std::string text;
    for (const auto value : values) {
      for (unsigned shift = 0; shift < 32; shift += 8) text += static_cast<char>(value >> shift & 0xFFU);
    }
    return text;
  }
  void block(std::uint32_t type, const std::string& body) {
    const auto length = static_cast<std::uint32_t>(body.size() + 12);
    text_ += words({type, length}) + body + words({length});
  }
  std::string text_;
};

}  // namespace sallyport::control::test
