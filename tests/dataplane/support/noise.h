// Frames nobody should send, and the frames they are made of: what a hostile wire carries.
//
// Owner: tests. A seed gives the same frames on every machine.
// Always: frames are of any length from nothing to a little over an MTU; sums are mended more often than not, so that
// what is wrong is met behind the first check as well.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "tests/dataplane/support/gateway_world.h"
#include "tests/support/random_policy.h"

namespace sallyport::dataplane::testing {

class Noise {
 public:
  explicit Noise(std::uint64_t seed) : random_(seed) {}

  // The next frame and the port it comes in by.
  [[nodiscard]] Sent next();
  // What left the gateway: later frames answer it, quote it, send it again.
  void has_left(const Sent& sent);
  [[nodiscard]] std::uint64_t below(std::uint64_t limit) { return test::pick(random_, limit); }

 private:
  [[nodiscard]] bool one_in(std::uint64_t n) { return below(n) == 0; }
  [[nodiscard]] std::string address();
  [[nodiscard]] std::string endpoint();
  [[nodiscard]] Frame fresh();
  [[nodiscard]] Frame arp();
  [[nodiscard]] Sent answer(const Sent& left);
  [[nodiscard]] Sent quote(const Sent& left);
  void damage(Frame& frame);
  void damage_header(Frame& frame);

  static constexpr std::size_t kRemembered = 64;
  test::Random random_;
  std::vector<Sent> left_;
  std::size_t oldest_ = 0;
};

}  // namespace sallyport::dataplane::testing
