// Holds the walls of the house over the whole tree, and shows that a breach would be seen. Owner: tests.
#include "tests/walls/walls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include "tests/support/paths.h"

namespace sallyport::tests {
namespace {

using ::testing::IsEmpty;

TEST(Walls, HoldOverTheTree) {
  const std::vector<Source> sources = read_rooms(source_folder());
  ASSERT_GT(sources.size(), 20U);
  for (const Source& source : sources) EXPECT_THAT(violations(source), IsEmpty());
}

struct Breach {
  const char* description;
  const char* path;
  const char* line;
  bool breach;
};

TEST(Walls, AreSeenWhenBroken) {
  const Breach cases[] = {
      {"DPDK in rules", "rules/model/a.h", "#include <rte_mbuf.h>", true},
      {"DPDK in the core", "dataplane/flow/a.cpp", "#include <rte_hash.h>", true},
      {"DPDK in the engine, spaced", "dataplane/engine/a.cpp", "  #  include <rte_cycles.h>", true},
      {"DPDK at the edge", "dataplane/ports/a.cpp", "#include <rte_ethdev.h>", false},
      {"DPDK in control", "control/server/a.cpp", "#include <rte_eal.h>", true},
      {"captures in rules", "rules/document/a.cpp", "#include <pcap/pcap.h>", true},
      {"captures in control", "control/replay/a.cpp", "#include <pcap.h>", false},
      {"a server in the dataplane", "dataplane/runtime/a.h", "#include <httplib.h>", true},
      {"a log in the ports", "dataplane/ports/a.cpp", "#include <spdlog/spdlog.h>", true},
      {"control from below", "dataplane/ports/a.cpp", "#include \"control/server/server.h\"", true},
      {"control from rules", "rules/compile/a.cpp", "#include \"control/trace/trace.h\"", true},
      {"rules from the dataplane", "dataplane/stages/a.cpp", "#include \"rules/decide/policy_view.h\"", false},
      {"the dataplane from rules", "rules/decide/a.h", "#include \"dataplane/packet/packet.h\"", true},
      {"a thread in rules", "rules/compile/a.cpp", "#include <thread>", true},
      {"a clock in rules", "rules/image/a.cpp", "#include <chrono>", true},
      {"a driver from the engine", "dataplane/engine/a.cpp", "#include \"dataplane/ports/eal.h\"", true},
      {"the compiler in the reference", "rules/analyze/a.cpp", "#include \"rules/compile/compile.h\"", true},
      {"a word in a comment", "rules/model/a.h", "// not #include <rte_mbuf.h>", false},
  };
  for (const Breach& c : cases) EXPECT_EQ(!violations({c.path, c.line}).empty(), c.breach) << c.description;
}

TEST(Sources, OpenWithWhatTheyAreFor) {
  for (const Source& source : read_rooms(source_folder())) {
    const bool one_line = std::ranges::count(source.text, '\n') < 2;
    EXPECT_TRUE(one_line || source.text.starts_with("// ")) << source.path;
  }
}

TEST(Sources, AreOneThingEach) {
  for (const Source& source : read_rooms(source_folder())) {
    EXPECT_LE(std::ranges::count(source.text, '\n'), 400) << source.path << " is too long to be one thing";
  }
}

// Paths of the machine that wrote them have no meaning elsewhere. The words are put together so that this file is clean
// itself.
TEST(Sources, NameNoMachine) {
  namespace fs = std::filesystem;
  const std::string slash = "/";
  const std::string words[] = {slash + "work" + slash, slash + "home" + slash, slash + "root" + slash};
  const fs::path root = source_folder();
  for (auto entry = fs::recursive_directory_iterator(root); entry != fs::recursive_directory_iterator(); ++entry) {
    const std::string name = entry->path().filename().string();
    if (entry->is_directory() && (name == "build" || name == ".git" || name == ".cache"))
      entry.disable_recursion_pending();
    if (!entry->is_regular_file() || entry->path().extension() == ".pcap" || name == ".git") continue;
    std::ifstream file(entry->path());
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
      for (const std::string& word : words) {
        EXPECT_EQ(line.find(word), std::string::npos) << entry->path() << ":" << number << ": " << line;
      }
    }
  }
}

}  // namespace
}  // namespace sallyport::tests
