// What reach found as lines and cells to draw: parties as they are, or blocks of neighbours where there are too many.
//
// Owner: control/reach. Knows nothing of SVG or HTML.
// Always: rows ask, columns answer; the hosts' lines come in the same order in both.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "rules/analyze/reach.h"

namespace sallyport::control {

struct PictureLine {
  std::string label;
  std::string note;                    // small, behind the label
  std::vector<std::uint32_t> parties;  // one; a block: several
  bool apart = false;                  // not hosts: drawn away from them
  bool usual = false;                  // stands for what most senders get (rows)
};

struct PictureCell {
  rules::ReachLevel level = rules::ReachLevel::nothing;  // the worst
  bool lost = false;  // something is let in that gets no replies, nothing else is open
  bool alike = true;
  std::array<std::size_t, 4> pairs{};  // of parties, by level; a folded cell's are those beyond what is usual
  std::size_t all_pairs = 0;
  std::vector<std::string> words;  // what is open, short
  std::string title;               // all there is to say, several lines
};

class Picture {
 public:
  Picture(const rules::Reach& reach, std::string file);

  [[nodiscard]] const rules::Reach& reach() const { return reach_; }
  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] bool folded() const { return !reach_.complete; }
  [[nodiscard]] const std::vector<PictureLine>& rows() const { return rows_; }
  [[nodiscard]] const std::vector<PictureLine>& columns() const { return columns_; }
  [[nodiscard]] PictureCell cell(std::size_t row, std::size_t column) const;
  [[nodiscard]] std::string subtitle() const;
  // Sentences that belong below the picture: what the internet reaches, which replies are lost.
  [[nodiscard]] std::vector<std::string> remarks() const;

  // What stands between two parties; null: what is usual.
  [[nodiscard]] const rules::ReachCell* found(std::uint32_t from, std::uint32_t to) const;
  [[nodiscard]] rules::ReachUsual between(std::uint32_t from, std::uint32_t to) const;
  // Several lines: what is open, by which rules, or why nothing is.
  [[nodiscard]] std::string title(std::uint32_t from, std::uint32_t to) const;
  // The profile that most parties have.
  [[nodiscard]] std::uint32_t most_common_profile() const { return common_profile_; }

 private:
  void order_parties();
  void fold();
  void count_blocks();
  PictureCell single(std::uint32_t from, std::uint32_t to) const;
  PictureCell block(std::size_t row, std::size_t column) const;
  PictureCell usual(const PictureLine& column) const;

  const rules::Reach& reach_;
  std::string file_;
  std::vector<PictureLine> rows_, columns_;
  std::vector<std::vector<const rules::ReachCell*>> by_receiver_;  // ascending by sender
  std::uint32_t common_profile_ = 0;

  // A folded cell, counted in one pass.
  struct Counted {
    std::array<std::size_t, 4> pairs{};
    std::map<rules::reaching::SetId, std::size_t> sets;
    const rules::ReachCell* example = nullptr;
    rules::ReachLevel worst = rules::ReachLevel::nothing;
  };
  void count(Counted& counted, rules::reaching::SetId open, std::size_t pairs) const;
  std::vector<std::vector<Counted>> counted_;  // [row][column]
};

}  // namespace sallyport::control
