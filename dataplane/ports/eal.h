// DPDK's environment layer, started once and taken down without a trace.
//
// Owner: dataplane/ports; one a process. Its chatter goes into our log, its failures come back as sentences.
// Always: no file of EAL's stays on the host, whatever way the process ends.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/ports/log.h"

namespace sallyport::dataplane {

class Eal {
 public:
  // `arguments` as from eal_arguments(). The calling thread becomes EAL's main one.
  [[nodiscard]] static std::expected<std::unique_ptr<Eal>, std::string> start(std::vector<std::string> arguments,
                                                                              const LogFunction& log);
  ~Eal();
  Eal(const Eal&) = delete;
  Eal& operator=(const Eal&) = delete;

  // The first warning or error a driver or EAL printed since this was last asked, to be quoted behind a failure.
  static std::string take_complaint();
  // The first complaint about a PCI device that its driver refused when EAL started, or empty: nobody refused it.
  static std::string refusal_of(const std::string& pci_address);

 private:
  Eal() = default;
};

}  // namespace sallyport::dataplane
