// One port's device: opened from the gateway document, ready to poll, closed when it goes.
//
// Owner: dataplane/ports. Opened and closed by the control thread; workers use id() and the queue numbers only.
// Always: a device that failed to open is left as it was found; nothing of an interface's settings is changed.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/engine/bound_policy.h"
#include "rules/model/gateway.h"

struct rte_mempool;

namespace sallyport::dataplane {

class Device {
 public:
  // The error is one sentence that begins with the port's name and says what mends it. EAL must be running.
  [[nodiscard]] static std::expected<std::unique_ptr<Device>, std::string> open(const rules::Port& port,
                                                                                std::size_t index,
                                                                                std::uint32_t workers,
                                                                                rte_mempool* pool);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  [[nodiscard]] std::uint16_t id() const { return id_; }
  [[nodiscard]] std::uint16_t receive_queues() const { return receive_queues_; }
  // One a worker, or fewer than workers: then one worker alone may use queue 0.
  [[nodiscard]] std::uint16_t transmit_queues() const { return transmit_queues_; }
  [[nodiscard]] const std::string& driver() const { return driver_; }
  [[nodiscard]] const PortSettings& settings() const { return settings_; }
  [[nodiscard]] const rules::Device& source() const { return source_; }
  // The Linux interface below it, or empty.
  [[nodiscard]] const std::string& interface_name() const { return interface_name_; }
  // Its driver and queues, in a sentence for the log.
  [[nodiscard]] std::string introduction() const;
  // Frames come from the kernel or a file: nothing is lost when an idle worker lets others run.
  [[nodiscard]] bool kernel_backed() const { return source_.kind != rules::DeviceKind::pci; }

 private:
  Device() = default;
  [[nodiscard]] std::expected<void, std::string> probe(const rules::Port& port, std::size_t index);
  [[nodiscard]] std::expected<void, std::string> configure(const rules::Port& port, std::uint32_t workers,
                                                           rte_mempool* pool);
  [[nodiscard]] std::expected<void, std::string> set_up_queues(const rules::Port& port, rte_mempool* pool);
  void describe(const rules::Port& port);

  bool probed_ = false;
  std::uint16_t id_ = 0;
  std::uint32_t workers_ = 1;
  std::uint16_t receive_queues_ = 1;
  std::uint16_t transmit_queues_ = 1;
  std::string driver_;
  std::string interface_name_;
  rules::Device source_;
  PortSettings settings_;
};

}  // namespace sallyport::dataplane
