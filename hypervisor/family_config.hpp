// FamilyConfig: everything a family is started with.
#pragma once

#include <cstdint>
#include <kx/abi/components.hpp>
#include <optional>
#include <string>
#include <vector>

#include "hypervisor/boot/sandbox.hpp"
#include "hypervisor/libraries/policy.hpp"

namespace kx::hv {

struct FamilyConfig {
  SandboxConfig sandbox;
  std::vector<std::string> argv;  // argv[0] names the program: a path, or a name looked up in the environment's PATH
  std::vector<std::string> environment;                    // "K=V", complete
  std::uint64_t memory_limit = 0;                          // bytes for each pVM; 0: the hypervisor's default
  std::size_t process_limit = 0;                           // in the family; 0: the hypervisor's default
  std::uint32_t processors = 0;                            // of the host that it may use; 0: all that kx may
  bool trust_family = false;                               // relatives may write each other's memory
  std::uint32_t components = abi::all_components;          // of the library OS that its programs may use
  bool stats = false;                                      // report on stderr at the end
  std::optional<libraries::LibraryPolicy> library_policy;  // none: whatever the view has may be executed
  std::string audit_path;                  // append what becomes of libraries to this host file; empty: to none
  std::optional<std::string> strace_path;  // trace system calls to this host file; "" and "-" mean stderr
};

}  // namespace kx::hv
