// Every port of the slice, each once, at random; and refusal only when none is left.
#include "dataplane/nat/port_allocator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "dataplane/nat/address_pool.h"
#include "dataplane/packet/wire.h"
#include "tests/dataplane/support/flow_memory.h"
#include "tests/dataplane/support/port_memory.h"

namespace sallyport::dataplane {
namespace {

using testing::OwnedFlowTable;
using testing::OwnedPorts;

constexpr std::uint32_t kServer = 0xC0000201, kNat = 0xCB007109;

FlowTuple reply_from(std::uint32_t server, std::uint16_t port, std::uint8_t protocol = kUdp, std::uint32_t nat = kNat) {
  return {server, nat, port, 0, FlowTuple::pack(1, protocol)};
}

// Opens a mapping as the engine would; the opener is the n-th inside connection.
SessionId open(FlowTable& table, PortAllocator& ports, FlowTuple reply, std::uint16_t port, std::uint32_t n) {
  reply.destination_port = port;
  if (reply.protocol() == kIcmp) reply.source_port = port;
  const FlowTuple opening{0x0A000000U + n, reply.source, 9999, reply.source_port, FlowTuple::pack(0, reply.protocol())};
  const auto id = table.insert(opening, reply, FlowState::other);
  EXPECT_TRUE(id);
  ports.began(table, reply);
  return id.value_or(0);
}

void close(FlowTable& table, PortAllocator& ports, SessionId id) {
  ports.ended(table, table.session(id).opening);
  ports.ended(table, table.session(id).reply);
  table.erase(id);
}

TEST(PortAllocator, UsesAllPortsOnceAndThenRefuses) {
  OwnedFlowTable table(130'000);
  OwnedPorts ports(1);
  const FlowTuple reply = reply_from(kServer, 53);
  std::set<std::uint16_t> seen;
  std::uint32_t n = 0;
  while (const auto port = ports->choose(*table, reply)) {
    ASSERT_GE(*port, kFirstNatPort);
    ASSERT_TRUE(seen.insert(*port).second) << *port;
    open(*table, *ports, reply, *port, n++);
  }
  EXPECT_EQ(seen.size(), 64512U);
  EXPECT_FALSE(ports->choose(*table, reply));

  // Another destination, destination port, protocol or NAT address has all ports still.
  for (const auto& other : {reply_from(kServer + 1, 53), reply_from(kServer, 54), reply_from(kServer, 53, kTcp),
                            reply_from(kServer, 53, kUdp, kNat + 1)}) {
    EXPECT_TRUE(ports->choose(*table, other));
  }

  // One that comes free is found again.
  const auto freed = table->find({kServer, kNat, 53, 33333, FlowTuple::pack(1, kUdp)});
  ASSERT_TRUE(freed);
  close(*table, *ports, freed->id);
  EXPECT_EQ(ports->choose(*table, reply), 33333);
}

TEST(PortAllocator, SlicesAreDisjointAndWhole) {
  for (const std::uint32_t workers : {1U, 2U, 3U, 7U, 64U, 1000U, 1024U}) {
    std::uint32_t all = 0;
    OwnedFlowTable table(1);
    std::vector<PortAllocator> allocators;
    for (std::uint32_t w = 0; w < workers; ++w) {
      allocators.emplace_back(w, PortSlice{w, workers}, std::span<std::byte>{}, 0);
    }
    for (std::uint32_t port = 0; port <= 65535; ++port) {
      const auto p = static_cast<std::uint16_t>(port);
      const bool own = allocators[port % workers].is_free(*table, reply_from(kServer, 53), p);
      ASSERT_EQ(own, port >= kFirstNatPort) << port << " of " << workers;
      all += own ? 1U : 0U;
      if (workers > 1) {
        ASSERT_FALSE(allocators[(port + 1) % workers].is_free(*table, reply_from(kServer, 53), p));
      }
    }
    EXPECT_EQ(all, 64512U);
  }
}

TEST(PortAllocator, AWorkerStaysInItsSlice) {
  OwnedFlowTable table(30'000);
  OwnedPorts ports(8, {2, 5});
  const FlowTuple reply = reply_from(kServer, 443, kTcp);
  std::uint32_t n = 0;
  while (const auto port = ports->choose(*table, reply)) {
    ASSERT_EQ(*port % 5, 2);
    open(*table, *ports, reply, *port, n++);
  }
  std::uint32_t slice = 0;
  for (std::uint32_t port = kFirstNatPort; port <= 65535; ++port) slice += port % 5 == 2 ? 1U : 0U;
  EXPECT_EQ(n, slice);
}

TEST(PortAllocator, EchoIdsAreUniquePerDestination) {
  OwnedFlowTable table(70'000);
  OwnedPorts ports(1);
  const FlowTuple reply = reply_from(kServer, 0, kIcmp);
  std::uint32_t n = 0;
  std::set<std::uint16_t> seen;
  while (const auto id = ports->choose(*table, reply)) {
    ASSERT_TRUE(seen.insert(*id).second);
    open(*table, *ports, reply, *id, n++);
  }
  EXPECT_EQ(n, 64512U);
}

TEST(PortAllocator, PortsAreSpreadAndDependOnTheSeed) {
  OwnedFlowTable table(1);
  OwnedPorts one(1), two(2);
  std::array<int, 16> parts{};
  int equal = 0;
  for (int i = 0; i < 16'000; ++i) {
    const auto a = one->choose(*table, reply_from(kServer, 53));
    const auto b = two->choose(*table, reply_from(kServer, 53));
    ASSERT_TRUE(a && b);
    equal += a == b ? 1 : 0;
    ++parts[(*a - kFirstNatPort) * 16U / kNatPorts];
  }
  EXPECT_LT(equal, 10);
  for (const int part : parts) EXPECT_NEAR(part, 1000, 200);
}

TEST(AddressPool, OneInsideAddressKeepsItsPublicAddressUntilItIsFull) {
  OwnedFlowTable table(130'000);
  OwnedPorts ports(1);
  const std::array addresses{rules::Ipv4{kNat}, rules::Ipv4{kNat + 1}};
  const rules::Ipv4 inside{0x0A000105};
  std::uint32_t n = 0;
  std::vector<std::uint32_t> used;
  const FlowTuple reply = reply_from(kServer, 53);
  while (const auto chosen = lend_address(addresses, inside, *table, reply, *ports)) {
    FlowTuple mapped = reply;
    mapped.destination = chosen->address;
    open(*table, *ports, mapped, chosen->port, n++);
    used.push_back(chosen->address);
  }
  ASSERT_EQ(used.size(), 2 * 64512U);
  EXPECT_EQ(used.front(), addresses[first_address_for(inside, 2)].value);
  EXPECT_EQ(std::count(used.begin(), used.begin() + 64512, used.front()), 64512);
  EXPECT_EQ(std::count(used.begin() + 64512, used.end(), used.front()), 0);
}

TEST(AddressPool, InsideAddressesAreSpread) {
  std::array<int, 8> parts{};
  for (std::uint32_t i = 0; i < 8000; ++i) ++parts.at(first_address_for(rules::Ipv4{0x0A000000 + i}, 8));
  for (const int part : parts) EXPECT_NEAR(part, 1000, 150);
}

TEST(AddressPool, NoAddressNoMapping) {
  OwnedFlowTable table(1);
  OwnedPorts ports(1);
  EXPECT_FALSE(lend_address({}, rules::Ipv4{1}, *table, reply_from(kServer, 53), *ports));
}

}  // namespace
}  // namespace sallyport::dataplane
