// The head of a request, read to the letter. The HTTP library passes over lines that it does not understand, leaves
// out headers without a value, decodes % in values and takes the first of two: it gets the request line alone.
//
// Owner: control/server.
// Always: what could be read in two ways is refused (RFC 9112, sections 2.2, 3 and 5; RFC 9110, section 10.1.1).
#pragma once

#include <httplib.h>

#include <optional>
#include <string>
#include <string_view>

#include "control/server/answers.h"

namespace sallyport::control {

struct RequestHead {
  std::string line;                 // without its end
  httplib::Headers headers;         // as sent, blanks around values gone
  std::optional<ApiError> refusal;  // why no such request is taken
};

// `bytes`: up to and with the empty line.
[[nodiscard]] RequestHead read_head(std::string_view bytes);

// Where the empty line that ends a head is behind, or npos. What is before `from` has been looked at.
[[nodiscard]] std::size_t end_of_head(std::string_view bytes, std::size_t from);

// What the library reads instead of the head.
[[nodiscard]] std::string for_library(const RequestHead& head);

// Gives the library's request the headers. A document is a document, whatever curl calls it: the library would read
// forms and parts out of it. Ranges are left aside, as RFC 9110, section 14.2 allows.
void install(RequestHead head, httplib::Request& request);

}  // namespace sallyport::control
