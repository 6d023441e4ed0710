// The pool every packet buffer comes from.
//
// Owner: dataplane/ports; made and freed by the control thread, used by every worker and driver.
#pragma once

#include "dataplane/ports/plan.h"

struct rte_mempool;

namespace sallyport::dataplane {

// `dense`: buffers lie side by side without regard to pages. XDP sockets need that (the kernel is told one size for
// all), DMA on ordinary pages forbids it. nullptr: no memory, with rte_errno.
[[nodiscard]] rte_mempool* make_buffer_pool(const BufferPlan& plan, bool dense);

}  // namespace sallyport::dataplane
