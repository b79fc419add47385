// Changes of who a thread is.
#pragma once

#include "arch/x86_64/context.hpp"

namespace kx::libos {

// Has the host make system call `number` (HostCall::Identity) for the calling thread, and notes who it is then. The
// call's result.
i64 change_identity(u64 number, u64 a, u64 b = 0, u64 c = 0);

// What execve(2) does to the calling thread's identity. Capabilities that a root user's thread gave up with capset(2)
// stay away.
void change_identity_for_exec();

}  // namespace kx::libos
