// Large pages for the tables that lookups jump about in; see the header. Owner: rules/image.
#include "rules/image/image_bytes.h"

#include <sys/mman.h>

namespace sallyport::rules {
namespace {

constexpr std::size_t kPage = std::size_t{2} << 20U;

std::size_t whole_pages(std::size_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

}  // namespace

void* allocate_lines(std::size_t bytes) {
  if (bytes < kLargeBytes) return ::operator new(bytes, std::align_val_t{64});
  void* at = ::operator new(whole_pages(bytes), std::align_val_t{kPage});
  ::madvise(at, whole_pages(bytes), MADV_HUGEPAGE);  // a hint: without it pages are small
  return at;
}

void deallocate_lines(void* at, std::size_t bytes) {
  if (bytes < kLargeBytes) {
    ::operator delete(at, bytes, std::align_val_t{64});
  } else {
    ::operator delete(at, whole_pages(bytes), std::align_val_t{kPage});
  }
}

}  // namespace sallyport::rules
