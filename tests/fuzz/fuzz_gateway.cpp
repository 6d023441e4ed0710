// Gateway documents from anyone: refused with errors that can be printed, or read and held against a policy.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "rules/document/documents.h"
#include "tests/fuzz/mutate_document.h"
#include "tests/fuzz/tally.h"

using namespace sallyport;
using namespace sallyport::rules;

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  return test::mutate_document(data, size, max_size, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Policy policy =
      read_policy(R"({ "version": 1, "vpc": { "cidr_blocks": ["10.0.0.0/16"], "internet_gateway": true },
                       "subnets": { "public-a": { "cidr_block": "10.0.1.0/24" } },
                       "interfaces": { "web": { "subnet": "public-a", "private_ips": ["10.0.1.10"],
                                                "public_ip": "198.51.100.2" } } })",
                  "policy.json")
          ->policy;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static test::Tally accepted("gateway documents accepted");
  const auto read = read_gateway(text, "/etc/sallyport/gateway.json");
  const Diagnostics found = read ? check_together(policy, read->config) : read.error();
  if (!read && !found.has_errors()) std::abort();
  if (read) ++accepted;
  static_cast<void>(render(found, "gateway.json", text));
  return read ? 0 : test::refused(size);
}
