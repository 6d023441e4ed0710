// EAL's life and its log; see the header.
#include "dataplane/ports/eal.h"

#include <dlfcn.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cstdarg>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

namespace sallyport::dataplane {

namespace {

// EAL logs from any thread through one stream; what it says is kept here for take_complaint().
struct Chatter {
  std::mutex mutex;
  LogFunction log;
  std::string complaint;
  std::map<std::string, std::string, std::less<>> refusals;  // by PCI address
};

Chatter& chatter() {
  static Chatter the_chatter;
  return the_chatter;
}

// EAL asks drivers device after device, and names the device behind what its driver had to say.
void note_complaint(Chatter& to, std::string_view line) {
  constexpr std::string_view kRefused = "EAL: Requested device ";
  if (line.starts_with(kRefused)) {
    const std::string_view address = line.substr(kRefused.size());
    to.refusals[std::string(address.substr(0, address.find(' ')))] = std::exchange(to.complaint, {});
  } else if (to.complaint.empty()) {
    to.complaint = line;
  }
}

void log_line(std::string_view line, bool complaint) {
  Chatter& to = chatter();
  const std::lock_guard lock(to.mutex);
  if (line.starts_with("EAL: Probe PCI driver")) to.complaint.clear();
  if (complaint) note_complaint(to, line);
  // What matters comes back as an error of ours, so that a driver's own words are only for those who look for them.
  if (to.log) to.log(LogLevel::debug, line);
}

ssize_t write_log(void*, const char* text, std::size_t size) {
  const int level = rte_log_cur_msg_loglevel();
  const bool complaint = level >= 0 && static_cast<std::uint32_t>(level) <= RTE_LOG_WARNING;
  std::string_view rest(text, size);
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    if (!line.empty()) log_line(line, complaint);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return static_cast<ssize_t>(size);
}

// The stream lives as long as the process: drivers may log until the last moment.
void redirect_log(const LogFunction& log) {
  chatter().log = log;
  static FILE* stream = ::fopencookie(nullptr, "w", cookie_io_functions_t{nullptr, write_log, nullptr, nullptr});
  if (stream == nullptr) return;
  ::setvbuf(stream, nullptr, _IOLBF, 4096);
  rte_openlog_stream(stream);
}

// libbpf's and libxdp's shape of a log function; level 0 warns.
int write_xdp_log(int level, const char* format, va_list arguments) {
  std::array<char, 512> text{};
  const int length = std::vsnprintf(text.data(), text.size(), format, arguments);
  std::string_view line(text.data());
  while (line.ends_with('\n')) line.remove_suffix(1);
  if (!line.empty()) log_line(line, level == 0);
  return length;
}

// The XDP driver brings two libraries that print to stderr unless told otherwise. They come with the driver's plugin,
// so they are asked for by name, and nothing happens where they are not loaded.
void redirect_xdp_log() {
  constexpr std::pair<const char*, const char*> kLibraries[] = {{"libbpf.so.1", "libbpf_set_print"},
                                                                {"libxdp.so.1", "libxdp_set_print"}};
  using Print = int (*)(int, const char*, va_list);
  for (const auto& [library, function] : kLibraries) {
    void* handle = ::dlopen(library, RTLD_NOW | RTLD_NOLOAD);
    if (handle == nullptr) continue;
    if (void* symbol = ::dlsym(handle, function); symbol != nullptr)
      std::bit_cast<Print (*)(Print)>(symbol)(write_xdp_log);
    ::dlclose(handle);
  }
}

// EAL makes a folder for every file prefix; without shared files it stays empty, ours and those of crashed starts
// alike. Only empty folders can be removed this way, so a running program's are safe.
void remove_runtime_folders() {
  namespace fs = std::filesystem;
  const char* own = rte_eal_get_runtime_dir();
  if (own == nullptr || *own == '\0') return;
  const fs::path base = fs::path(own).parent_path();
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(base, error)) {
    if (entry.path().filename().string().starts_with("sallyport-")) ::rmdir(entry.path().c_str());
  }
  ::rmdir(base.c_str());
}

std::string start_failure(int error) {
  const std::string complaint = Eal::take_complaint();
  std::string text = "DPDK did not start: " + std::string(rte_strerror(error));
  if (!complaint.empty()) text += " (" + complaint + ")";
  if (error == EACCES || error == EPERM) text += "; run as root, or where XDG_RUNTIME_DIR is a folder of yours";
  return text;
}

}  // namespace

std::expected<std::unique_ptr<Eal>, std::string> Eal::start(std::vector<std::string> arguments,
                                                            const LogFunction& log) {
  redirect_log(log);
  std::vector<char*> pointers;
  pointers.reserve(arguments.size());
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  const int result = rte_eal_init(static_cast<int>(pointers.size()), pointers.data());
  const int error = rte_errno;
  remove_runtime_folders();
  if (result < 0) return std::unexpected(start_failure(error));
  redirect_xdp_log();
  return std::unique_ptr<Eal>(new Eal);
}

Eal::~Eal() {
  rte_eal_cleanup();
  remove_runtime_folders();
  Chatter& from = chatter();
  const std::lock_guard lock(from.mutex);
  from.log = nullptr;
}

std::string Eal::take_complaint() {
  Chatter& from = chatter();
  const std::lock_guard lock(from.mutex);
  return std::exchange(from.complaint, {});
}

std::string Eal::refusal_of(const std::string& pci_address) {
  Chatter& from = chatter();
  const std::lock_guard lock(from.mutex);
  const auto found = from.refusals.find(pci_address);
  return found == from.refusals.end() ? std::string() : found->second;
}

}  // namespace sallyport::dataplane
