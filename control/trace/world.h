// A gateway in a box for trace and replay: ports, an image tied to them, and engines that judge packets without any
// I/O.
//
// Owner: control/trace; replay uses it too.
// Always: every neighbour is resolved (to its written `mac` or 02:53 and its address), nothing is sent anywhere.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/engine/bound_policy.h"
#include "dataplane/engine/engine.h"
#include "rules/image/image.h"
#include "rules/model/gateway.h"

namespace sallyport::control {

class World {
 public:
  // With a gateway document its ports; without one a port "inside" for all subnets and an uplink "internet" whose
  // prefix excepts nothing.
  [[nodiscard]] static std::expected<World, std::string> create(rules::Image image,
                                                                const rules::GatewayConfig* gateway);

  // Another image for the same ports, to be adopted by the engine in use before the next call.
  [[nodiscard]] std::expected<void, std::string> replace(rules::Image image);
  // A new engine with the policy adopted.
  [[nodiscard]] std::expected<std::unique_ptr<dataplane::Engine>, std::string> make_engine(
      std::uint64_t max_flows) const;

  [[nodiscard]] const dataplane::BoundPolicy& bound() const { return *bound_; }
  [[nodiscard]] rules::PolicyView view() const { return rules::PolicyView(bound_->image()); }
  [[nodiscard]] const std::vector<dataplane::PortSettings>& ports() const { return ports_; }

  [[nodiscard]] std::optional<dataplane::PortIndex> port_named(std::string_view name) const;
  // Where packets with this source come in: the port of its subnet, else the routed one; addresses outside the VPC by
  // the uplink. kNoPort where there is none.
  [[nodiscard]] dataplane::PortIndex port_for_source(rules::Ipv4 source) const;
  [[nodiscard]] dataplane::PortIndex port_of_subnet(rules::SubnetIndex subnet) const;

  // The link address with which a sender of this address sends on that port; a stranger's where nobody there owns it.
  [[nodiscard]] rules::MacAddress sender_mac(dataplane::PortIndex port, rules::Ipv4 source) const;
  [[nodiscard]] rules::MacAddress interface_mac(rules::InterfaceIndex index) const;

 private:
  explicit World(std::vector<dataplane::PortSettings> ports) : ports_(std::move(ports)), binder_(ports_) {}

  std::vector<dataplane::PortSettings> ports_;
  dataplane::Binder binder_;
  std::uint32_t epoch_ = 0;
  std::shared_ptr<const dataplane::BoundPolicy> bound_, previous_;
};

}  // namespace sallyport::control
