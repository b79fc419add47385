// The subcommands of `kx lib`. Each parses its own arguments and returns the exit status of the process.
#pragma once

#include <string>
#include <vector>

namespace kx::toolstack {

int lib_keygen(std::vector<std::string> arguments);
int lib_sign(std::vector<std::string> arguments);
int lib_verify(std::vector<std::string> arguments);
int lib_list(std::vector<std::string> arguments);
int lib_update(std::vector<std::string> arguments);
int lib_rollback(std::vector<std::string> arguments);

}  // namespace kx::toolstack
