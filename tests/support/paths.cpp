// Owner: tests/support. See paths.h.
#include "tests/support/paths.h"

namespace sallyport {

std::string source_folder() { return SALLYPORT_SOURCE; }

}  // namespace sallyport
