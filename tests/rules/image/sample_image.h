// An image in which every section holds something, and ways to change its bytes.
//
// Owner: tests/rules.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "rules/image/image_writer.h"
#include "tests/rules/compile/policy_builder.h"

namespace sallyport::rules::testing {

using Bytes = ImageBytes;

inline PolicyBuilder sample() {
  PolicyBuilder b;
  b.policy().source = R"({ "version": 1 })";
  b.list("office", {"198.51.100.0/24", "192.0.2.0/25"});
  b.list("sites", {"2001:db8:1::/48", "2001:db8:2::/48", "2001:db8:9::/48", "2001:db8:ffff:1::/64", "2400::/12"});
  b.group("web", {allow(tcp(80, 90), {"0.0.0.0/0", "group:app"}, 3), allow(icmp(8, -1), {"self"}, 4)},
          {allow(all(), {"list:office", "10.0.0.0/8"}, 5)});
  b.group("app",
          {allow(protocol(50), {"group:web"}, 6), allow(icmpv6(128, -1), {"list:sites"}, 11),
           allow(tcp(443), {"::/0", "group:web"}, 12)},
          {});
  b.acl("strict", {entry(10, false, tcp(22), "192.0.2.0/24", 7), entry(20, true, all(), "0.0.0.0/0", 8)}, {});
  b.table("private", {route("0.0.0.0/0", RouteTarget::nat_gateway, "nat", 9),
                      route("list:office", RouteTarget::interface, "web-1", 10)});
  b.subnet("pub", "10.0.1.0/24", {}, "private", "strict").subnet("app", "10.0.2.0/24", {"app"});
  Interface& web = b.interface("web-1", "pub", {"10.0.1.20", "10.0.1.21"}, {"web", "app"});
  web.public_ip = ip("203.0.113.9");
  web.publish = {{.first_port = 80, .last_port = 81, .target = ip("172.17.0.2"), .target_first_port = 5000}};
  b.policy().subnets.at("pub").ipv6_cidr_block = net6("2001:db8:10:1::/64");
  for (std::uint64_t i = 0; i < 6; ++i) web.ipv6_addresses.push_back({0x20010DB8'00100001, 0x20 + 3 * i});
  b.nat("nat", "pub", "10.0.1.5", {"203.0.113.5"});
  return b;
}

inline Bytes sample_bytes() {
  const Image image = sample().build();
  return {image.bytes().begin(), image.bytes().end()};
}

// Why the image is refused; "" if it is not.
inline std::string reason(Bytes bytes) {
  const auto image = Image::load(std::move(bytes));
  return image ? "" : image.error();
}

template <typename T>
T read_at(const Bytes& bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}
template <typename T>
void write_at(Bytes& bytes, std::size_t offset, const T& value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

inline std::size_t section_at(layout::SectionId id) {
  return sizeof(layout::Header) + (static_cast<std::size_t>(id) - 1) * sizeof(layout::Section);
}

// The reason after a field of the header was changed.
template <typename T>
std::string with_header(std::size_t offset, T value) {
  Bytes bytes = sample_bytes();
  write_at(bytes, offset, value);
  return reason(std::move(bytes));
}

// The reason after a field of the section table was changed and the image sealed again.
template <typename T>
std::string with_section(layout::SectionId id, std::size_t field, T value) {
  Bytes bytes = sample_bytes();
  write_at(bytes, section_at(id) + field, value);
  seal_image(bytes);
  return reason(std::move(bytes));
}

inline std::uint32_t count_of(layout::SectionId id) {
  return static_cast<std::uint32_t>(read_at<layout::Section>(sample_bytes(), section_at(id)).count);
}

// The reason after a field of a record was changed and the image sealed again.
template <typename T>
std::string with_record(layout::SectionId id, std::size_t record, std::size_t field, T value) {
  Bytes bytes = sample_bytes();
  const auto section = read_at<layout::Section>(bytes, section_at(id));
  EXPECT_LT(record, section.count);
  write_at(bytes, section.offset + record * section.record_size + field, value);
  seal_image(bytes);
  return reason(std::move(bytes));
}

}  // namespace sallyport::rules::testing
