// Printing for all commands.
//
// Owner: control/cli.
#include "control/cli/output.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "rules/document/diagnostics.h"

namespace sallyport::control {
namespace {

void write_to(std::FILE* file, std::string_view text) { std::fwrite(text.data(), 1, text.size(), file); }

bool is_number(std::string_view cell) {
  return !cell.empty() &&
         std::ranges::all_of(cell, [](char c) { return (c >= '0' && c <= '9') || c == '.' || c == ','; });
}

// Numbers stand at the right under a header; a list of properties has none.
std::string line_of(const std::vector<std::string>& row, const std::vector<std::size_t>& widths, bool has_header) {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i > 0) line += "  ";
    const std::string padding(widths[i] - shown_width(row[i]), ' ');
    const std::string cell = rules::printable(row[i]);
    line += has_header && is_number(cell) ? padding + cell : cell + padding;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

}  // namespace

bool wants_colour() {
  const char* no_colour = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0');
}

void print(std::string_view text) { write_to(stdout, text); }

void print_json(const nlohmann::json& value) {
  print(value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n');
}

void print_json_error(const nlohmann::json& error) {
  nlohmann::json shown = error;
  shown.erase("rendered");
  print_json({{"schema", "sallyport/error/1"}, {"error", std::move(shown)}});
}

void print_message(std::string_view text) {
  write_to(stderr, text.ends_with('\n') ? std::string(text) : std::string(text) + '\n');
}

void print_error(std::string_view text) { print_message("sallyport: " + std::string(text)); }

std::size_t shown_width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string Table::text() const {
  std::vector<std::size_t> widths(header_.size());
  const auto widen = [&widths](const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], shown_width(row[i]));
  };
  widen(header_);
  std::ranges::for_each(rows_, widen);
  std::string text;
  const bool has_header = std::ranges::any_of(header_, [](const std::string& cell) { return !cell.empty(); });
  if (has_header) text = line_of(header_, widths, true);
  for (const auto& row : rows_) text += line_of(row, widths, has_header);
  return text;
}

std::string coloured(std::string_view text, Colour colour, bool enabled) {
  static constexpr std::array<std::string_view, 3> kCodes{"\033[31m", "\033[32m", "\033[33m"};
  if (!enabled) return std::string(text);
  return std::string(kCodes[static_cast<std::size_t>(colour)]) + std::string(text) + "\033[0m";
}

}  // namespace sallyport::control
