// Rounds of all methods in turn, and the comparison of what they answered; see the header. Owner: tools/bench.
#include "tools/bench/classify.h"

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>

#include "rules/compile/compile.h"
#include "rules/decide/judge_burst.h"
#include "rules/decide/policy_view.h"
#include "rules/model/protocol.h"
#include "tools/bench/questions.h"

namespace sallyport::bench {
namespace {

using rules::PolicyView;

constexpr std::array kTraffics{"hit", "miss"};
constexpr std::uint64_t kScannedRules = 40'000'000;  // rules that a round of the scan looks at, about

// A method's rounds over one traffic: which answers it gives, what each round took.
struct Contestant {
  std::string method;
  std::string detail;
  std::uint32_t burst = 1;
  std::size_t packets = 0;
  std::string pages;
  std::function<double()> round;
  std::function<std::span<const std::uint32_t>()> answers;
  const std::vector<std::uint32_t>* lines = nullptr;  // of the rules that answers name
  std::vector<double> rounds;
};

// One number of rules.
class Size {
 public:
  Size(const ClassifyRequest& request, Shape shape, Family family, std::uint32_t rules, ClassifyResult& result,
       const std::function<void(const std::string&)>& progress)
      : request_(request), shape_(shape), family_(family), rules_(rules), result_(result), progress_(progress) {}

  void run() {
    progress_(heading() + "making rules and packets");
    workload_ = make_workload({.rules = rules_, .shape = shape_, .family = family_, .seed = request_.seed});
    make_packets();
    if (request_.with_acl) start_acl();
    compile();
    if (!image_) return;
    for (std::size_t i = 0; i < kTraffics.size(); ++i) measure(i);
  }

 private:
  [[nodiscard]] std::string heading() const {
    return std::string(name_of(shape_)) + ", " + name_of(family_) + ", " + std::to_string(rules_) + " rules: ";
  }

  void make_packets() {
    const Oracle oracle(workload_);
    const std::size_t count = request_.packets != 0 ? request_.packets : rules_ <= 1000 ? 1U << 16U : 1U << 20U;
    traffics_[0].packets = hits(workload_, count, request_.seed + 1);
    traffics_[1].packets = misses(workload_, oracle, count, request_.seed + 2);
    for (Traffic& traffic : traffics_) {
      for (const Packet& packet : traffic.packets) {
        const std::uint32_t rule = oracle.decide(packet);
        traffic.right.push_back(rule == kNoRule ? kNoRule : workload_.rules[rule].line);
      }
      traffic.answers.resize(count);
    }
  }

  // Tries both orders of fields and keeps the one whose best method is faster on hits.
  void start_acl() {
    std::array<std::vector<Packet>, kTraffics.size()> packets;
    for (std::size_t i = 0; i < kTraffics.size(); ++i) packets[i] = traffics_[i].packets;
    for (const AclOrder order : {AclOrder::set_first, AclOrder::address_first}) {
      const std::string detail = order == AclOrder::set_first ? "set and port, address" : "address, set and port";
      progress_(heading() + "rte_acl builds (" + detail + ")");
      auto peer = AclPeer::start(workload_, packets, order, request_.acl);
      BuildMeasurement build{
          .shape = name_of(shape_), .family = name_of(family_), .method = "rte_acl", .detail = detail, .rules = rules_};
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
    progress_(heading() + "compiling");
    forget_peak();
    const std::size_t resident = resident_bytes();
    const auto begin = std::chrono::steady_clock::now();
    auto compiled = rules::compile(workload_.policy);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    BuildMeasurement build{.shape = name_of(shape_),
                           .family = name_of(family_),
                           .method = "sallyport",
                           .rules = rules_,
                           .seconds = seconds};
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
    for (const std::string& name : workload_.interfaces) interfaces.push_back(view_.interface_named(name));
    for (Traffic& traffic : traffics_) ask(traffic, family_, interfaces);
    lines_.resize(view_.rules(), 0);
    for (rules::RuleIndex i = 0; i < view_.rules(); ++i) lines_[i] = view_.rule(i).line;
    for (const FlatRule& rule : workload_.rules) flat_lines_.push_back(rule.line);
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
      if (family_ == Family::ipv4) {
        in_bursts(traffic.questions, traffic, first, count, request_.burst, judge);
      } else {
        in_bursts(traffic.ipv6_questions, traffic, first, count, request_.burst, judge);
      }
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
         &lines_,
         {}});
    add_bursts(traffic, pages, list);
    add_others(which, list);
    return list;
  }

  void add_bursts(Traffic& traffic, const std::string& pages, std::vector<Contestant>& list) {
    const std::size_t all = traffic.packets.size();
    const auto own = [&traffic] { return std::span<const std::uint32_t>(traffic.answers); };
    const auto best = [this](auto some, auto verdicts) { view_.judge_groups(some, verdicts); };
    list.push_back({"sallyport-burst",
                    std::string(name_of(rules::instruction_sets().back())),
                    request_.burst,
                    all,
                    pages,
                    bursts(traffic, best),
                    own,
                    &lines_,
                    {}});
    if (!request_.all_sets) return;
    for (const auto set : rules::instruction_sets()) {
      const auto judge = [this, set](auto some, auto verdicts) {
        rules::judge_groups_with(set, *image_, some, verdicts);
      };
      list.push_back({"burst-" + std::string(name_of(set)),
                      "",
                      request_.burst,
                      all,
                      pages,
                      bursts(traffic, judge),
                      own,
                      &lines_,
                      {}});
    }
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
                      &flat_lines_,
                      {}});
    }
    const std::size_t some = std::min(all, 20 + static_cast<std::size_t>(kScannedRules / (workload_.rules.size() + 1)));
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
                    &flat_lines_,
                    {}});
  }

  void measure(std::size_t which) {
    progress_(heading() + "measuring " + kTraffics[which]);
    auto list = contestants(which);
    std::vector<std::size_t> wrong(list.size());
    std::vector<std::uint64_t> checksums(list.size());
    for (std::uint32_t run = 0; run <= request_.runs; ++run) {
      for (std::size_t i = 0; i < list.size(); ++i) {
        const double cycles = list[i].round();
        if (run == 0) continue;  // warms caches
        list[i].rounds.push_back(cycles);
        const auto lines = lines_of(list[i].answers().first(list[i].packets), *list[i].lines);
        wrong[i] += differing(lines, traffics_[which].right);
        checksums[i] = checksum_of(lines);
      }
    }
    for (std::size_t i = 0; i < list.size(); ++i) {
      result_.measurements.push_back(
          {.name = "classify/" + std::string(name_of(shape_)) + "/" + name_of(family_) + "/" + kTraffics[which],
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

  static std::vector<std::uint32_t> lines_of(std::span<const std::uint32_t> answers,
                                             const std::vector<std::uint32_t>& lines) {
    std::vector<std::uint32_t> list;
    list.reserve(answers.size());
    for (const std::uint32_t answer : answers) list.push_back(answer == kNoRule ? kNoRule : lines[answer]);
    return list;
  }

  static std::size_t differing(std::span<const std::uint32_t> answers, std::span<const std::uint32_t> right) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) count += answers[i] != right[i] ? 1U : 0U;
    return count;
  }

  const ClassifyRequest& request_;
  Shape shape_;
  Family family_;
  std::uint32_t rules_;
  ClassifyResult& result_;
  const std::function<void(const std::string&)>& progress_;
  Workload workload_;
  std::array<Traffic, kTraffics.size()> traffics_;
  std::optional<rules::Image> image_;
  std::vector<std::uint32_t> lines_, flat_lines_;  // of the image's rules, and of the flat ones
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
  for (const Shape shape : request.shapes) {
    for (const Family family : request.families) {
      for (const std::uint32_t rules : request.rules) Size(request, shape, family, rules, result, progress).run();
    }
  }
  return result;
}

}  // namespace sallyport::bench
