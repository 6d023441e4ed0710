// How deep inputs got, told when a fuzzer ends: one whose inputs are all refused at the door tests nothing.
//
// Owner: tests/fuzz.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>

namespace sallyport::test {

class Tally {
 public:
  explicit Tally(const char* what) : what_(what) {}
  ~Tally() { std::fprintf(stderr, "tally: %llu %s\n", static_cast<unsigned long long>(count_), what_); }
  Tally(const Tally&) = delete;
  Tally& operator=(const Tally&) = delete;
  void operator++() { ++count_; }

 private:
  const char* what_;
  std::uint64_t count_ = 0;
};

// What a target returns for an input that was refused: most are not kept, since changes of what is refused already are
// mostly refused in the same place.
[[nodiscard]] constexpr int refused(std::size_t size) { return size % 16 == 0 ? 0 : -1; }

}  // namespace sallyport::test
