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

std::span<const Verb> verbs();

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
