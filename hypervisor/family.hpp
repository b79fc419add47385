// A family: the root pVM, all that it forks, and the hypervisor process that serves them.
#pragma once

#include "hypervisor/family_config.hpp"

namespace kx::hv {

// Runs `config`'s program as the root of a family and ends this process with it, with the exit status as a shell sees
// it: the program's, 128 + signal, 126 not executable, 127 not found, 125 for failures of kx. Prints errors of kx
// itself on stderr, one line each. Returns, with the status to exit with, only if the program could not be started.
int run_family(const FamilyConfig& config);

}  // namespace kx::hv
