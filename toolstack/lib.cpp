// `kx lib`: what concerns libraries; finds the subcommand and hands the rest over.
#include "toolstack/lib.hpp"

#include <array>
#include <cstdio>
#include <utility>

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
  print_summaries(subcommands);
  std::puts("\n'kx lib SUBCOMMAND --help' explains one.");
}

}  // namespace

int lib_verb(std::vector<std::string> arguments) {
  return run_named({"kx lib", "subcommand", subcommands, print_help}, std::move(arguments));
}

}  // namespace kx::toolstack
