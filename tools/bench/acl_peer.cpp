// The child that has an EAL, and the parent that asks it; see the header. Owner: tools/bench.
#include "tools/bench/acl_peer.h"

#include <poll.h>
#include <rte_malloc.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "dataplane/ports/eal.h"
#include "tools/bench/acl_table.h"
#include "tools/bench/machine.h"
#include "tools/bench/measure.h"

namespace sallyport::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Ask {
  std::uint32_t traffic;
  std::uint32_t method;
  std::uint32_t burst;
};

struct Told {
  bool built;
  bool huge;
  double seconds;
  std::size_t table_bytes;
  std::size_t peak_bytes;
  std::array<char, 160> problem;
};

// Messages are small and whole: one packet of the socket each.
template <typename T>
bool tell(int to, const T& message) {
  return ::send(to, &message, sizeof message, MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof message);
}
template <typename T>
bool hear(int from, T& message) {
  return ::recv(from, &message, sizeof message, 0) == static_cast<ssize_t>(sizeof message);
}

// Without hugepages EAL takes its memory from a file in memory, which the kernel backs with small pages. A limit of 0
// on files makes it fall back to plain memory, which can be backed with large ones, as Sallyport's tables are.
std::expected<std::unique_ptr<dataplane::Eal>, std::string> start_eal(std::size_t bytes) {
  rlimit before{};
  cpu_set_t processors;
  ::sched_getaffinity(0, sizeof processors, &processors);
  ::getrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &none);
  auto eal = dataplane::Eal::start(
      {"sallyport-bench", "--no-huge", "-m", std::to_string(bytes >> 20U), "--no-pci", "--no-shconf", "--no-telemetry",
       "--force-max-simd-bitwidth=512", "--file-prefix", "sallyport-bench-" + std::to_string(::getpid())},
      {});
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::sched_setaffinity(0, sizeof processors, &processors);  // EAL has bound the thread to one
  return eal;
}

int advise_huge(const rte_memseg_list* /*list*/, const rte_memseg* segment, std::size_t bytes, void* /*unused*/) {
  ::madvise(segment->addr, bytes, MADV_HUGEPAGE);
  return 0;
}

std::size_t allocated() {
  rte_malloc_socket_stats stats{};
  return rte_malloc_get_socket_stats(0, &stats) == 0 ? stats.heap_allocsz_bytes : 0;
}

struct Child {
  const Workload& workload;
  std::span<const std::vector<Packet>> traffics;
  std::span<const std::span<std::uint32_t>> answers;
  AclOrder order;
  AclLimits limits;
  int parent;

  void fail(const std::string& problem) const {
    Told told{};
    problem.copy(told.problem.data(), told.problem.size() - 1);
    tell(parent, told);
  }

  void run() const {
    auto eal = start_eal(limits.bytes);
    if (!eal) return fail(eal.error());
    rte_memseg_contig_walk(advise_huge, nullptr);
    const std::size_t resident = resident_bytes();
    const std::size_t held = allocated();
    forget_peak();
    const auto begin = Clock::now();
    auto table = AclTable::build(workload, order, limits.bytes);
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    if (!table) return fail(table.error());
    Told told{.built = true,
              .huge = pages_behind(table->address()) == "huge",
              .seconds = seconds,
              .table_bytes = allocated() - held,
              .peak_bytes = peak_bytes() - std::min(resident, peak_bytes()),
              .problem = {}};
    if (tell(parent, told)) serve(*table);
  }

  void serve(const AclTable& table) const {
    std::vector<std::vector<std::uint8_t>> keys;
    keys.reserve(traffics.size());
    for (const auto& traffic : traffics) keys.push_back(table.keys(traffic));
    for (Ask ask{}; hear(parent, ask);) {
      const std::span<const std::uint8_t> all(keys[ask.traffic]);
      const auto to = answers[ask.traffic];
      const Cost cost = cost_of(to.size(), kSlice, [&](std::size_t first, std::size_t count) {
        table.classify(all.subspan(first * table.key_bytes()), to.subspan(first, count), ask.method, ask.burst);
      });
      for (std::uint32_t& answer : answers[ask.traffic]) answer -= 1;  // 0 becomes kNoRule
      if (!tell(parent, cost)) return;
    }
  }
};

std::uint32_t* shared_words(std::size_t count) {
  void* at = ::mmap(nullptr, count * sizeof(std::uint32_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return at == MAP_FAILED ? nullptr : static_cast<std::uint32_t*>(at);
}

}  // namespace

std::expected<std::unique_ptr<AclPeer>, std::string> AclPeer::start(const Workload& workload,
                                                                    std::span<const std::vector<Packet>> traffics,
                                                                    AclOrder order, const AclLimits& limits) {
  std::unique_ptr<AclPeer> peer(new AclPeer);
  std::size_t packets = 0;
  for (const auto& traffic : traffics) packets += traffic.size();
  std::uint32_t* words = shared_words(packets);
  std::array<int, 2> ends{-1, -1};
  if (words == nullptr || ::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends.data()) != 0) {
    return std::unexpected("no memory or socket to share");
  }
  peer->answers_bytes_ = packets * sizeof *words;
  for (const auto& traffic : traffics) {
    peer->answers_.emplace_back(words, traffic.size());
    words += traffic.size();
  }
  peer->child_ = ::fork();
  if (peer->child_ == 0) {
    ::close(ends[0]);
    Child{workload, traffics, peer->answers_, order, limits, ends[1]}.run();
    ::_exit(0);
  }
  ::close(ends[1]);
  peer->socket_ = ends[0];
  if (peer->child_ < 0) return std::unexpected("cannot start a process");
  if (auto built = peer->await_build(limits); !built) return std::unexpected(built.error());
  return peer;
}

std::expected<void, std::string> AclPeer::await_build(const AclLimits& limits) {
  const auto deadline = Clock::now() + limits.time;
  const std::size_t before = resident_bytes(child_);
  for (pollfd ready{.fd = socket_, .events = POLLIN}; ::poll(&ready, 1, 20) == 0;) {
    if (Clock::now() > deadline) {
      return std::unexpected("not built within " + std::to_string(limits.time.count()) + " s");
    }
    if (resident_bytes(child_) > before + limits.bytes) {
      return std::unexpected("not built within " + std::to_string(limits.bytes >> 20U) + " MiB");
    }
  }
  Told told{};
  if (!hear(socket_, told)) return std::unexpected("its process ended while it built");
  if (!told.built) return std::unexpected(told.problem.data());
  build_ = {.seconds = told.seconds,
            .table_bytes = told.table_bytes,
            .peak_bytes = told.peak_bytes,
            .pages = told.huge ? "huge" : "small"};
  return {};
}

AclPeer::~AclPeer() {
  if (socket_ >= 0) ::close(socket_);
  if (child_ > 0) {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  if (!answers_.empty()) ::munmap(answers_.front().data(), answers_bytes_);
}

Cost AclPeer::round(std::size_t traffic, std::size_t method, std::uint32_t burst) {
  Cost cost;
  const Ask ask{
      .traffic = static_cast<std::uint32_t>(traffic), .method = static_cast<std::uint32_t>(method), .burst = burst};
  return tell(socket_, ask) && hear(socket_, cost) ? cost : Cost{};
}

}  // namespace sallyport::bench
