// Reading and writing whole files for commands.
//
// Owner: control/cli.
#include "control/cli/input.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "control/cli/output.h"

namespace sallyport::control {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

std::string why(const std::string& verb, const std::string& path) {
  return "cannot " + verb + ' ' + input_name(path) + ": " + std::strerror(errno);
}

bool write_file(const std::string& path, std::string_view bytes) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return false;
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  return std::fclose(file) == 0 && written;
}

}  // namespace

std::string input_name(const std::string& path) { return path == "-" ? "standard input" : path; }

std::expected<std::string, std::string> read_input(const std::string& path, std::size_t limit) {
  const File file(path == "-" ? stdin : std::fopen(path.c_str(), "rb"));
  if (file == nullptr) return std::unexpected(why("read", path));
  std::string text;
  std::array<char, 65536> chunk{};
  while (const auto got = std::fread(chunk.data(), 1, chunk.size(), file.get())) {
    text.append(chunk.data(), got);
    if (text.size() > limit) {
      return std::unexpected(input_name(path) + " is larger than " + std::to_string(limit >> 20U) + " MiB, the limit");
    }
  }
  if (std::ferror(file.get()) != 0) return std::unexpected(why("read", path));
  return text;
}

std::expected<void, std::string> write_output(const std::string& path, std::string_view bytes) {
  if (path == "-") {
    print(bytes);
    return {};
  }
  std::error_code ignored;
  const auto kind = std::filesystem::status(path, ignored).type();
  const bool replace = kind == std::filesystem::file_type::not_found || kind == std::filesystem::file_type::regular;
  const auto target = replace ? path + ".new" + std::to_string(getpid()) : path;
  if (write_file(target, bytes) && (!replace || std::rename(target.c_str(), path.c_str()) == 0)) return {};
  auto reason = why("write", path);
  if (replace) std::filesystem::remove(target, ignored);
  return std::unexpected(std::move(reason));
}

}  // namespace sallyport::control
