// Busy destinations: what choosing a port costs up to the last one, and what remains when pages run out.
//
// Owner: tests. Cost is counted in look-ups of the flow table, so no clock is asked.
#include "dataplane/nat/port_pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>

#include "dataplane/nat/address_pool.h"
#include "dataplane/packet/wire.h"
#include "tests/dataplane/support/flow_memory.h"
#include "tests/dataplane/support/port_memory.h"

namespace sallyport::dataplane {
namespace {

using testing::OwnedFlowTable;
using testing::OwnedPorts;

constexpr std::uint32_t kServer = 0xC0000201, kNat = 0xCB007109;
constexpr PortSlice kSmall{5, 64};  // 1008 ports

FlowTuple reply_from(std::uint32_t server, std::uint32_t nat = kNat, std::uint8_t protocol = kTcp) {
  return {server, nat, 443, 0, FlowTuple::pack(1, protocol)};
}

// Mappings of one worker: chosen, opened and ended as the engine does it.
class Mappings {
 public:
  Mappings(std::uint64_t flows, const PortSlice& slice, std::uint32_t pages) : table_(flows), ports_(9, slice, pages) {}

  // Opens one more; nullopt where there is no port.
  std::optional<FlowTuple> add(const FlowTuple& towards) {
    const auto port = choose(towards);
    return port ? std::optional(open(towards, *port)) : std::nullopt;
  }
  std::optional<std::uint16_t> choose(const FlowTuple& towards) {
    const auto before = ports_->probes();
    const auto port = ports_->choose(*table_, towards);
    cost_ = ports_->probes() - before;
    dearest_ = std::max(dearest_, cost_);
    return port;
  }
  FlowTuple open(FlowTuple reply, std::uint16_t port) {
    reply.destination_port = port;
    if (reply.protocol() == kIcmp) reply.source_port = port;
    const FlowTuple opening{++openers_, reply.source, 9, 9, FlowTuple::pack(0, reply.protocol())};
    EXPECT_TRUE(table_->insert(opening, reply, FlowState::other));
    ports_->began(*table_, reply);
    return reply;
  }
  void end(const FlowTuple& reply) {
    const auto id = table_->find(reply)->id;
    ports_->ended(*table_, table_->session(id).opening);
    ports_->ended(*table_, table_->session(id).reply);
    table_->erase(id);
  }
  std::vector<FlowTuple> fill(const FlowTuple& towards) {
    std::vector<FlowTuple> all;
    while (const auto reply = add(towards)) all.push_back(*reply);
    return all;
  }

  [[nodiscard]] std::uint64_t cost() const { return cost_; }        // of the last choice
  [[nodiscard]] std::uint64_t dearest() const { return dearest_; }  // choice so far
  PortAllocator& ports() { return *ports_; }
  FlowTable& table() { return *table_; }

 private:
  OwnedFlowTable table_;
  OwnedPorts ports_;
  std::uint32_t openers_ = 0x0A000000;
  std::uint64_t cost_ = 0, dearest_ = 0;
};

TEST(PortPages, TwoAddressesAreFilledToTheLastPortForLittle) {
  Mappings mappings(130'000, {}, 4);
  const std::array addresses{rules::Ipv4{kNat}, rules::Ipv4{kNat + 1}};
  std::set<std::pair<std::uint32_t, std::uint16_t>> seen;
  std::uint64_t dearest = 0;
  for (std::size_t n = 0; n < 2 * kNatPorts; ++n) {
    const auto before = mappings.ports().probes();
    const auto lent =
        lend_address(addresses, rules::Ipv4{0x0A000105}, mappings.table(), reply_from(kServer), mappings.ports());
    ASSERT_TRUE(lent) << n;
    ASSERT_TRUE(seen.emplace(lent->address, lent->port).second);
    mappings.open(reply_from(kServer, lent->address), lent->port);
    dearest = std::max(dearest, mappings.ports().probes() - before);
  }
  EXPECT_LT(mappings.ports().probes(), 2 * kNatPorts * 3 / 2) << "three look-ups for two ports";
  EXPECT_LE(dearest, 64U);
  const auto before = mappings.ports().probes();
  for (int i = 0; i < 1000; ++i) {
    ASSERT_FALSE(
        lend_address(addresses, rules::Ipv4{0x0A000105}, mappings.table(), reply_from(kServer), mappings.ports()));
  }
  EXPECT_EQ(mappings.ports().probes(), before) << "refusing costs none";
  EXPECT_EQ(mappings.ports().shortages(), 0U);
}

TEST(PortPages, PortsThatComeFreeAreFoundAtOnce) {
  for (const std::uint8_t protocol : {kTcp, kIcmp}) {
    Mappings mappings(70'000, {}, 4);
    const auto towards = reply_from(kServer, kNat, protocol);
    const auto all = mappings.fill(towards);
    ASSERT_EQ(all.size(), kNatPorts);
    std::set<std::uint16_t> freed;
    for (std::size_t i = 0; i < all.size(); i += 997) {
      mappings.end(all[i]);
      freed.insert(all[i].destination_port);
    }
    for (std::size_t left = freed.size(); left > 0; --left) {
      const auto reply = mappings.add(towards);
      ASSERT_TRUE(reply);
      EXPECT_EQ(mappings.cost(), 1U);
      EXPECT_EQ(freed.erase(reply->destination_port), 1U);
    }
    EXPECT_FALSE(mappings.add(towards));
  }
}

// A packet may still be refused after its port was chosen.
TEST(PortPages, AChoiceThatCameToNothingTakesNoPort) {
  Mappings mappings(2000, kSmall, 2);
  std::size_t opened = 0;
  while (const auto port = mappings.choose(reply_from(kServer))) {
    ASSERT_TRUE(mappings.choose(reply_from(kServer)));
    mappings.open(reply_from(kServer), *port);
    ++opened;
  }
  EXPECT_EQ(opened, kSmall.count());
}

TEST(PortPages, APageIsGivenBackWhenItsDestinationIsQuiet) {
  Mappings mappings(5000, kSmall, 1);
  for (std::uint32_t server = 0; server < 3; ++server) {
    const auto all = mappings.fill(reply_from(kServer + server));
    EXPECT_EQ(all.size(), kSmall.count());
    for (const auto& reply : all) mappings.end(reply);
  }
  EXPECT_EQ(mappings.ports().shortages(), 0U);
}

TEST(PortPages, ALittleUsedPageGivesWayAndNothingIsForgotten) {
  Mappings mappings(5000, kSmall, 1);
  const auto first = reply_from(kServer), second = reply_from(kServer + 1);
  const auto all = mappings.fill(first);
  for (std::size_t i = 20; i < all.size(); ++i) mappings.end(all[i]);
  EXPECT_EQ(mappings.fill(second).size(), kSmall.count()) << "20 ports of the first destination do not keep the page";
  EXPECT_EQ(mappings.ports().shortages(), 0U);
  for (int i = 0; i < 20; ++i) mappings.end(all[static_cast<std::size_t>(i)]);
}

TEST(PortPages, WithoutAPageSomePortsAreTried) {
  for (const std::uint32_t pages : {0U, 1U}) {
    Mappings mappings(5000, kSmall, pages);
    EXPECT_EQ(mappings.fill(reply_from(kServer)).size() == kSmall.count(), pages == 1);
    const auto other = mappings.fill(reply_from(kServer + 1));
    EXPECT_GT(other.size(), kSmall.count() / 2);
    EXPECT_GT(mappings.ports().shortages(), 0U);
    for (int i = 0; i < 100; ++i) {
      static_cast<void>(mappings.choose(reply_from(kServer + 1)));
      EXPECT_LE(mappings.cost(), PortAllocator::kProbesAtMost);
    }
  }
}

// A page that begins when all ports are taken already learns them once.
TEST(PortPages, AFullDestinationWithoutAPageIsLearntOnce) {
  Mappings mappings(5000, kSmall, 1);
  const auto full = mappings.fill(reply_from(kServer));
  std::vector<FlowTuple> kept(full.begin(), full.begin() + 100);
  for (std::size_t i = kept.size(); i < full.size(); ++i) mappings.end(full[i]);
  EXPECT_EQ(mappings.fill(reply_from(kServer + 1)).size(), kSmall.count());  // has the page now
  while (mappings.ports().shortages() < 50) {
    if (const auto reply = mappings.add(reply_from(kServer))) kept.push_back(*reply);
  }
  for (std::uint32_t index = 0; index < kSmall.count(); ++index) {  // the rest, by hand
    const auto port = static_cast<std::uint16_t>(kSmall.first() + index * kSmall.workers);
    if (mappings.ports().is_free(mappings.table(), reply_from(kServer), port)) mappings.open(reply_from(kServer), port);
  }
  for (std::uint32_t index = 0; index < kSmall.count(); ++index) {
    auto reply = reply_from(kServer + 1);
    reply.destination_port = static_cast<std::uint16_t>(kSmall.first() + index * kSmall.workers);
    mappings.end(reply);
  }
  EXPECT_FALSE(mappings.choose(reply_from(kServer)));
  EXPECT_GE(mappings.cost(), kSmall.count());
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(mappings.choose(reply_from(kServer)));
    EXPECT_EQ(mappings.cost(), 0U);
  }
}

// Random lives of mappings towards a few destinations, near the end of their ports: a refusal is always true.
TEST(PortPages, ChurnAgainstASet) {
  Mappings mappings(8000, kSmall, 4);
  std::mt19937_64 random(17);
  std::map<std::uint32_t, std::vector<FlowTuple>> open;
  std::size_t refused = 0;
  for (int step = 0; step < 200'000; ++step) {
    const auto server = kServer + static_cast<std::uint32_t>(random() % 4);
    auto& of_server = open[server];
    const bool full = of_server.size() == kSmall.count();
    if (random() % 100 < 52 + server % 3) {
      const auto reply = mappings.add(reply_from(server));
      ASSERT_EQ(reply.has_value(), !full) << step;
      if (reply) of_server.push_back(*reply);
      refused += full ? 1 : 0;
    } else if (!of_server.empty()) {
      std::swap(of_server[random() % of_server.size()], of_server.back());
      mappings.end(of_server.back());
      of_server.pop_back();
    }
    if (step % 20'000 == 19'999) {  // one falls silent
      for (const auto& reply : of_server) mappings.end(reply);
      of_server.clear();
    }
  }
  EXPECT_GT(refused, 100U);
  EXPECT_LE(mappings.dearest(), 64U);
  EXPECT_EQ(mappings.ports().shortages(), 0U);
}

TEST(PortPages, TheReserveIsAFewBytesAFlow) {
  for (const PortSlice slice : {PortSlice{0, 1}, PortSlice{1, 3}, PortSlice{0, 64}}) {
    for (const std::uint64_t flows : {std::uint64_t{1}, std::uint64_t{1'000'000}, FlowTable::kMaxCapacity}) {
      const auto pages = PortAllocator::pages_for(flows, slice);
      EXPECT_GE(pages, 2U);
      EXPECT_LE(PortPages::bytes_for(pages, slice.count()), flows * 7 / 2 + 3 * PortPages::bytes_for(1, slice.count()));
    }
  }
}

}  // namespace
}  // namespace sallyport::dataplane
