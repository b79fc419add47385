// Splitting kx's options from a program and its arguments.
#include <CLI/CLI.hpp>

#include "toolstack/verbs.hpp"

namespace kx::toolstack {
namespace {

// True if `argument` is an option that takes the next argument as its value.
bool takes_next_argument(const CLI::App& app, const std::string& argument) {
  const bool is_long = argument.starts_with("--");
  if (is_long ? argument.find('=') != std::string::npos : argument.size() > 2) {
    return false;  // --option=VALUE, -oVALUE
  }
  const CLI::Option* option = app.get_option_no_throw(argument);
  return option != nullptr && option->get_items_expected_min() > 0;
}

}  // namespace

// CLI11 sees only what precedes the program, so that none of its arguments is ever taken for an option of ours.
std::size_t find_program(const CLI::App& app, std::vector<std::string>& arguments) {
  std::size_t index = 0;
  while (index < arguments.size()) {
    const std::string& argument = arguments[index];
    if (argument == "--") {
      arguments.erase(arguments.begin() + static_cast<std::ptrdiff_t>(index));
      return index;
    }
    if (argument.size() < 2 || argument[0] != '-') {
      return index;
    }
    index += takes_next_argument(app, argument) ? 2 : 1;
  }
  return arguments.size();
}

}  // namespace kx::toolstack
