// What reaches the terminal: data to stdout, messages to stderr, tables, JSON.
//
// Owner: control/cli.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::control {

// True if stdout is a terminal and NO_COLOR is not set (or empty).
[[nodiscard]] bool wants_colour();

void print(std::string_view text);             // stdout
void print_json(const nlohmann::json& value);  // stdout, indented, with a newline
// stdout: {"schema": "sallyport/error/1", "error": {"code", "message", "details": []}}
void print_json_error(const nlohmann::json& error);
void print_message(std::string_view text);  // stderr, with a newline unless it ends with one
void print_error(std::string_view text);    // stderr, "sallyport: TEXT"

// Columns as wide as their widest cell; numbers to the right.
class Table {
 public:
  // An empty header line (all cells "") is not printed.
  explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

// Length as a terminal shows it: code points, for UTF-8.
[[nodiscard]] std::size_t shown_width(std::string_view text);

enum class Colour : std::uint8_t { red, green, yellow };
// `text` in that colour where `enabled`.
[[nodiscard]] std::string coloured(std::string_view text, Colour colour, bool enabled);

}  // namespace sallyport::control
