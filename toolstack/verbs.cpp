#include "toolstack/verbs.hpp"

#include <algorithm>
#include <cstdio>

namespace kx::toolstack {

void print_summaries(std::span<const Verb> verbs) {
  for (const Verb& verb : verbs) {
    std::printf("  %-12.*s%.*s\n", static_cast<int>(verb.name.size()), verb.name.data(),
                static_cast<int>(verb.summary.size()), verb.summary.data());
  }
}

int run_named(const VerbTable& table, std::vector<std::string> arguments) {
  const std::string command(table.command), kind(table.kind);
  if (arguments.empty()) {
    std::fprintf(stderr, "%s: no %s given (see '%s --help')\n", command.c_str(), kind.c_str(), command.c_str());
    return exit_failure_of_kx;
  }
  const std::string name = arguments.front();
  if (name == "--help" || name == "-h") {
    table.print_help();
    return 0;
  }
  const auto found = std::ranges::find(table.verbs, name, &Verb::name);
  if (found == table.verbs.end()) {
    std::fprintf(stderr, "%s: '%s' is not a %s of %s (see '%s --help')\n", command.c_str(), name.c_str(), kind.c_str(),
                 command.c_str(), command.c_str());
    return exit_failure_of_kx;
  }
  arguments.erase(arguments.begin());
  return found->run(std::move(arguments));
}

}  // namespace kx::toolstack
