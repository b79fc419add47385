// Patching a system-call site on its second trap.
#pragma once

#include "arch/x86_64/context.hpp"

namespace kx::libos {

// `context` is of a trapped system call. A site that traps again is rewritten so that the third time is a jump.
void lazy_patch(Context& context);

}  // namespace kx::libos
