// Several captures as one stream, ordered by time.
//
// Owner: control/replay. Always: equal times keep the order in which the files were named.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "control/replay/capture_reader.h"

namespace sallyport::control {

class CaptureMerge {
 public:
  [[nodiscard]] static std::expected<CaptureMerge, std::string> open(const std::vector<std::string>& files);

  struct Next {
    std::size_t file;  // index into `files`
    CapturedPacket packet;
  };
  [[nodiscard]] std::optional<Next> next();

  // What was wrong with the files, a line each; complete after the last packet.
  [[nodiscard]] std::vector<std::string> messages() const;

 private:
  struct Source {
    CaptureReader reader;
    std::optional<CapturedPacket> head;
  };
  std::vector<Source> sources_;
};

}  // namespace sallyport::control
