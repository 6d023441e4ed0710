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

// Peers so many that maps of every form come about: one network's every second host (a page), one host each in many of
// its neighbours (split), and a host in each of many networks (dense).
std::string crowded_policy(int networks) {
  std::string list;
  for (int i = 0; i < 128; ++i) list += "\"10.9.7." + std::to_string(2 * i) + "/32\", ";
  for (int i = 0; i < 40; ++i) list += "\"10.9." + std::to_string(100 + i) + ".5/32\", ";
  for (int i = 0; i < networks; ++i) list += "\"" + std::to_string(20 + i) + ".1.2.3/32\", ";
  std::string ports;
  for (int port = 0; port < 40; ++port) {
    ports += R"({ "protocol": "tcp", "from_port": )" + std::to_string(3 * port) + R"(, "to_port": )" +
             std::to_string(3 * port) + R"(, "prefix_lists": ["many"] }, )";
  }
  return R"({ "version": 1, "vpc": { "cidr_blocks": ["10.0.0.0/16"] }, "prefix_lists": { "many": [)" + list +
         R"("172.16.0.0/12"] }, "security_groups": { "g": { "ingress": [)" + ports +
         R"({ "protocol": "udp", "from_port": 53, "to_port": 53, "prefix_lists": ["many"] }] } },
            "subnets": { "s": { "cidr_block": "10.0.0.0/24" } },
            "interfaces": { "i": { "subnet": "s", "private_ips": ["10.0.0.10"], "security_groups": ["g"] } } })";
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
  write_policy(seeds, "split", crowded_policy(5));
  write_policy(seeds, "dense", crowded_policy(40));
  test::Random random(1);
  for (int i = 0; i < kRandomPolicies; ++i) {
    write_policy(seeds, "random-" + std::to_string(i), test::random_policy(random));
    write_policy(seeds, "random-ipv6-" + std::to_string(i), test::random_policy_of_both_families(random));
  }
}
