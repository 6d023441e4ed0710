// Link types, damage with its offset, time that goes back, merging.
#include "control/replay/capture_reader.h"

#include <gmock/gmock.h>

#include "control/replay/merge.h"
#include "dataplane/packet/wire.h"
#include "tests/control/cli/run_cli.h"
#include "tests/control/replay/captures.h"

namespace sallyport::control::test {
namespace {

using ::testing::HasSubstr;

Frame udp_frame() {
  Probe probe;
  probe.from_mac = {{2, 0, 0, 0, 0, 1}};
  probe.to_mac = {{2, 0, 0, 0, 0, 2}};
  probe.protocol = 17;
  probe.from = {0x0A000001};
  probe.to = {0x0A000002};
  return build(probe);
}

Frame bytes(std::initializer_list<int> values) {
  Frame frame;
  for (const auto value : values) frame.push_back(std::byte(value));
  return frame;
}

Frame operator+(Frame a, const Frame& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(CaptureReader, PutsAnEthernetHeaderInFront) {
  const auto ethernet = udp_frame();
  const Frame ip(ethernet.begin() + 14, ethernet.end());
  struct Case {
    const char* description;
    std::uint32_t link_type;
    Frame record;
  };
  const Case cases[] = {
      {"raw IP", 101, ip},
      {"raw IPv4", 228, ip},
      {"null, little-endian", 0, bytes({2, 0, 0, 0}) + ip},
      {"null, big-endian", 0, bytes({0, 0, 0, 2}) + ip},
      {"loop", 108, bytes({0, 0, 0, 2}) + ip},
      {"Linux cooked", 113, bytes({0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0}) + ip},
      {"Linux cooked 2", 276, bytes({8, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0}) + ip},
      {"Ethernet", 1, ethernet},
  };
  const Folder folder;
  for (const auto& c : cases) {
    SCOPED_TRACE(c.description);
    auto reader = CaptureReader::open(folder.write("x.pcap", PcapFile(c.link_type).record(5, c.record).bytes()));
    ASSERT_TRUE(reader) << reader.error();
    const auto packet = reader->next();
    ASSERT_TRUE(packet);
    ASSERT_EQ(packet->frame.size(), ethernet.size());
    EXPECT_EQ(dataplane::load_be16(packet->frame.data() + 12), dataplane::kEtherTypeIpv4);
    EXPECT_TRUE(std::equal(ip.begin(), ip.end(), packet->frame.begin() + 14));
    EXPECT_EQ(packet->time, 5U);
    EXPECT_FALSE(reader->next());
    EXPECT_EQ(reader->damage(), "");
  }
}

TEST(CaptureReader, ReadsPcapng) {
  const Folder folder;
  auto reader = CaptureReader::open(folder.write("x.pcapng", PcapngFile().record(7'000'000'001, udp_frame()).bytes()));
  ASSERT_TRUE(reader) << reader.error();
  const auto packet = reader->next();
  ASSERT_TRUE(packet) << reader->damage();
  EXPECT_EQ(packet->frame, udp_frame());
  EXPECT_EQ(packet->time, 7'000'000'001U);
}

TEST(CaptureReader, StopsAtDamageAndSaysWhere) {
  const Folder folder;
  const auto whole = PcapFile().record(1, udp_frame()).record(2, udp_frame()).bytes();
  const auto second = 24 + 16 + udp_frame().size();
  auto absurd = whole;
  absurd[second + 11] = '\x7F';  // the length of the second record
  for (const auto& text : {whole.substr(0, whole.size() - 5), whole.substr(0, second + 7), absurd}) {
    auto reader = CaptureReader::open(folder.write("x.pcap", text));
    ASSERT_TRUE(reader) << reader.error();
    EXPECT_TRUE(reader->next());
    EXPECT_FALSE(reader->next());
    EXPECT_THAT(reader->damage(), HasSubstr("record 2 at byte " + std::to_string(second)));
    EXPECT_FALSE(reader->next());
  }
}

TEST(CaptureReader, RefusesWhatIsNoCapture) {
  const Folder folder;
  EXPECT_THAT(CaptureReader::open(folder.file("missing")).error(), HasSubstr("No such file"));
  EXPECT_FALSE(CaptureReader::open(folder.write("empty", "")));
  EXPECT_FALSE(CaptureReader::open(folder.write("text", "this is a text and no capture")));
  EXPECT_THAT(CaptureReader::open(folder.write("wlan", PcapFile(105).bytes())).error(), HasSubstr("link type"));
}

TEST(CaptureReader, KeepsTimeFromGoingBack) {
  const Folder folder;
  const auto text = PcapFile().record(9, udp_frame()).record(4, udp_frame()).record(10, udp_frame()).bytes();
  auto reader = CaptureReader::open(folder.write("x.pcap", text));
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->next()->time, 9U);
  EXPECT_EQ(reader->next()->time, 9U);
  EXPECT_EQ(reader->next()->time, 10U);
  EXPECT_EQ(reader->backward_times(), 1U);
}

TEST(CaptureReader, TellsCutPackets) {
  const Folder folder;
  auto reader = CaptureReader::open(folder.write("x.pcap", PcapFile().record(1, udp_frame(), 1500).bytes()));
  EXPECT_TRUE(reader->next()->cut_short);
}

TEST(CaptureMerge, OrdersByTimeThenByFile) {
  const Folder folder;
  auto merge =
      CaptureMerge::open({folder.write("a", PcapFile().record(1, udp_frame()).record(5, udp_frame()).bytes()),
                          folder.write("b", PcapFile().record(1, udp_frame()).record(3, udp_frame()).bytes())});
  ASSERT_TRUE(merge) << merge.error();
  std::vector<std::pair<std::size_t, dataplane::Time>> seen;
  while (auto next = merge->next()) seen.emplace_back(next->file, next->packet.time);
  const std::vector<std::pair<std::size_t, dataplane::Time>> expected{{0, 1}, {1, 1}, {1, 3}, {0, 5}};
  EXPECT_EQ(seen, expected);
}

}  // namespace
}  // namespace sallyport::control::test
