// The outer checks of an image; see the header. Owner: rules/image.
#include "rules/image/container.h"

#include <algorithm>
#include <cstring>

#include "rules/image/image.h"
#include "rules/image/layout.h"
#include "rules/image/sha256.h"

namespace sallyport::rules {
namespace {

using layout::Header;
using layout::Section;

std::string newer(const std::string& what) {
  return "made by a newer version (" + what + ", this program reads up to format " + std::to_string(layout::kVersion) +
         ")";
}

std::optional<std::string> check_header(std::span<const std::byte> bytes, Header& header) {
  if (!Image::looks_like_image(bytes)) return "not a Sallyport image";
  if (bytes.size() < sizeof(Header)) return "truncated: the header is not complete";
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.version > layout::kVersion) return newer("format " + std::to_string(header.version));
  if (header.version == 0) return "altered: there is no format 0";
  if (header.version < layout::kVersion) {
    return "made by an older version (format " + std::to_string(header.version) + ", this program reads format " +
           std::to_string(layout::kVersion) + "): compile the policy again";
  }
  if (header.size > bytes.size()) {
    return "truncated: " + std::to_string(bytes.size()) + " of " + std::to_string(header.size) + " bytes are there";
  }
  if (header.size < bytes.size()) {
    return "altered: " + std::to_string(bytes.size() - header.size) + " bytes follow its end";
  }
  if (header.flags != 0 || header.unused != 0) return "altered: unknown flags in the header";
  if (sha256(bytes.subspan(sizeof header)) != header.sha256) {
    return "altered: its SHA-256 is not the one written in it";
  }
  return std::nullopt;
}

std::string malformed(std::size_t index, const std::string& what) {
  const std::string name =
      index < layout::kSections.size() ? std::string(layout::kSections[index].name) : std::to_string(index + 1);
  return "malformed: section " + name + ": " + what;
}

// Walks the section table; `end` is where the previous section ended.
std::optional<std::string> check_section(std::span<const std::byte> bytes, const Section& section, std::size_t index,
                                         std::size_t& end) {
  if (index < layout::kSections.size()) {
    if (section.id != index + 1) return malformed(index, "it is not there");
    if (section.record_size != layout::kSections[index].record_size) return malformed(index, "wrong record size");
  } else if (section.id < layout::kIgnorableFrom) {
    return newer("section " + std::to_string(section.id));
  }
  if (section.record_size == 0 || section.size % section.record_size != 0 ||
      section.size / section.record_size != section.count || section.count >= layout::kNoIndex - 1) {
    return malformed(index, "size and count do not agree");
  }
  const std::size_t begin = layout::aligned(end);
  if (section.offset != begin) return malformed(index, "not behind the section before it");
  if (begin > bytes.size() || section.size > bytes.size() - begin) return malformed(index, "reaches behind the end");
  const auto padding = bytes.subspan(end, begin - end);
  if (std::ranges::any_of(padding, [](std::byte b) { return b != std::byte{0}; })) {
    return malformed(index, "bytes other than zero before it");
  }
  end = begin + section.size;
  return std::nullopt;
}

}  // namespace

std::optional<std::string> check_container(std::span<const std::byte> bytes) {
  Header header{};
  if (auto problem = check_header(bytes, header)) return problem;
  if (header.sections < layout::kSections.size() || header.sections > layout::kMaxSections) {
    return "malformed: " + std::to_string(header.sections) + " sections";
  }
  std::size_t end = sizeof header + header.sections * sizeof(Section);
  if (end > bytes.size()) return "malformed: the section table reaches behind the end";
  std::uint32_t previous_id = 0;
  for (std::size_t i = 0; i < header.sections; ++i) {
    Section section{};
    std::memcpy(&section, bytes.data() + sizeof header + i * sizeof section, sizeof section);
    if (section.id <= previous_id) return malformed(i, "not in order of id");
    previous_id = section.id;
    if (auto problem = check_section(bytes, section, i, end)) return problem;
  }
  if (end != bytes.size()) return "malformed: bytes follow the last section";
  return std::nullopt;
}

}  // namespace sallyport::rules
