// Memory for the engines' big tables; see the header.
#include "dataplane/ports/table_memory.h"

#include <sys/mman.h>

#include <fstream>
#include <string>

namespace sallyport::dataplane {

namespace {

std::size_t round_up(std::size_t bytes, std::size_t unit) { return (bytes + unit - 1) / unit * unit; }

void* map(std::size_t bytes, int extra_flags) {
  void* address = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | extra_flags, -1, 0);
  return address == MAP_FAILED ? nullptr : address;
}

}  // namespace

TableMemory::~TableMemory() {
  for (const Mapping& mapping : mappings_) ::munmap(mapping.address, mapping.bytes);
}

void* TableMemory::allocate(std::size_t bytes) {
  void* address = mode_ == rules::MemoryMode::pages ? nullptr : map_hugepages(bytes);
  if (address == nullptr && mode_ != rules::MemoryMode::hugepages) {
    address = map_pages(bytes);
    fell_back_ = fell_back_ || mode_ == rules::MemoryMode::automatic;
  }
  if (address == nullptr && refused_bytes_ == 0) refused_bytes_ = bytes;
  return address;
}

void* TableMemory::map_hugepages(std::size_t bytes) {
  const Hugepages pages = hugepages_of_this_host();
  if (pages.page_bytes == 0) return nullptr;
  const std::size_t rounded = round_up(bytes, pages.page_bytes);
  void* address = map(rounded, MAP_HUGETLB);
  if (address == nullptr) return nullptr;
  mappings_.push_back({address, rounded});
  bytes_ += rounded;
  return address;
}

void* TableMemory::map_pages(std::size_t bytes) {
  const std::size_t rounded = round_up(bytes, 4096);
  void* address = map(rounded, 0);
  if (address == nullptr) return nullptr;
  ::madvise(address, rounded, MADV_HUGEPAGE);  // a hint: fewer TLB misses where the kernel follows it
  mappings_.push_back({address, rounded});
  bytes_ += rounded;
  return address;
}

Hugepages hugepages_of_this_host() {
  std::ifstream meminfo("/proc/meminfo");
  std::uint64_t free_pages = 0;
  std::uint64_t page_kib = 0;
  for (std::string line; std::getline(meminfo, line);) {
    if (line.starts_with("HugePages_Free:")) free_pages = std::stoull(line.substr(15));
    if (line.starts_with("Hugepagesize:")) page_kib = std::stoull(line.substr(13));
  }
  return {free_pages * page_kib * 1024, page_kib * 1024};
}

}  // namespace sallyport::dataplane
