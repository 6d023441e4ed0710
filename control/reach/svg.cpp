// Owner: control/reach. See svg.h.
#include "control/reach/svg.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "control/cli/output.h"
#include "control/reach/words.h"

namespace sallyport::control {
namespace {

constexpr std::size_t kMostLabel = 34;  // characters
constexpr double kLabelWidth = 7.3;     // of one, at 12px and bold
constexpr double kNoteWidth = 5.5;      // of one, at 10px
constexpr double kGap = 10;             // between hosts and others

struct Size {
  double width, height;
  std::size_t lines;    // of words in a cell; 0: none
  std::size_t letters;  // of a line
};

struct LegendEntry {
  std::string_view name, words;
};
constexpr LegendEntry kLegend[] = {
    {"back", "nothing"},         {"some", "some ports"},           {"admin", "administration or database ports too"},
    {"everything", "all ports"}, {"lost", "let in, replies lost"}, {"partly", "not between all of them"}};

Size cell_size(const Picture& picture) {
  if (picture.folded()) return {24, 24, 0, 0};
  const auto many = std::max(picture.rows().size(), picture.columns().size());
  if (many <= 14) return {90, 44, 3, 12};
  if (many <= 24) return {72, 34, 2, 9};
  return {18, 18, 0, 0};
}

// At a code point's border.
std::string shortened(const std::string& text, std::size_t most) {
  if (shown_width(text) <= most) return text;
  std::string result;
  std::size_t shown = 0;
  for (const char c : text) {
    const bool begins = (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    if (begins && ++shown == most) break;
    result += c;
  }
  return result + "…";
}

class Drawing {
 public:
  Drawing(const Picture& picture, bool alone) : picture_(picture), alone_(alone), size_(cell_size(picture)) {
    measure();
  }

  std::string draw() {
    head();
    labels();
    for (std::size_t row = 0; row < picture_.rows().size(); ++row) {
      for (std::size_t column = 0; column < picture_.columns().size(); ++column) cell(row, column);
    }
    foot();
    return std::move(out_);
  }

 private:
  template <typename... Values>
  void add(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Values>(values)...);
  }

  static std::vector<double> positions(const std::vector<PictureLine>& lines, double start, double step) {
    std::vector<double> at;
    double next = start;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (i > 0 && lines[i].apart != lines[i - 1].apart) next += kGap;
      at.push_back(next);
      next += step;
    }
    at.push_back(next);
    return at;
  }

  void measure() {
    double left = 60;
    double slanted = 40;
    for (const auto& line : picture_.rows()) {
      const auto label = static_cast<double>(std::min(shown_width(line.label), kMostLabel)) * kLabelWidth;
      const auto note = static_cast<double>(std::min(shown_width(line.note), kMostLabel)) * kNoteWidth;
      left = std::max(left, two_lines() ? std::max(label, note) : label + note + 8);
    }
    double overhang = 0;
    for (const auto& line : picture_.columns()) {
      slanted = std::max(slanted, static_cast<double>(std::min(shown_width(line.label), kMostLabel)) * kLabelWidth);
    }
    slanted *= 0.72;  // they stand at 45 degrees
    overhang = slanted;
    left_ = left + 34;
    top_ = 70 + slanted + 14;
    x_ = positions(picture_.columns(), left_, size_.width);
    y_ = positions(picture_.rows(), top_, size_.height);
    width_ = std::max(x_.back() + overhang + 10, 24 + legend_width() + (picture_.folded() ? 340 : 24));
    remarks_ = picture_.remarks();
    height_ = y_.back() + 62 + 18 * static_cast<double>(remarks_.size());
  }
  [[nodiscard]] static double entry_width(std::string_view words) {
    return 36 + static_cast<double>(words.size()) * 5.9;
  }
  [[nodiscard]] static double legend_width() {
    double width = 0;
    for (const auto& entry : kLegend) width += entry_width(entry.words);
    return width;
  }
  [[nodiscard]] bool two_lines() const { return size_.height >= 30; }

  void head() {
    if (alone_) add("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    add("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"reach\" viewBox=\"0 0 {:.0f} {:.0f}\" width=\"{:.0f}\" "
        "height=\"{:.0f}\" role=\"img\" aria-label=\"Who can talk to whom\">\n",
        width_, height_, width_, height_);
    if (alone_) add("<style>{}</style>\n<rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n", heat_map_style());
    add("<defs><pattern id=\"lost\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
        "patternTransform=\"rotate(45)\"><rect class=\"hatch\" width=\"2.4\" height=\"6\"/></pattern></defs>\n");
    add("<text class=\"heading\" x=\"24\" y=\"36\">Who can talk to whom</text>\n");
    add("<text class=\"note\" x=\"24\" y=\"56\">{} — {}</text>\n", escaped(picture_.file()),
        escaped(picture_.subtitle()));
  }

  void labels() {
    const auto& columns = picture_.columns();
    add("<text class=\"small end\" x=\"{:.1f}\" y=\"{:.1f}\">from ↓ to →</text>\n", left_ - 10, top_ - 10);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const double x = x_[i] + size_.width / 2;
      add("<text class=\"label{}\" transform=\"translate({:.1f},{:.1f}) rotate(-45)\">{}<title>{}</title></text>\n",
          columns[i].apart ? " apart" : "", x + 3, top_ - 10, escaped(shortened(columns[i].label, kMostLabel)),
          escaped(columns[i].label + "\n" + columns[i].note));
    }
    const auto& rows = picture_.rows();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const double middle = y_[i] + size_.height / 2;
      const auto label = escaped(shortened(rows[i].label, kMostLabel));
      const auto note = escaped(shortened(rows[i].note, kMostLabel));
      const std::string_view apart = rows[i].apart ? " apart" : "";
      const double x = left_ - 10;
      if (two_lines()) {
        add("<text class=\"label{} end\" x=\"{:.1f}\" y=\"{:.1f}\">{}<title>{}</title></text>\n", apart, x, middle - 1,
            label, escaped(rows[i].label));
        add("<text class=\"small end\" x=\"{:.1f}\" y=\"{:.1f}\">{}<title>{}</title></text>\n", x, middle + 12, note,
            escaped(rows[i].note));
      } else {
        add("<text class=\"label{} end\" x=\"{:.1f}\" y=\"{:.1f}\">{} <tspan class=\"small\">{}</tspan>"
            "<title>{}</title></text>\n",
            apart, x, middle + 4, label, note, escaped(rows[i].label + "\n" + rows[i].note));
      }
    }
  }

  void cell(std::size_t row, std::size_t column) {
    const auto found = picture_.cell(row, column);
    if (found.all_pairs == 0) return;
    const bool self = !picture_.folded() && picture_.rows()[row].label == picture_.columns()[column].label &&
                      !picture_.rows()[row].apart;
    add("<g class=\"cell{}\" data-row=\"{}\" data-column=\"{}\"><title>{}</title>", self ? " self" : "", row, column,
        escaped(found.title));
    add("<rect class=\"back\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>", x_[column], y_[row],
        size_.width, size_.height);
    if (self) {
      add("<rect class=\"inner\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"2\"/>",
          x_[column] + 3, y_[row] + 3, size_.width - 6, size_.height - 6);
    }
    const auto& lines = picture_.rows();
    if (!picture_.folded()) {
      whole(found, x_[column], y_[row]);
    } else if (lines[row].apart || picture_.columns()[column].apart) {
      bar(found, x_[column], y_[row]);
    } else {
      square(found, x_[column], y_[row]);
    }
    add("</g>\n");
  }

  void whole(const PictureCell& cell, double x, double y) {
    const auto& [width, height, lines, letters] = size_;
    const std::string_view name = cell.lost ? "lost" : level_name(cell.level);
    if (cell.level != rules::ReachLevel::nothing || cell.lost) {
      add("<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"2\"/>", name, x + 1,
          y + 1, width - 2, height - 2);
    }
    if (!cell.alike) {
      add("<path class=\"partly\" d=\"M{:.1f} {:.1f}h-9l9 9z\"/>", x + width - 1, y + 1);
    }
    if (lines == 0) return;
    auto words = cell.lost ? std::vector<std::string>{"replies lost"} : wrapped(cell.words, letters);
    if (words.size() > lines) {
      words.resize(lines);
      words.back() = shortened(words.back(), letters - 2) + " …";
    }
    const double first = y + height / 2 + 4 - 6.5 * static_cast<double>(words.size() - (words.empty() ? 0U : 1U));
    for (std::size_t i = 0; i < words.size(); ++i) {
      add("<text class=\"on {}\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>", name, x + width / 2,
          first + 13 * static_cast<double>(i), escaped(shortened(words[i], letters)));
    }
  }

  // Words of one line go on in the next.
  static std::vector<std::string> wrapped(const std::vector<std::string>& words, std::size_t letters) {
    std::vector<std::string> lines;
    for (const auto& all : words) {
      std::string line;
      std::size_t at = 0;
      while (at < all.size()) {
        const auto space = std::min(all.find(' ', at), all.size());
        const auto word = all.substr(at, space - at);
        if (!line.empty() && line.size() + 1 + word.size() > letters) lines.push_back(std::exchange(line, ""));
        line += (line.empty() ? "" : " ") + word;
        at = space + 1;
      }
      if (!line.empty()) lines.push_back(line);
    }
    return lines;
  }

  // A step larger for ten times the share.
  [[nodiscard]] double side_of(double share) const {
    const double whole = size_.width - 2;
    return 4 + (whole - 4) * std::clamp(1 + std::log10(share) / 4, 0.0, 1.0);
  }

  void square(const PictureCell& cell, double x, double y) {
    const std::size_t open = cell.all_pairs - cell.pairs[0];
    if (open == 0 || cell.all_pairs == 0) return;
    const double side = side_of(static_cast<double>(open) / static_cast<double>(cell.all_pairs));
    add("<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>", level_name(cell.level),
        x + (size_.width - side) / 2, y + (size_.height - side) / 2, side, side);
  }

  // Shares of the levels, the most open at the bottom.
  void bar(const PictureCell& cell, double x, double y) {
    if (cell.all_pairs == 0) return;
    double bottom = y + size_.height - 1;
    for (std::size_t level = 4; level-- > 1;) {
      if (cell.pairs[level] == 0) continue;
      const double height =
          static_cast<double>(cell.pairs[level]) / static_cast<double>(cell.all_pairs) * (size_.height - 2);
      bottom -= height;
      add("<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.2f}\" width=\"{:.1f}\" height=\"{:.2f}\"/>",
          level_name(static_cast<rules::ReachLevel>(level)), x + 1, bottom, size_.width - 2, height);
    }
  }

  void foot() {
    double x = 24;
    const double y = y_.back() + 24;
    for (const auto& entry : kLegend) {
      add("<rect class=\"back\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"14\" height=\"14\" rx=\"2\"/>", x, y);
      if (entry.name == "partly") {
        add("<path class=\"partly\" d=\"M{:.1f} {:.1f}h-9l9 9z\"/>", x + 13, y + 1);
      } else if (entry.name != "back") {
        add("<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"14\" height=\"14\" rx=\"2\"/>", entry.name, x, y);
      }
      add("<text class=\"small key\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", x + 19, y + 11, entry.words);
      x += entry_width(entry.words);
    }
    if (picture_.folded()) legend_of_sizes(x, y);
    for (std::size_t i = 0; i < remarks_.size(); ++i) {
      add("<text class=\"note\" x=\"24\" y=\"{:.1f}\">{}</text>\n", y + 38 + 18 * static_cast<double>(i),
          escaped(remarks_[i]));
    }
    add("</svg>\n");
  }

  void legend_of_sizes(double x, double y) {
    static constexpr std::pair<double, std::string_view> kSizes[] = {
        {0.0001, "0.01 %"}, {0.001, "0.1 %"}, {0.01, "1 %"}, {0.1, "10 %"}, {1, "all pairs"}};
    for (const auto& [share, words] : kSizes) {
      const double side = side_of(share);
      add("<rect class=\"admin\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>", x, y + 7 - side / 2,
          side, side);
      add("<text class=\"small key\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", x + side + 5, y + 11, words);
      x += side + 16 + static_cast<double>(words.size()) * 6;
    }
  }

  const Picture& picture_;
  bool alone_;
  Size size_;
  double left_ = 0, top_ = 0, width_ = 0, height_ = 0;
  std::vector<double> x_, y_;
  std::vector<std::string> remarks_;
  std::string out_;
};

}  // namespace

std::string_view heat_map_style() {
  return R"(
.reach{--ground:#fff;--ink:#1b2733;--pale:#65727f;--line:#e3e8ee;--back:#f6f8fa;--some:#8ec2e8;--admin:#f2a33c;--everything:#c4382f;--lost:#9aa5b1;font-family:system-ui,"Segoe UI","Helvetica Neue",Arial,sans-serif}
@media (prefers-color-scheme:dark){.reach{--ground:#12181f;--ink:#e8edf2;--pale:#93a1af;--line:#2a3540;--back:#1a222b;--some:#2f78ad;--admin:#c97f1b;--everything:#d2473d;--lost:#66737f}}
@media print{.reach{--ground:#fff;--ink:#000;--pale:#444;--line:#d5dbe1;--back:#fff;--some:#a9d0ec;--admin:#f2a33c;--everything:#b5281f;--lost:#888}.reach rect{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
.reach .ground{fill:var(--ground)}
.reach text{fill:var(--ink);font-size:12px}
.reach .heading{font-size:22px;font-weight:650}
.reach .note{font-size:12.5px;fill:var(--pale)}
.reach .small{font-size:10px;fill:var(--pale);font-weight:400}
.reach .key{font-size:11px}
.reach .label{font-weight:550}
.reach .apart{font-style:italic}
.reach .end{text-anchor:end}
.reach .back{fill:var(--back);stroke:var(--line);stroke-width:1}
.reach .inner{fill:none;stroke:var(--lost);stroke-dasharray:2 3}
.reach rect.some{fill:var(--some)}
.reach rect.admin{fill:var(--admin)}
.reach rect.everything{fill:var(--everything)}
.reach rect.lost{fill:url(#lost)}
.reach .hatch{fill:var(--lost)}
.reach .partly{fill:var(--ink);opacity:.55}
.reach .on{text-anchor:middle;font-size:11px;font-variant-numeric:tabular-nums}
.reach .on.some,.reach .on.admin{fill:#10202c}
.reach .on.everything{fill:#fff;font-weight:650}
.reach .on.admin{font-weight:650}
.reach .on.lost{fill:var(--ink);font-size:10px;paint-order:stroke;stroke:var(--back);stroke-width:3px}
@media (prefers-color-scheme:dark){.reach .on.some{fill:#fff}}
)";
}

std::string svg_of(const Picture& picture, bool alone) { return Drawing(picture, alone).draw(); }

}  // namespace sallyport::control
