// What /proc says; see the header. Owner: tools/bench.
#include "tools/bench/machine.h"

#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>

#include "tools/bench/measure.h"

namespace sallyport::bench {
namespace {

// What follows "KEY:" in the first line that starts so.
std::string value_in(const std::string& file, const std::string& key) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t colon = line.find(':');
    const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return {};
}

std::size_t kib_in(const std::string& file, const std::string& key) {
  const std::string text = value_in(file, key);
  return text.empty() ? 0 : std::stoull(text) * 1024;
}

std::uint64_t measure_tsc() {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  const std::uint64_t first = cycles_now();
  while (Clock::now() - begin < std::chrono::milliseconds(50)) {
  }
  const std::uint64_t last = cycles_now();
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return static_cast<std::uint64_t>(static_cast<double>(last - first) / seconds / 1e6) * 1'000'000;
}

unsigned usable_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? static_cast<unsigned>(CPU_COUNT(&set)) : 1;
}

}  // namespace

Machine this_machine() {
  utsname names{};
  ::uname(&names);
  return {.cpu = value_in("/proc/cpuinfo", "model name"),
          .processors = usable_processors(),
          .tsc_hz = measure_tsc(),
          .kernel = std::string(names.sysname) + " " + names.release};
}

std::string pages_behind(const void* address) {
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  std::ifstream maps("/proc/self/smaps");
  bool inside = false;
  std::size_t resident = 0;
  for (std::string line; std::getline(maps, line);) {
    unsigned long long first = 0, last = 0;
    if (std::sscanf(line.c_str(), "%llx-%llx ", &first, &last) == 2) inside = first <= wanted && wanted < last;
    if (!inside) continue;
    if (line.starts_with("Rss:")) resident = std::stoull(line.substr(4));
    if (line.starts_with("AnonHugePages:")) return 2 * std::stoull(line.substr(14)) >= resident ? "huge" : "small";
  }
  return "small";
}

std::size_t resident_bytes(int pid) {
  std::ifstream statm("/proc/" + (pid == 0 ? "self" : std::to_string(pid)) + "/statm");
  std::size_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t peak_bytes() { return kib_in("/proc/self/status", "VmHWM"); }

void forget_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

}  // namespace sallyport::bench
