// Boost.Program_options behind the two shapes commands use: a list of options, a list of positionals.
//
// Owner: control/cli.
#include "control/cli/options.h"

#include <charconv>

#include "control/cli/output.h"
#include "rules/document/diagnostics.h"

namespace sallyport::control {
namespace {

using Strings = std::vector<std::string>;

po::options_description describe(const std::vector<Option>& options, const std::vector<Positional>& positionals) {
  po::options_description description;
  for (const auto& option : options) {
    const char* name = option.name.c_str();
    if (option.kind == Option::Kind::toggle) {
      description.add_options()(name, "");
    } else if (option.kind == Option::Kind::value) {
      description.add_options()(name, po::value<std::string>());
    } else {
      description.add_options()(name, po::value<Strings>());
    }
  }
  for (const auto& positional : positionals) description.add_options()(positional.name.c_str(), po::value<Strings>());
  return description;
}

std::string propose_option(const std::string& wrong, const std::vector<Option>& options) {
  Strings names;
  for (const auto& option : options) names.push_back("--" + option.name.substr(0, option.name.find(',')));
  const std::vector<std::string_view> known(names.begin(), names.end());
  const auto nearest = rules::nearest_name(wrong, known);
  return nearest.empty() ? "" : "; did you mean " + nearest + "?";
}

// Parses, or says what is wrong.
std::expected<po::variables_map, std::string> parse(const Strings& words, const std::vector<Option>& options,
                                                    const std::vector<Positional>& positionals) {
  const auto description = describe(options, positionals);
  po::positional_options_description order;
  for (const auto& positional : positionals) order.add(positional.name.c_str(), positional.many ? -1 : 1);
  po::variables_map values;
  try {
    po::store(po::command_line_parser(words).options(description).positional(order).style(kOptionStyle).run(), values);
  } catch (const po::unknown_option& error) {
    const auto name = error.get_option_name();
    return std::unexpected("unknown option " + name + propose_option(name, options));
  } catch (const po::too_many_positional_options_error&) {
    return std::unexpected("too many arguments");
  } catch (const po::error& error) {
    return std::unexpected(error.what());
  }
  for (const auto& positional : positionals) {
    if (positional.required && !values.contains(positional.name))
      return std::unexpected(positional.name + " is missing");
  }
  return values;
}

}  // namespace

std::string Arguments::text(const std::string& name, const std::string& otherwise) const {
  const auto given = all(name);
  return given.empty() ? otherwise : given.front();
}

std::vector<std::string> Arguments::all(const std::string& name) const {
  if (!values_.contains(name)) return {};
  const auto& value = values_[name].value();
  if (const auto* many = boost::any_cast<Strings>(&value)) return *many;
  const auto* one = boost::any_cast<std::string>(&value);
  return one == nullptr ? Strings{} : Strings{*one};
}

std::optional<Arguments> parse_arguments(const Invocation& invocation, const Command& command,
                                         const std::vector<Option>& options,
                                         const std::vector<Positional>& positionals) {
  auto values = parse(invocation.arguments, options, positionals);
  if (values) return Arguments(std::move(*values));
  const std::string name(command.name);
  print_error(name + ": " + values.error() + " (sallyport " + name + " --help)");
  return std::nullopt;
}

std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t max) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

}  // namespace sallyport::control
