// Finds the program to run, as a shell would (execvp(3)).
#pragma once

#include <string>
#include <vector>

#include "hypervisor/boot/sandbox.hpp"
#include "hypervisor/error.hpp"
#include "hypervisor/family_config.hpp"

namespace kx::hv {

// The path in the view of argv[0]: as it is if it holds a slash, otherwise the first executable file of that name in
// the program's PATH. Call inside the sandbox. Errors: NotFound, NotExecutable.
Result<std::string> find_program(const FamilyConfig& config, const Sandbox& sandbox);

// The same for a running family; a relative path starts at `directory`, a path of the view.
Result<std::string> find_program(const std::string& name, const std::vector<std::string>& environment,
                                 const std::string& directory);

}  // namespace kx::hv
