// What a compilation has used of its budget so far.
//
// Owner: rules/compile. Lives for one compile(), or for as long as changes follow. Always: once something is over, it
// stays over, and every step returns as soon as it notices; the first thing that was over and what was blamed for it
// stand.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "rules/image/image_writer.h"
#include "rules/model/budget.h"
#include "rules/model/policy.h"

namespace sallyport::rules {

// Seconds since the work began. Without one, time is not limited.
using Elapsed = std::function<double()>;

class Meter {
 public:
  Meter(const Budget& budget, Elapsed elapsed, const Policy& policy);

  // Bytes that are allocated besides the tables, until they are released.
  void hold(std::uint64_t bytes) { held_ += bytes; }
  void release(std::uint64_t bytes) { held_ -= bytes; }
  // The tables as they are now; they count twice, since the image is a copy of them.
  void weigh(const ImageTables& tables);

  // From now on time is not limited.
  void stop_clock() { elapsed_ = {}; }

  // False once anything is over; `more`: bytes about to be allocated. Cheap: may stand in every loop.
  [[nodiscard]] bool fits(std::uint64_t more = 0) {
    if (held_ + tables_ + more > peak_) peak_ = held_ + tables_ + more;
    if (peak_ <= budget_.memory && ++calls_ % kCallsPerClock != 0) return !over_;
    return check();
  }
  // `at_least`: the count is not known to be the last.
  [[nodiscard]] bool rows(std::uint64_t count, bool at_least = false);
  [[nodiscard]] bool predicates(std::uint64_t count);

  // Who caused it: kept if something is over and nobody was blamed yet.
  void blame(std::string who);
  [[nodiscard]] bool blamed() const { return !blame_.empty(); }
  // What is over, in words; nothing while all is within the budget.
  [[nodiscard]] std::optional<std::string> problem() const;
  // The most bytes that were in use at once.
  [[nodiscard]] std::uint64_t peak() const { return peak_; }

 private:
  static constexpr std::uint32_t kCallsPerClock = 32;

  [[nodiscard]] bool check();
  bool exceed(std::string what);

  Budget budget_;
  Elapsed elapsed_;
  std::uint64_t held_ = 0;
  std::uint64_t tables_ = 0;
  std::uint64_t peak_ = 0;
  std::uint32_t calls_ = kCallsPerClock - 1;
  bool over_ = false;
  std::string what_;
  std::string blame_;
};

// What a policy takes in memory, its text included; an estimate from above.
[[nodiscard]] std::uint64_t bytes_of(const Policy& policy);
// What reading a document of this size takes at most, text and all.
[[nodiscard]] std::uint64_t bytes_to_read(std::uint64_t document_bytes);
// "2 GiB", "512 MiB", "1000 bytes".
[[nodiscard]] std::string size_in_words(std::uint64_t bytes);

}  // namespace sallyport::rules
