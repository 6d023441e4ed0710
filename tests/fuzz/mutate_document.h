// Changes of JSON documents that leave them JSON, so that most of what is tried gets past the parser.
//
// Owner: tests/fuzz; the mutator of the targets that read documents.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sallyport::test {

// libFuzzer's custom mutator: changes values, keys and elements of a document in place, and bytes where it is none or
// once in a while. Returns the new size, at most `max_size`.
[[nodiscard]] std::size_t mutate_document(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed);

}  // namespace sallyport::test
