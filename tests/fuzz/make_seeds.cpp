// make_seeds REPOSITORY FOLDER — the first inputs of the fuzzers: FOLDER/policy, FOLDER/gateway, FOLDER/image. They are
// the repository's own documents and random policies, and the images of them.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "rules/compile/compile.h"
#include "rules/document/documents.h"
#include "tests/support/random_policy.h"

namespace fs = std::filesystem;
using namespace sallyport;

namespace {

constexpr int kRandomPolicies = 6;  // of each kind

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const fs::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

void write_image(const fs::path& path, const std::string& text) {
  const auto read = rules::read_policy(text, "policy.json", {}, rules::Families::ipv4_and_ipv6);
  if (!read) return;
  const auto compiled = rules::compile(read->policy);
  if (!compiled) return;
  const auto bytes = compiled->image.bytes();
  write_file(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void write_policy(const fs::path& seeds, const std::string& name, const std::string& text) {
  write_file(seeds / "policy" / name, text);
  write_image(seeds / "image" / name, text);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const fs::path top = argv[1];
  const fs::path seeds = argv[2];
  for (const char* kind : {"policy", "gateway", "image"}) fs::create_directories(seeds / kind);
  for (const char* folder : {"examples", "tests", "tools/lab.d"}) {
    for (const auto& entry : fs::recursive_directory_iterator(top / folder)) {
      const fs::path& path = entry.path();
      if (path.extension() != ".json" || path.filename() == "tests.json") continue;
      const std::string name = path.parent_path().filename().string() + "-" + path.stem().string();
      if (path.filename() == "gateway.json") {
        write_file(seeds / "gateway" / name, read_file(path));
      } else {
        write_policy(seeds, name, read_file(path));
      }
    }
  }
  test::Random random(1);
  for (int i = 0; i < kRandomPolicies; ++i) {
    write_policy(seeds, "random-" + std::to_string(i), test::random_policy(random));
    write_policy(seeds, "random-ipv6-" + std::to_string(i), test::random_policy_of_both_families(random));
  }
}
