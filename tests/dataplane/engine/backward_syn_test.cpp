// Nobody opens a connection backwards through one that stands: a bare SYN of the side that answered is no reply.
#include "tests/dataplane/support/steps.h"

namespace sallyport::dataplane::testing {
namespace {

constexpr auto kFinAck = static_cast<std::uint8_t>(tcp::kFin | tcp::kAck);
const std::string kApp = "10.0.3.11:40000";
const std::string kDb = "10.0.4.5:5432";
const std::string kInvalid = "drop CONNTRACK_INVALID_STATE";

Step from_app(std::string what, std::uint8_t flags, const std::string& letters) {
  return {std::move(what), "inside", tcp(kApp, kDb, flags).frame(),
          "inside tcp " + kApp + " > " + kDb + " " + letters + " ttl 63"};
}
Step from_db(std::string what, std::uint8_t flags, const std::string& expected) {
  const bool dropped = expected.starts_with("drop");
  return {std::move(what), "inside", tcp(kDb, kApp, flags).frame(),
          dropped ? expected : "inside tcp " + kDb + " > " + kApp + " " + expected + " ttl 63"};
}

TEST(BackwardSyn, IsDroppedInEveryStateOfAConnectionThatStands) {
  GatewayWorld world(usual_policy().dump(), resolved());
  run(world,
      {from_app("opens", tcp::kSyn, "S"), from_db("answers", kSynAck, "SA"), from_app("acknowledges", tcp::kAck, "A"),
       from_db("established", tcp::kSyn, kInvalid), from_app("the connection goes on", tcp::kAck, "A"),
       from_app("closes its side", kFinAck, "FA"), from_db("half closed", tcp::kSyn, kInvalid),
       from_db("data still comes", tcp::kAck, "A"), from_db("the other closes", kFinAck, "FA"),
       from_db("both closed: judged as new", tcp::kSyn, "drop ENI_SG_RULES_MISMATCH")});
}

TEST(BackwardSyn, OfAConnectionPickedUpInTheMiddle) {
  GatewayWorld world(usual_policy().dump(), resolved());
  run(world, {from_app("mid-stream", tcp::kAck, "A"), from_db("backwards", tcp::kSyn, kInvalid),
              from_db("an answer", tcp::kAck, "A"), from_db("backwards again", tcp::kSyn, kInvalid)});
}

TEST(BackwardSyn, BothMayOpenAtOnce) {
  GatewayWorld world(usual_policy().dump(), resolved());
  run(world, {from_app("opens", tcp::kSyn, "S"), from_db("opens too", tcp::kSyn, "S"),
              from_db("once more, unanswered", tcp::kSyn, "S"), from_app("answers", kSynAck, "SA")});
}

TEST(BackwardSyn, FromTheInternetThroughANatMapping) {
  GatewayWorld world(usual_policy().dump(), resolved());
  world.engine().force_nat_port(2000);
  run(world, {{"out", "inside", tcp("10.0.3.11:40000", "198.18.0.7:443", tcp::kSyn).frame(),
               "outside tcp 203.0.113.5:2000 > 198.18.0.7:443 S ttl 63"},
              {"back", "outside", tcp("198.18.0.7:443", "203.0.113.5:2000", kSynAck).frame(),
               "inside tcp 198.18.0.7:443 > 10.0.3.11:40000 SA ttl 63"},
              {"on", "inside", tcp("10.0.3.11:40000", "198.18.0.7:443", tcp::kAck).frame(),
               "outside tcp 203.0.113.5:2000 > 198.18.0.7:443 A ttl 63"},
              {"backwards", "outside", tcp("198.18.0.7:443", "203.0.113.5:2000", tcp::kSyn).frame(), kInvalid}});
}

}  // namespace
}  // namespace sallyport::dataplane::testing
