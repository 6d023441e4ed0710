// rte_pktmbuf_pool_create with a choice of layout; see the header.
#include "dataplane/ports/buffer_pool.h"

#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_mempool.h>

namespace sallyport::dataplane {

rte_mempool* make_buffer_pool(const BufferPlan& plan, bool dense) {
  constexpr unsigned kCache = 256;
  rte_pktmbuf_pool_private layout{};
  layout.mbuf_data_room_size = static_cast<std::uint16_t>(plan.room + RTE_PKTMBUF_HEADROOM);
  const auto object = static_cast<unsigned>(sizeof(rte_mbuf) + layout.mbuf_data_room_size);
  rte_mempool* pool = rte_mempool_create_empty("sallyport-buffers", plan.buffers, object, kCache, sizeof layout,
                                               SOCKET_ID_ANY, dense ? RTE_MEMPOOL_F_NO_IOVA_CONTIG : 0);
  if (pool == nullptr) return nullptr;
  rte_pktmbuf_pool_init(pool, &layout);
  if (rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), nullptr) != 0 ||
      rte_mempool_populate_default(pool) < 0) {
    rte_mempool_free(pool);
    return nullptr;
  }
  rte_mempool_obj_iter(pool, rte_pktmbuf_init, nullptr);
  return pool;
}

}  // namespace sallyport::dataplane
