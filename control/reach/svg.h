// The heat map as SVG: stands alone in a file, and inside the page.
//
// Owner: control/reach. Always: every name from the document is escaped; light or dark as the reader's screen is, light
// on paper; nothing is loaded from anywhere.
#pragma once

#include <string>

#include "control/reach/picture.h"

namespace sallyport::control {

// `alone`: with an XML header and its style; else it takes the page's.
[[nodiscard]] std::string svg_of(const Picture& picture, bool alone);
// Colours and shapes of the heat map, for the SVG and for the page around it.
[[nodiscard]] std::string_view heat_map_style();

}  // namespace sallyport::control
