// The system-call filter of a kx process: what the services need and nothing else.
#pragma once

#include "hypervisor/error.hpp"

namespace kx::hv {

// Confines every thread of the process for good: any other system call kills the process (SIGSYS). Call when VMs and
// the first threads exist and the sandbox was entered. Needs no_new_privs, which it sets.
Result<void> install_seccomp();

}  // namespace kx::hv
