// `kx lib`: what concerns libraries; finds the subcommand and hands the rest over.
#include "toolstack/lib.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>

#include "toolstack/verbs.hpp"

namespace kx::toolstack {
namespace {

constexpr std::array subcommands{
    Verb{"list", "show the libraries of running programs", lib_list},
    Verb{"update", "replace a library of running programs", lib_update},
    Verb{"rollback", "undo the last update of a library", lib_rollback},
    Verb{"keygen", "make a pair of keys to sign with", lib_keygen},
    Verb{"sign", "sign files: libraries, programs", lib_sign},
    Verb{"verify", "say whether files are signed and unchanged", lib_verify},
};

void print_help() {
  std::puts(
      "Shows and replaces the libraries of running programs; signs libraries and programs, so that a policy\n"
      "(kx run --library-policy) can ask for it.\n"
      "\n"
      "Usage: kx lib SUBCOMMAND [OPTION...] [ARGUMENT...]\n"
      "\n"
      "Subcommands:");
  for (const Verb& each : subcommands) {
    std::printf("  %-12.*s%.*s\n", static_cast<int>(each.name.size()), each.name.data(),
                static_cast<int>(each.summary.size()), each.summary.data());
  }
  std::puts("\n'kx lib SUBCOMMAND --help' explains one.");
}

}  // namespace

int lib_verb(std::vector<std::string> arguments) {
  if (arguments.empty()) {
    std::fputs("kx lib: no subcommand given (see 'kx lib --help')\n", stderr);
    return exit_failure_of_kx;
  }
  const std::string name = arguments.front();
  if (name == "--help" || name == "-h") {
    print_help();
    return 0;
  }
  const auto found = std::ranges::find(subcommands, name, &Verb::name);
  if (found == subcommands.end()) {
    std::fprintf(stderr, "kx lib: '%s' is not a subcommand (see 'kx lib --help')\n", name.c_str());
    return exit_failure_of_kx;
  }
  arguments.erase(arguments.begin());
  return found->run(std::move(arguments));
}

}  // namespace kx::toolstack
