// `kx version`
#include <CLI/CLI.hpp>
#include <cstdio>

#include "toolstack/verbs.hpp"

namespace kx::toolstack {

int version_verb(std::vector<std::string> arguments) {
  CLI::App app("Prints the version of kx.", "kx version");
  if (const auto status = parse_arguments(app, std::move(arguments))) {
    return *status;
  }
  std::puts("kx " KX_VERSION);
  return 0;
}

}  // namespace kx::toolstack
