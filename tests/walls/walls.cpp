// The walls as a table, and the reader that holds sources against it. Owner: tests.
#include "tests/walls/walls.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

namespace sallyport::tests {
namespace {

// Files below `room` (not below `except`) include nothing that starts with one of `forbidden`.
struct Wall {
  std::string_view room;
  std::string_view except;
  std::vector<std::string_view> forbidden;
  std::string_view reason;
};

const std::vector<std::string_view> kDpdk = {"rte_", "rte/", "dpdk/"};
const std::vector<std::string_view> kSystem = {
    "sys/socket.h", "sys/un.h", "netinet/",           "arpa/",  "net/",     "linux/",
    "thread",       "mutex",    "condition_variable", "future", "pthread.h"};
const std::vector<std::string_view> kServices = {"pcap", "httplib", "spdlog/", "prometheus/", "boost/"};

const std::vector<Wall>& walls() {
  static const std::vector<Wall> kWalls = {
      {"rules/", "", kDpdk, "rules are pure: no DPDK"},
      {"rules/", "", kServices, "rules are pure: no captures, servers or logs"},
      {"rules/", "", kSystem, "rules are pure: no sockets, no threads"},
      {"rules/", "", {"chrono", "ctime", "time.h", "sys/time.h"}, "rules have no clock"},
      {"rules/", "", {"dataplane/"}, "rules know nothing of packets in memory"},
      {"dataplane/", "dataplane/ports/", kDpdk, "DPDK stands only in dataplane/ports"},
      {"dataplane/", "dataplane/ports/", {"dataplane/ports/"}, "the core knows no driver"},
      {"dataplane/", "dataplane/ports/", kSystem, "the core has no sockets and no threads"},
      {"dataplane/", "", kServices, "no captures, servers or logs in the dataplane"},
      {"control/", "", kDpdk, "DPDK stands only in dataplane/ports"},
      {"rules/", "", {"control/"}, "nothing knows control"},
      {"dataplane/", "", {"control/"}, "nothing knows control"},
      {"rules/model/",
       "",
       {"rules/document", "rules/compile", "rules/image", "rules/decide", "rules/analyze", "rules/prove"},
       "the model knows nobody"},
      {"rules/decide/",
       "",
       {"rules/document", "rules/compile", "rules/analyze", "rules/prove"},
       "a decision reads the image"},
      {"rules/image/",
       "",
       {"rules/document", "rules/compile", "rules/analyze", "rules/prove"},
       "the image knows no source"},
      {"rules/document/",
       "",
       {"rules/compile", "rules/image", "rules/decide", "rules/analyze", "rules/prove"},
       "a document becomes a model, no more"},
      {"rules/analyze/",
       "",
       {"rules/compile", "rules/image", "rules/decide"},
       "the reference reads the model and shares no code with the compiler"},
      {"dataplane/packet/",
       "",
       {"dataplane/flow", "dataplane/nat", "dataplane/stages", "dataplane/engine"},
       "packets are plain bytes"},
  };
  return kWalls;
}

// The file named by an #include line.
std::optional<std::string> included(std::string_view line) {
  const std::size_t hash = line.find_first_not_of(" \t");
  if (hash == std::string_view::npos || line[hash] != '#') return std::nullopt;
  const std::size_t word = line.find_first_not_of(" \t", hash + 1);
  if (word == std::string_view::npos || !line.substr(word).starts_with("include")) return std::nullopt;
  const std::size_t open = line.find_first_of("<\"", word);
  if (open == std::string_view::npos) return std::nullopt;
  const std::size_t close = line.find_first_of(">\"", open + 1);
  if (close == std::string_view::npos) return std::nullopt;
  return std::string(line.substr(open + 1, close - open - 1));
}

// A pattern that ends in '/', '_' or is a folder matches as a prefix; a header's name must match whole ("future",
// "pcap" and "pcap/pcap.h" are meant, "pcapng_reader.h" in a room of ours is not).
bool matches(std::string_view file, std::string_view pattern) {
  if (!file.starts_with(pattern)) return false;
  if (file.size() == pattern.size()) return true;
  const bool prefix = pattern.back() == '/' || pattern.back() == '_';
  const char next = file[pattern.size()];
  return prefix || next == '/' || next == '.';
}

bool below(std::string_view path, std::string_view folder) { return !folder.empty() && path.starts_with(folder); }

}  // namespace

std::vector<Source> read_rooms(const std::string& root) {
  namespace fs = std::filesystem;
  std::vector<Source> sources;
  for (const char* room : {"rules", "dataplane", "control", "tools"}) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(fs::path(root) / room)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".h" && extension != ".cpp" && extension != ".inc") continue;
      std::ifstream file(entry.path());
      sources.push_back({fs::relative(entry.path(), root).string(), {std::istreambuf_iterator<char>(file), {}}});
    }
  }
  std::ranges::sort(sources, {}, &Source::path);
  return sources;
}

std::vector<std::string> violations(const Source& source) {
  std::vector<std::string> found;
  std::istringstream lines(source.text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    const std::optional<std::string> file = included(line);
    if (!file) continue;
    for (const Wall& wall : walls()) {
      if (!below(source.path, wall.room) || below(source.path, wall.except)) continue;
      if (std::ranges::any_of(wall.forbidden, [&](std::string_view pattern) { return matches(*file, pattern); })) {
        found.push_back(source.path + ":" + std::to_string(number) + ": includes " + *file + ": " +
                        std::string(wall.reason));
      }
    }
  }
  return found;
}

}  // namespace sallyport::tests
