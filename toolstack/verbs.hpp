// The verbs of the `kx` command. Each parses its own arguments and returns the exit status of the process.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hypervisor/error.hpp"

namespace CLI {
class App;
}

namespace kx::toolstack {

// The status of a failure of kx itself, as with env(1) and docker-run(1).
inline constexpr int exit_failure_of_kx = 125;

struct Verb {
  std::string_view name;
  std::string_view summary;
  int (*run)(std::vector<std::string> arguments);  // what follows the verb
};

// What a command hands over to: kx to its verbs, kx lib to its subcommands.
struct VerbTable {
  std::string_view command;  // as the user types it
  std::string_view kind;     // "verb"
  std::span<const Verb> verbs;
  void (*print_help)();
};

// A line for each, as help shows them.
void print_summaries(std::span<const Verb> verbs);

// Runs the one that the first argument names, or prints help for "--help" and "-h". The status to exit with.
int run_named(const VerbTable& table, std::vector<std::string> arguments);

int run_verb(std::vector<std::string> arguments);
int check_verb(std::vector<std::string> arguments);
int ps_verb(std::vector<std::string> arguments);
int kill_verb(std::vector<std::string> arguments);
int stats_verb(std::vector<std::string> arguments);
int exec_verb(std::vector<std::string> arguments);
int lib_verb(std::vector<std::string> arguments);
int version_verb(std::vector<std::string> arguments);
int completion_verb(std::vector<std::string> arguments);

// Parses `arguments` by `app`. Empty: go on; otherwise the status to exit with: 0 after --help was printed, 125 after a
// usage error was reported.
std::optional<int> parse_arguments(CLI::App& app, std::vector<std::string> arguments);

// Where a program stands in the arguments: after "--", which is removed, or else the first that is neither an option of
// `app` nor an option's value.
std::size_t find_program(const CLI::App& app, std::vector<std::string>& arguments);

// One line on stderr, and the status to exit with.
int report(const hv::Error& error);

}  // namespace kx::toolstack
