// Rounds of all methods in turn, and the comparison of what they answered; see the header. Owner: tools/bench.
#include "tools/bench/classify.h"

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <span>

#include "rules/compile/compile.h"
#include "rules/decide/judge_burst.h"
#include "rules/decide/policy_view.h"

namespace sallyport::bench {
namespace {

using rules::Direction;
using rules::GroupQuestion;
using rules::GroupVerdict;
using rules::PolicyView;

constexpr std::array kTraffics{"hit", "miss"};
constexpr std::uint64_t kScannedRules = 40'000'000;  // rules that a round of the scan looks at, about

struct Traffic {
  std::vector<Packet> packets;
  std::vector<GroupQuestion> questions;
  std::vector<std::uint32_t> right;  // by the oracle
  std::vector<std::uint32_t> answers;
};

// Repeats a pass, which tells its cost, until a round is long enough to be timed. 0: a pass failed.
template <typename Pass>
double cycles_each(std::uint64_t enough, Pass&& pass) {
  Cost all;
  while (all.cycles < enough) {
    const Cost more = pass();
    if (more.packets == 0) return 0;
    all.cycles += more.cycles;
    all.packets += more.packets;
  }
  return static_cast<double>(all.cycles) / static_cast<double>(all.packets);
}

void judge_each(const PolicyView& view, Traffic& traffic, std::size_t first, std::size_t count) {
  for (std::size_t i = first; i < first + count; ++i) {
    const GroupQuestion& question = traffic.questions[i];
    traffic.answers[i] = view.judge_groups(question.interface, question.direction, question.query).rule;
  }
}

// judge(questions, verdicts) for every burst.
template <typename Judge>
void in_bursts(Traffic& traffic, std::size_t first, std::size_t count, std::uint32_t burst, Judge&& judge) {
  std::array<GroupVerdict, 1024> verdicts;
  for (const std::size_t end = first + count; first < end; first += burst) {
    const auto some =
        std::span<const GroupQuestion>(traffic.questions).subspan(first, std::min<std::size_t>(burst, end - first));
    judge(some, std::span<GroupVerdict>(verdicts));
    for (std::size_t i = 0; i < some.size(); ++i) traffic.answers[first + i] = verdicts[i].rule;
  }
}

GroupQuestion question_of(const Packet& packet, const std::vector<rules::InterfaceIndex>& interfaces) {
  GroupQuestion question{.interface = interfaces[packet.set], .direction = Direction::ingress};
  question.query = {.remote = rules::Ipv4{packet.remote[0]}, .protocol = packet.protocol};
  if (packet.protocol == rules::kProtocolIcmp) {
    question.query.icmp_type = static_cast<std::uint8_t>(packet.key >> 8U);
    question.query.icmp_code = static_cast<std::uint8_t>(packet.key);
  } else {
    question.query.destination_port = packet.key;
  }
  return question;
}

std::uint64_t checksum_of(std::span<const std::uint32_t> answers) {
  std::uint64_t hash = 0xCBF2'9CE4'8422'2325U;
  for (const std::uint32_t answer : answers) hash = (hash ^ answer) * 0x100'0000'01B3U;
  return hash;
}

// A method's rounds over one traffic: which answers it gives, what each round took.
struct Contestant {
  std::string method;
  std::string detail;
  std::uint32_t burst = 1;
  std::size_t packets = 0;
  std::string pages;
  std::function<double()> round;
  std::function<std::span<const std::uint32_t>()> answers;
  std::vector<double> rounds;
};

// One number of rules.
class Size {
 public:
  Size(const ClassifyRequest& request, std::uint32_t rules, ClassifyResult& result,
       const std::function<void(const std::string&)>& progress)
      : request_(request), rules_(rules), result_(result), progress_(progress) {}

  void run() {
    progress_(std::to_string(rules_) + " rules: making rules and packets");
    workload_ = make_workload({.rules = rules_, .shape = request_.shape, .seed = request_.seed});
    make_packets();
    if (request_.with_acl) start_acl();
    compile();
    if (!image_) return;
    for (std::size_t i = 0; i < kTraffics.size(); ++i) measure(i);
  }

 private:
  void make_packets() {
    const Oracle oracle(workload_);
    const std::size_t count = request_.packets != 0 ? request_.packets : rules_ <= 1000 ? 1U << 16U : 1U << 20U;
    traffics_[0].packets = hits(workload_, count, request_.seed + 1);
    traffics_[1].packets = misses(workload_, oracle, count, request_.seed + 2);
    for (Traffic& traffic : traffics_) {
      for (const Packet& packet : traffic.packets) traffic.right.push_back(oracle.decide(packet));
      traffic.answers.resize(count);
    }
  }

  // Tries both orders of fields and keeps the one whose best method is faster on hits.
  void start_acl() {
    std::array<std::vector<Packet>, kTraffics.size()> packets;
    for (std::size_t i = 0; i < kTraffics.size(); ++i) packets[i] = traffics_[i].packets;
    for (const AclOrder order : {AclOrder::set_first, AclOrder::address_first}) {
      const std::string detail = order == AclOrder::set_first ? "set and port, address" : "address, set and port";
      progress_(std::to_string(rules_) + " rules: rte_acl builds (" + detail + ")");
      auto peer = AclPeer::start(workload_, packets, order, request_.acl);
      BuildMeasurement build{.method = "rte_acl", .detail = detail, .rules = rules_};
      if (peer) {
        build.seconds = (*peer)->build().seconds;
        build.table_bytes = (*peer)->build().table_bytes;
        build.peak_bytes = (*peer)->build().peak_bytes;
        keep_if_faster(std::move(*peer), detail);
      } else {
        build.problem = peer.error();
      }
      result_.builds.push_back(build);
    }
  }

  void keep_if_faster(std::unique_ptr<AclPeer> peer, const std::string& detail) {
    const auto methods = AclPeer::methods();
    for (std::size_t method = 0; method < methods.size(); ++method) {
      std::uint64_t best = ~std::uint64_t{0};
      for (int i = 0; i < 3; ++i) best = std::min(best, peer->round(0, method, request_.burst).cycles);
      if (best == 0 || best >= acl_best_) continue;
      acl_best_ = best;
      acl_method_ = method;
      acl_detail_ = methods[method] + "; " + detail;
    }
    if (acl_detail_.ends_with(detail)) acl_ = std::move(peer);
  }

  void compile() {
    progress_(std::to_string(rules_) + " rules: compiling");
    forget_peak();
    const std::size_t resident = resident_bytes();
    const auto begin = std::chrono::steady_clock::now();
    auto compiled = rules::compile(workload_.policy);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    BuildMeasurement build{.method = "sallyport", .rules = rules_, .seconds = seconds};
    if (compiled) {
      build.table_bytes = compiled->image.bytes().size();
      build.peak_bytes = peak_bytes() - std::min(resident, peak_bytes());
      image_ = std::move(compiled->image);
    } else {
      build.problem = "the compiler refuses it";
    }
    result_.builds.push_back(build);
    if (!image_) return;
    view_ = PolicyView(*image_);
    std::vector<rules::InterfaceIndex> interfaces;
    for (std::uint32_t set = 0; set < workload_.sets; ++set) {
      interfaces.push_back(view_.interface_named(interface_name(set)));
    }
    for (Traffic& traffic : traffics_) {
      for (const Packet& packet : traffic.packets) traffic.questions.push_back(question_of(packet, interfaces));
    }
  }

  // Rounds of slices of a traffic.
  template <typename Slice>
  std::function<double()> rounds(std::size_t packets, std::size_t each, Slice slice) {
    return [this, packets, each, slice] {
      return cycles_each(request_.round_cycles, [&] { return cost_of(packets, each, slice); });
    };
  }

  template <typename Judge>
  std::function<double()> bursts(Traffic& traffic, Judge judge) {
    return rounds(traffic.packets.size(), kSlice, [this, &traffic, judge](std::size_t first, std::size_t count) {
      in_bursts(traffic, first, count, request_.burst, judge);
    });
  }

  std::vector<Contestant> contestants(std::size_t which) {
    Traffic& traffic = traffics_[which];
    const std::size_t all = traffic.packets.size();
    const std::string pages = pages_behind(image_->bytes().data() + image_->bytes().size() / 2);
    const auto own = [&traffic] { return std::span<const std::uint32_t>(traffic.answers); };
    std::vector<Contestant> list;
    list.push_back(
        {"sallyport",
         "",
         1,
         all,
         pages,
         rounds(all, kSlice,
                [this, &traffic](std::size_t first, std::size_t count) { judge_each(view_, traffic, first, count); }),
         own,
         {}});
    list.push_back({"sallyport-burst",
                    std::string(name_of(rules::instruction_sets().back())),
                    request_.burst,
                    all,
                    pages,
                    bursts(traffic, [this](auto some, auto verdicts) { view_.judge_groups(some, verdicts); }),
                    own,
                    {}});
    for (const auto set : request_.all_sets ? rules::instruction_sets() : std::vector<rules::InstructionSet>{}) {
      list.push_back(
          {"burst-" + std::string(name_of(set)),
           "",
           request_.burst,
           all,
           pages,
           bursts(traffic,
                  [this, set](auto some, auto verdicts) { rules::judge_groups_with(set, *image_, some, verdicts); }),
           own,
           {}});
    }
    add_others(which, list);
    return list;
  }

  void add_others(std::size_t which, std::vector<Contestant>& list) {
    Traffic& traffic = traffics_[which];
    const std::size_t all = traffic.packets.size();
    if (acl_) {
      const auto pass = [this, which] { return acl_->round(which, acl_method_, request_.burst); };
      list.push_back({"rte_acl",
                      acl_detail_,
                      request_.burst,
                      all,
                      acl_->build().pages,
                      [this, pass] { return cycles_each(request_.round_cycles, pass); },
                      [this, which] { return acl_->answers(which); },
                      {}});
    }
    const std::size_t some = std::min(all, 20 + static_cast<std::size_t>(kScannedRules / rules_));
    const auto slice = [this, &traffic](std::size_t first, std::size_t count) {
      for (std::size_t i = first; i < first + count; ++i)
        traffic.answers[i] = scan(workload_.rules, traffic.packets[i]);
    };
    list.push_back({"scan",
                    "",
                    1,
                    some,
                    pages_behind(workload_.rules.data() + workload_.rules.size() / 2),
                    rounds(some, some / 64 + 1, slice),
                    [&traffic] { return std::span<const std::uint32_t>(traffic.answers); },
                    {}});
  }

  void measure(std::size_t which) {
    progress_(std::to_string(rules_) + " rules: measuring " + kTraffics[which]);
    auto list = contestants(which);
    std::vector<std::size_t> wrong(list.size());
    std::vector<std::uint64_t> checksums(list.size());
    for (std::uint32_t run = 0; run <= request_.runs; ++run) {
      for (std::size_t i = 0; i < list.size(); ++i) {
        const double cycles = list[i].round();
        if (run == 0) continue;  // warms caches
        list[i].rounds.push_back(cycles);
        const auto answers = list[i].answers().first(list[i].packets);
        wrong[i] += differing(answers, traffics_[which].right);
        checksums[i] = checksum_of(answers);
      }
    }
    for (std::size_t i = 0; i < list.size(); ++i) {
      result_.measurements.push_back({.name = "classify/ipv4/" + std::string(kTraffics[which]),
                                      .method = list[i].method,
                                      .detail = list[i].detail,
                                      .rules = rules_,
                                      .packets = list[i].packets,
                                      .burst = list[i].burst,
                                      .pages = list[i].pages,
                                      .cycles = spread_of(list[i].rounds),
                                      .checksum = checksums[i],
                                      .wrong = wrong[i]});
    }
  }

  static std::size_t differing(std::span<const std::uint32_t> answers, std::span<const std::uint32_t> right) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) count += answers[i] != right[i] ? 1U : 0U;
    return count;
  }

  const ClassifyRequest& request_;
  std::uint32_t rules_;
  ClassifyResult& result_;
  const std::function<void(const std::string&)>& progress_;
  Workload workload_;
  std::array<Traffic, kTraffics.size()> traffics_;
  std::optional<rules::Image> image_;
  PolicyView view_;
  std::unique_ptr<AclPeer> acl_;
  std::uint64_t acl_best_ = ~std::uint64_t{0};
  std::size_t acl_method_ = 0;
  std::string acl_detail_;
};

}  // namespace

std::size_t ClassifyResult::wrong() const {
  std::size_t all = 0;
  for (const Measurement& measurement : measurements) all += measurement.wrong;
  return all;
}

ClassifyResult run_classify(const ClassifyRequest& request, const std::function<void(const std::string&)>& progress) {
  ClassifyResult result{.request = request, .machine = this_machine(), .measurements = {}, .builds = {}};
  for (const std::uint32_t rules : request.rules) Size(request, rules, result, progress).run();
  return result;
}

}  // namespace sallyport::bench
