// ICMP errors about flows: related, translated outside and inside; and those about nothing.
//
// Owner: tests.
#include "tests/dataplane/support/steps.h"

namespace sallyport::dataplane::testing {
namespace {

Frame quoted(const PacketBuilder& builder) { return builder.packet(); }

TEST(IcmpErrors, AboutAMappingAreTranslatedBothWays) {
  GatewayWorld world(usual_policy().dump(), resolved());
  world.engine().force_nat_port(2000);
  static_cast<void>(world.send("inside", udp("10.0.3.11:40000", "198.18.0.7:53").frame()));
  const auto before = world.flows().at(0);
  world.pass(5);
  const auto mapped = quoted(udp("203.0.113.5:2000", "198.18.0.7:53"));
  run(world,
      {
          {"a router on the way keeps its address", "outside",
           icmp_error("198.18.99.1", "203.0.113.5", 11, 0, mapped).frame(),
           "inside icmp 11/0 198.18.99.1 > 10.0.3.11 [udp 10.0.3.11:40000 > 198.18.0.7:53 ttl 64] ttl 63"},
          {"the far end", "outside", icmp_error("198.18.0.7", "203.0.113.5", 3, 3, mapped).frame(),
           "inside icmp 3/3 198.18.0.7 > 10.0.3.11 [udp 10.0.3.11:40000 > 198.18.0.7:53 ttl 64] ttl 63"},
          {"about nothing", "outside",
           icmp_error("198.18.0.7", "203.0.113.5", 3, 3, quoted(udp("203.0.113.5:2001", "198.18.0.7:53"))).frame(),
           "drop ICMP_ERROR_NO_FLOW"},
          {"a redirect", "outside", icmp_error("198.18.0.7", "203.0.113.5", 5, 0, mapped).frame(),
           "drop ICMP_ERROR_NO_FLOW"},
          {"denied by the ACL all the same", "outside", icmp_error("198.19.66.1", "203.0.113.5", 11, 0, mapped).frame(),
           "drop SUBNET_ACL_RESTRICTION"},
          {"outward about nothing", "inside",
           icmp_error("10.0.3.11", "198.18.0.9", 3, 3, quoted(udp("198.18.0.9:1", "10.0.3.11:2"))).frame(),
           "drop ICMP_ERROR_NO_FLOW"},
      });
  const auto after = world.flows().at(0);
  EXPECT_EQ(after.packets_back, before.packets_back);
  EXPECT_EQ(after.idle_seconds, 5) << "an error does not refresh";
  run(world, {{"answered", "outside", udp("198.18.0.7:53", "203.0.113.5:2000").frame(),
               "inside udp 198.18.0.7:53 > 10.0.3.11:40000 ttl 63"},
              {"the client's own error about the answer", "inside",
               icmp_error("10.0.3.11", "198.18.0.7", 3, 3, quoted(udp("198.18.0.7:53", "10.0.3.11:40000"))).frame(),
               "outside icmp 3/3 203.0.113.5 > 198.18.0.7 [udp 198.18.0.7:53 > 203.0.113.5:2000 ttl 64] ttl 63"},
              {"an inside router's", "inside",
               icmp_error("10.0.3.99", "198.18.0.7", 11, 0, quoted(udp("198.18.0.7:53", "10.0.3.11:40000"))).frame(),
               "outside icmp 11/0 203.0.113.5 > 198.18.0.7 [udp 198.18.0.7:53 > 203.0.113.5:2000 ttl 64] ttl 63"}});
}

TEST(IcmpErrors, ReflectedFlowsGetBothTranslationsUndone) {
  GatewayWorld world(usual_policy().dump(), resolved());
  world.engine().force_nat_port(2000);
  static_cast<void>(world.send("inside", tcp("10.0.3.11:40000", "203.0.113.20:443", tcp::kSyn).frame()));
  run(world, {{"from the web host", "dmz",
               icmp_error("10.0.1.20", "203.0.113.5", 3, 3, quoted(tcp("203.0.113.5:2000", "10.0.1.20:443", tcp::kSyn)))
                   .frame(),
               "inside icmp 3/3 203.0.113.20 > 10.0.3.11 [tcp 10.0.3.11:40000 > 203.0.113.20:443 S ttl 64] ttl 63"}});
}

TEST(IcmpErrors, OneToOneIsUndoneInTheQuote) {
  GatewayWorld world(usual_policy().dump(), resolved());
  static_cast<void>(world.send("dmz", tcp("10.0.1.20:40000", "198.18.0.7:443", tcp::kSyn).frame()));
  run(world, {
                 {"about a tracked flow", "outside",
                  icmp_error("198.18.99.1", "203.0.113.20", 3, 4,
                             quoted(tcp("203.0.113.20:40000", "198.18.0.7:443", tcp::kSyn)))
                      .frame(),
                  "dmz icmp 3/4 198.18.99.1 > 10.0.1.20 [tcp 10.0.1.20:40000 > 198.18.0.7:443 S ttl 64] ttl 63"},
                 {"about none, judged as ICMP", "outside",
                  icmp_error("198.18.99.1", "203.0.113.20", 3, 4,
                             quoted(tcp("203.0.113.20:40001", "198.18.0.7:443", tcp::kSyn)))
                      .frame(),
                  "drop ENI_SG_RULES_MISMATCH"},
                 {"about none, admitted outward", "dmz",
                  icmp_error("10.0.1.20", "198.18.0.7", 3, 3, quoted(udp("198.18.0.7:7", "10.0.1.20:9"))).frame(),
                  "outside icmp 3/3 203.0.113.20 > 198.18.0.7 [udp 198.18.0.7:7 > 203.0.113.20:9 ttl 64] ttl 63"},
             });
  EXPECT_EQ(world.flows().size(), 1) << "an error opens no flow";
}

TEST(IcmpErrors, FromAPublishingHostNameThePublishedPort) {
  GatewayWorld world(usual_policy().dump(), resolved());
  static_cast<void>(world.send("outside", tcp("198.18.0.7:1234", "203.0.113.100:8080", tcp::kSyn).frame()));
  const auto inner = quoted(tcp("198.18.0.7:1234", "172.17.0.2:5000", tcp::kSyn));
  run(world,
      {{"by the host itself", "dmz", icmp_error("10.0.1.100", "198.18.0.7", 3, 1, inner).from(kDockerMac).frame(),
        "outside icmp 3/1 203.0.113.100 > 198.18.0.7 [tcp 198.18.0.7:1234 > 203.0.113.100:8080 S ttl 64] ttl 63"},
       {"by the target", "dmz", icmp_error("172.17.0.2", "198.18.0.7", 3, 1, inner).from(kDockerMac).frame(),
        "outside icmp 3/1 203.0.113.100 > 198.18.0.7 [tcp 198.18.0.7:1234 > 203.0.113.100:8080 S ttl 64] ttl 63"}});
}

TEST(IcmpErrors, AreLimitedAndNeverAboutErrors) {
  GatewayWorld world(usual_policy().dump(), resolved());
  const auto inner = quoted(udp("198.18.0.7:7", "10.0.1.20:9"));
  run(world, {{"an error that ran out of time", "dmz",
               icmp_error("10.0.1.20", "198.18.0.7", 3, 3, inner).ttl(1).frame(), "drop TTL_EXPIRED"}});
  EXPECT_EQ(world.originated().size(), 0);
  for (int i = 0; i < 1500; ++i) {
    static_cast<void>(world.send("inside", tcp("10.0.3.11:1", "10.0.4.5:5432", tcp::kSyn).ttl(1).frame()));
  }
  EXPECT_EQ(world.counters().icmp_errors_sent.get(), 1000);
  EXPECT_EQ(world.counters().icmp_errors_limited.get(), 500);
}

}  // namespace
}  // namespace sallyport::dataplane::testing
