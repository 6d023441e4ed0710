// A trace request as words: what the command line, a table of tests and the control socket have in common.
//
// Owner: control/trace. Always: a word that is none is an error that names it; nothing is ignored.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "control/trace/trace.h"

namespace sallyport::control {

struct RequestWords {
  std::string protocol;              // "tcp", "icmp", a name of /etc/protocols or a number
  std::string from, to;              // "10.0.3.11" or "10.0.3.11:443"
  std::optional<std::string> icmp;   // "8/0" or "8"
  std::optional<std::string> flags;  // "SA"; "" for none
  std::optional<std::string> state;  // "new" or "established"
  std::optional<std::string> via;    // interface
  std::optional<std::string> in_port;
};

// Which word was wrong, and why.
struct RequestError {
  std::string word;  // "protocol", "from" ...
  std::string message;
};

[[nodiscard]] std::expected<TraceRequest, RequestError> read_request(const RequestWords& words);

struct AddressAndPort {
  rules::Ipv4 address;
  std::optional<std::uint16_t> port;
};
[[nodiscard]] std::optional<AddressAndPort> parse_endpoint(std::string_view text);

}  // namespace sallyport::control
