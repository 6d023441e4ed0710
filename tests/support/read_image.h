// Asks a loaded image everything it can say.
//
// Owner: tests/support; used by the tests of hostile images and by the fuzzer.
#pragma once

#include <cstddef>
#include <random>

#include "rules/image/image.h"

namespace sallyport::test {

// So that a crash or a sanitizer shows what the loader's checks let through. Returns how many bytes of text came back:
// every byte of them is read.
[[nodiscard]] std::size_t read_all(const rules::Image& image, std::mt19937& random);

}  // namespace sallyport::test
