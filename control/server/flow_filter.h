// tcpdump's filter language for flows.
//
// Owner: control/server.
// Always: a filter is asked about the flow's opening packet, as its sender sent it and as the far side sees it; it
// matches when one of the two does.
#pragma once

#include <pcap/pcap.h>

#include <expected>
#include <memory>
#include <string>

#include "dataplane/engine/engine.h"

namespace sallyport::control {

class FlowFilter {
 public:
  // An empty expression matches every flow. The error is libpcap's.
  [[nodiscard]] static std::expected<FlowFilter, std::string> compile(const std::string& expression);

  [[nodiscard]] bool matches(const dataplane::FlowRecord& flow) const;

 private:
  struct FreeProgram {
    void operator()(bpf_program* program) const;
  };
  explicit FlowFilter(std::unique_ptr<bpf_program, FreeProgram> program) : program_(std::move(program)) {}

  std::unique_ptr<bpf_program, FreeProgram> program_;
};

}  // namespace sallyport::control
