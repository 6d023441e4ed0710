// The picture of a report: cycles over rules, both axes logarithmic, hits beside misses. Owner: tools/bench.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "tools/bench/report.h"

namespace sallyport::bench {
namespace {

struct Style {
  const char* method;
  const char* label;
  const char* color;
  double figures_at;  // below its points; 0: without figures
};
constexpr std::array<Style, 4> kStyles{{{"sallyport-burst", "Sallyport, bursts of 32", "#0a7d4f", 16},
                                        {"sallyport", "Sallyport, one by one", "#8fd3b6", 0},
                                        {"rte_acl", "DPDK rte_acl, its best method", "#c0392b", -8},
                                        {"scan", "linear scan", "#8a8f98", 0}}};

constexpr double kWidth = 420, kHeight = 250, kLeft = 60, kTop = 60, kGap = 80;
constexpr std::size_t kPanelsInRow = 2;

struct Axes {
  double left = 0, top = 0;  // of this panel
  double max_rules = 1, max_cycles = 1;
  [[nodiscard]] double x(double rules) const {
    return left + (std::log10(rules) - 1) / (std::log10(max_rules) - 1) * kWidth;
  }
  [[nodiscard]] double y(double cycles) const {
    return top + kHeight - (std::log10(std::max(cycles, 10.0)) - 1) / (std::log10(max_cycles) - 1) * kHeight;
  }
};

std::string grid(const Axes& axes, const std::string& title) {
  std::string svg = fmt::format("<text x='{}' y='{}' class='t'>{}</text>\n", axes.left, axes.top - 14, title);
  svg += fmt::format(
      "<clipPath id='panel-{0:.0f}-{1:.0f}'><rect x='{0:.0f}' y='{1:.0f}' width='{2}' height='{3}'/></clipPath>\n",
      axes.left, axes.top, kWidth, kHeight);
  for (double cycles = 10; cycles <= axes.max_cycles * 1.01; cycles *= 10) {
    const double y = axes.y(cycles);
    svg += fmt::format("<path d='M{:.1f} {:.1f}h{}' class='g'/><text x='{:.1f}' y='{:.1f}' class='n e'>{:.0f}</text>\n",
                       axes.left, y, kWidth, axes.left - 6, y + 4, cycles);
  }
  for (double rules = 10; rules <= axes.max_rules * 1.01; rules *= 10) {
    svg += fmt::format("<path d='M{:.1f} {}v{}' class='g'/><text x='{:.1f}' y='{}' class='n m'>{:.0f}</text>\n",
                       axes.x(rules), axes.top, kHeight, axes.x(rules), axes.top + kHeight + 18, rules);
  }
  return svg;
}

// A scan soon leaves the picture.
std::string curve(const Axes& axes, const std::map<double, double>& points, const Style& style) {
  std::string path, dots;
  for (const auto& [rules, cycles] : points) {
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", axes.x(rules), axes.y(cycles));
    if (cycles > axes.max_cycles) continue;
    dots +=
        fmt::format("<circle cx='{:.1f}' cy='{:.1f}' r='3' fill='{}'/>", axes.x(rules), axes.y(cycles), style.color);
    if (style.figures_at == 0) continue;
    dots += fmt::format("<text x='{:.1f}' y='{:.1f}' class='v m' fill='{}'>{:.0f}</text>\n", axes.x(rules),
                        axes.y(cycles) + style.figures_at, style.color, cycles);
  }
  return fmt::format("<path d='{}' fill='none' stroke='{}' stroke-width='2' clip-path='url(#panel-{:.0f}-{:.0f})'/>{}",
                     path, style.color, axes.left, axes.top, dots);
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
  }
  return out;
}

using Curves = std::map<std::string, std::map<std::string, std::map<double, double>>>;  // case, method: points

Curves curves_of(const nlohmann::json& report) {
  Curves curves;
  for (const auto& result : report.at("results")) {
    const auto name = result.at("case").get<std::string>();
    curves[name][result.at("method").get<std::string>()][result.at("rules").get<double>()] =
        result.at("cycles_per_packet").at("median").get<double>();
  }
  return curves;
}

std::string legend(double top) {
  std::string svg;
  double x = kLeft;
  for (const Style& style : kStyles) {
    svg += fmt::format("<path d='M{:.0f} {:.0f}h22' stroke='{}' stroke-width='3'/>", x, top - 4, style.color);
    svg += fmt::format("<text x='{:.0f}' y='{:.0f}' class='n'>{}</text>\n", x + 28, top, style.label);
    x += 230;
  }
  return svg;
}

std::string draw(const Curves& curves, const std::string& cpu) {
  Axes axes;
  for (const auto& [name, methods] : curves) {
    for (const auto& [method, points] : methods) {
      for (const auto& [rules, cycles] : points) {
        axes.max_rules = std::max(axes.max_rules, std::max(100.0, rules));
        if (method == "scan") continue;
        axes.max_cycles = std::max(axes.max_cycles, std::pow(10.0, std::ceil(std::log10(std::max(cycles, 11.0)))));
      }
    }
  }
  const std::size_t rows = (curves.size() + kPanelsInRow - 1) / kPanelsInRow;
  const double width = kLeft + static_cast<double>(std::min(curves.size(), kPanelsInRow)) * (kWidth + kGap);
  const double height = kTop + static_cast<double>(rows) * (kHeight + kGap) + 30;
  std::string svg = fmt::format(
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {0:.0f} {1:.0f}' font-family='sans-serif'>\n"
      "<style>.t{{font-size:15px;font-weight:bold;fill:#24292f}}.n{{font-size:12px;fill:#57606a}}.v{{font-size:11px}}"
      ".e{{text-anchor:end}}.m{{text-anchor:middle}}.g{{stroke:#d0d7de;stroke-width:1;fill:none}}</style>\n"
      "<rect width='{0:.0f}' height='{1:.0f}' fill='white'/>\n",
      width, height);
  svg += fmt::format("<text x='{}' y='22' class='n'>TSC cycles a decision over the number of rules, on {}</text>\n",
                     kLeft, escaped(cpu));
  std::size_t panel = 0;
  for (const auto& [name, methods] : curves) {
    const std::size_t row = panel / kPanelsInRow;
    axes.left = kLeft + static_cast<double>(panel % kPanelsInRow) * (kWidth + kGap);
    axes.top = kTop + static_cast<double>(row) * (kHeight + kGap);
    ++panel;
    svg += grid(axes, name);
    for (const Style& style : kStyles) {
      if (const auto found = methods.find(style.method); found != methods.end()) {
        svg += curve(axes, found->second, style);
      }
    }
  }
  return svg + legend(height - 20) + "</svg>\n";
}

}  // namespace

std::expected<std::string, std::string> to_plot(const std::string& text) {
  const auto report = nlohmann::json::parse(text, nullptr, false);
  if (!report.is_object() || report.value("schema", "") != "sallyport/bench/1") {
    return std::unexpected("not a report of sallyport-bench");
  }
  try {
    const Curves curves = curves_of(report);
    if (curves.empty()) return std::unexpected("a report without results");
    return draw(curves, report.at("machine").at("cpu").get<std::string>());
  } catch (const nlohmann::json::exception& problem) {
    return std::unexpected(problem.what());
  }
}

}  // namespace sallyport::bench
