// First phase of the command line: what may stand anywhere, then the command word.
//
// Owner: control/cli.
#include "control/cli/command_line.h"

#include <algorithm>
#include <cstdio>
#include <expected>
#include <optional>

#include "control/cli/command.h"
#include "control/cli/options.h"
#include "control/cli/output.h"
#include "rules/document/diagnostics.h"

namespace sallyport::control {
namespace {

struct FirstPhase {
  std::string word;  // the command, or empty
  Invocation invocation;
  bool output_given = false;
  bool help = false;
  bool version = false;
};

po::options_description global_options() {
  po::options_description global;
  global.add_options()("socket", po::value<std::string>())("output,o", po::value<std::string>())("help,h", "")(
      "version", "");
  return global;
}

// Takes the global options out of `words`; the first word left that is no option is the command.
std::expected<FirstPhase, std::string> take_global_options(const std::vector<std::string>& words) {
  FirstPhase first;
  const auto global = global_options();
  po::variables_map values;
  try {
    const auto parsed = po::command_line_parser(words).options(global).style(kOptionStyle).allow_unregistered().run();
    po::store(parsed, values);
    first.invocation.arguments = po::collect_unrecognized(parsed.options, po::include_positional);
  } catch (const po::error& error) {
    return std::unexpected(error.what());
  }
  auto& arguments = first.invocation.arguments;
  if (!arguments.empty() && arguments.front().starts_with('-')) {
    return std::unexpected("unknown option " + arguments.front() + " before the command");
  }
  if (!arguments.empty()) {
    first.word = arguments.front();
    arguments.erase(arguments.begin());
  }
  if (values.contains("socket")) first.invocation.socket = values["socket"].as<std::string>();
  if (values.contains("output")) first.invocation.output = values["output"].as<std::string>();
  first.output_given = values.contains("output");
  first.help = values.contains("help");
  first.version = values.contains("version");
  first.invocation.colour = wants_colour();
  return first;
}

const Command* find_command(std::string_view word) {
  const auto all = commands();
  const auto found = std::ranges::find_if(all, [word](const Command* command) { return command->name == word; });
  return found == all.end() ? nullptr : *found;
}

int print_overview() {
  Table table({"", ""});
  for (const auto* command : commands()) table.add({"  " + std::string(command->name), std::string(command->summary)});
  print("sallyport — a VPC gateway: what may talk to what, and why not\n\nusage: sallyport COMMAND ARGUMENTS\n\n" +
        table.text() +
        "\nanywhere: --socket PATH  -o table|json|ndjson  --help  --version\n"
        "sallyport COMMAND --help describes a command\n");
  return kYes;
}

int refuse_unknown(const std::string& word) {
  std::vector<std::string_view> names;
  for (const auto* command : commands()) names.push_back(command->name);
  const auto nearest = rules::nearest_name(word, names);
  print_error("unknown command \"" + word + '"' +
              (nearest.empty() ? "; sallyport --help lists them" : "; did you mean \"" + nearest + "\"?"));
  return kBadInput;
}

bool allows_format(const Command& command, std::string_view format) {
  const auto wrapped = '|' + std::string(command.formats) + '|';
  return !format.contains('|') && wrapped.contains('|' + std::string(format) + '|');
}

int run(const std::vector<std::string>& words) {
  auto first = take_global_options(words);
  if (!first) {
    print_error(first.error());
    return kBadInput;
  }
  if (first->version) first->word = "version";
  if (first->word.empty()) {
    if (first->help || words.empty()) return print_overview();
    print_error("no command; sallyport --help lists them");
    return kBadInput;
  }
  const auto* command = find_command(first->word);
  if (command == nullptr) return refuse_unknown(first->word);
  if (first->help) {
    print(command->help);
    return kYes;
  }
  auto& invocation = first->invocation;
  if (command->formats.empty()) {
    if (first->output_given) invocation.arguments.insert(invocation.arguments.end(), {"--output", invocation.output});
  } else if (first->output_given && !allows_format(*command, invocation.output)) {
    print_error(std::string(command->name) + " has no output format \"" + invocation.output + "\"; it has " +
                std::string(command->formats));
    return kBadInput;
  }
  return command->run(invocation);
}

}  // namespace

int run_command_line(const std::vector<std::string>& words) noexcept {
  try {
    const int status = run(words);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      print_error("cannot write to standard output");
      return kBadInput;
    }
    return status;
  } catch (const std::bad_alloc&) {
    print_error("out of memory");
  } catch (const std::exception& error) {
    print_error(std::string("internal error: ") + error.what());
  }
  return kBadInput;
}

}  // namespace sallyport::control
