// Owner: control/server. See request_head.h.
#include "control/server/request_head.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <expected>
#include <utility>

#include "rules/document/diagnostics.h"

namespace sallyport::control {
namespace {

constexpr std::size_t kMostHeaders = 100;
constexpr std::size_t kShown = 60;  // bytes of what is repeated in messages

// Those that say what is asked or where the request ends.
constexpr auto kOnce = std::to_array<const char*>(
    {"Content-Encoding", "Content-Length", "Expect", "Host", "If-Match", "Transfer-Encoding"});

ApiError bad(std::string message) { return {400, "bad_request", std::move(message)}; }

std::string shown(std::string_view text) {
  return rules::printable(text.substr(0, kShown)) + (text.size() > kShown ? " …" : "");
}

bool same_word(const std::string& left, const char* right) { return strcasecmp(left.c_str(), right) == 0; }

// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("!#$%&'*+-.^_`|~").contains(c);
  });
}

bool is_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return (c >= '\0' && c < ' ' && c != '\t') || c == '\x7f'; });
}

std::string_view without_blanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::expected<std::pair<std::string, std::string>, ApiError> read_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  if (colon == std::string_view::npos || !is_token(name)) {
    return std::unexpected(bad(fmt::format("\"{}\" is no header", shown(line))));
  }
  const std::string_view value = without_blanks(line.substr(colon + 1));
  if (!is_value(value)) return std::unexpected(bad(fmt::format("header {} has control characters", shown(name))));
  return std::pair<std::string, std::string>{name, value};
}

std::optional<ApiError> refuse_headers(const httplib::Headers& headers) {
  for (const char* name : kOnce) {
    if (headers.count(name) > 1) return bad(fmt::format("header {} is given {} times", name, headers.count(name)));
  }
  if (const auto length = headers.find("Content-Length"); length != headers.end()) {
    if (length->second.find_first_not_of("0123456789") != std::string::npos) return bad("Content-Length is no number");
  }
  const auto expect = headers.find("Expect");
  if (expect != headers.end() && !same_word(expect->second, "100-continue")) {
    return ApiError{417, "expectation_failed",
                    fmt::format("Expect: {} is not understood, only 100-continue is", shown(expect->second))};
  }
  return std::nullopt;
}

// Takes the next line off; without its end. False where the end is no CRLF.
bool next_line(std::string_view& bytes, std::string_view& line) {
  const std::size_t end = std::min(bytes.find('\n'), bytes.size());
  line = bytes.substr(0, end);
  bytes.remove_prefix(std::min(end + 1, bytes.size()));
  if (!line.ends_with('\r')) return false;
  line.remove_suffix(1);
  return true;
}

std::optional<ApiError> read_headers(std::string_view bytes, httplib::Headers& headers) {
  std::string_view line;
  while (!bytes.empty()) {
    if (!next_line(bytes, line)) return bad("a line of the head does not end with CR LF");
    if (line.empty()) return refuse_headers(headers);
    if (headers.size() == kMostHeaders) {
      return ApiError{431, "head_too_large", fmt::format("there are more than {} headers", kMostHeaders)};
    }
    auto header = read_header(line);
    if (!header) return std::move(header).error();
    headers.insert(*std::move(header));
  }
  return bad("the head has no end");
}

}  // namespace

RequestHead read_head(std::string_view bytes) {
  RequestHead head;
  std::string_view line;
  const bool ended = next_line(bytes, line);
  head.line = line;
  head.refusal = read_headers(bytes, head.headers);
  if (!ended) head.refusal = bad("the request line does not end with CR LF");
  if (!is_value(line)) head.refusal = bad("the request line has control characters");
  return head;
}

std::size_t end_of_head(std::string_view bytes, std::size_t from) {
  for (std::size_t at = bytes.find('\n', from); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
    const std::string_view rest = bytes.substr(at + 1, 2);
    if (rest.starts_with('\n')) return at + 2;
    if (rest == "\r\n") return at + 3;
  }
  return std::string_view::npos;
}

std::string for_library(const RequestHead& head) { return head.line + "\r\n\r\n"; }

void install(RequestHead head, httplib::Request& request) {
  head.headers.erase("Content-Type");
  head.headers.erase("Range");
  if (const auto expect = head.headers.find("Expect"); expect != head.headers.end()) expect->second = "100-continue";
  if (head.refusal) head.headers.erase("Expect");
  // A request without a length has no body (RFC 9112, section 6.3): the library would wait for one.
  if (!head.headers.contains("Content-Length") && !head.headers.contains("Transfer-Encoding"))
    head.headers.emplace("Content-Length", "");
  request.headers = std::move(head.headers);
}

}  // namespace sallyport::control
