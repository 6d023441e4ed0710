#include "tests/rules/oracle/decision_diagrams.h"

namespace sallyport::rules::oracle {
namespace {

constexpr int kProtocolBits = 8;
constexpr int kKeyBits = 16;
constexpr int kAddressBits = 32;

}  // namespace

Diagrams::Diagrams() {
  bdd_init(1 << 18, 1 << 16);
  bdd_setmaxincrease(1 << 20);
  bdd_gbc_hook(nullptr);
  bdd_setvarnum(kProtocolBits + kKeyBits + kAddressBits);
}

Diagrams::~Diagrams() { bdd_done(); }

bdd Diagrams::number_between(int first_bit, int bits, std::uint32_t first, std::uint32_t last) {
  bdd at_least = bddtrue;
  bdd at_most = bddtrue;
  for (int place = 0; place < bits; ++place) {  // from the least significant upwards
    const int bit = first_bit + bits - 1 - place;
    at_least = (first >> place & 1U) != 0 ? bdd_ithvar(bit) & at_least : bdd_ithvar(bit) | at_least;
    at_most = (last >> place & 1U) != 0 ? bdd_nithvar(bit) | at_most : bdd_nithvar(bit) & at_most;
  }
  return at_least & at_most;
}

bdd Diagrams::protocol(std::uint32_t number) const { return number_between(0, kProtocolBits, number, number); }
bdd Diagrams::keys(std::uint32_t first, std::uint32_t last) const {
  return number_between(kProtocolBits, kKeyBits, first, last);
}
bdd Diagrams::addresses(std::uint32_t first, std::uint32_t last) const {
  return number_between(kProtocolBits + kKeyBits, kAddressBits, first, last);
}

bdd Diagrams::kind(std::uint32_t kind) const {
  const bdd tcp = protocol(6);
  const bdd udp = protocol(17);
  const bdd icmp = protocol(1);
  if (kind == 0) return tcp;
  if (kind == 1) return udp;
  if (kind == 2) return icmp;
  return bdd_not(tcp | udp | icmp);
}

bool operator==(const Decision& a, const Decision& b) {
  if (a.allowed != b.allowed || a.untracked != b.untracked || a.by_rule.size() != b.by_rule.size()) return false;
  for (auto left = a.by_rule.begin(), right = b.by_rule.begin(); left != a.by_rule.end(); ++left, ++right) {
    if (left->first != right->first || left->second != right->second) return false;
  }
  return true;
}

}  // namespace sallyport::rules::oracle
