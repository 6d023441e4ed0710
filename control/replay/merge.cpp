// Merging captures by timestamp.
//
// Owner: control/replay.
#include "control/replay/merge.h"

namespace sallyport::control {

std::expected<CaptureMerge, std::string> CaptureMerge::open(const std::vector<std::string>& files) {
  CaptureMerge merge;
  for (const auto& file : files) {
    auto reader = CaptureReader::open(file);
    if (!reader) return std::unexpected(reader.error());
    auto head = reader->next();
    merge.sources_.push_back({std::move(*reader), std::move(head)});
  }
  return merge;
}

std::optional<CaptureMerge::Next> CaptureMerge::next() {
  Source* earliest = nullptr;
  for (auto& source : sources_) {
    if (source.head && (earliest == nullptr || source.head->time < earliest->head->time)) earliest = &source;
  }
  if (earliest == nullptr) return std::nullopt;
  Next next{static_cast<std::size_t>(earliest - sources_.data()), std::move(*earliest->head)};
  earliest->head = earliest->reader.next();
  return next;
}

std::vector<std::string> CaptureMerge::messages() const {
  std::vector<std::string> messages;
  for (const auto& source : sources_) {
    const auto& reader = source.reader;
    if (!reader.damage().empty()) {
      messages.push_back(reader.path() + ": " + reader.damage() + "; replayed up to there");
    }
    if (reader.backward_times() > 0) {
      messages.push_back(reader.path() + ": time goes back at " + std::to_string(reader.backward_times()) +
                         " records; they were replayed in the order of the file");
    }
  }
  return messages;
}

}  // namespace sallyport::control
