// Resource limits of the process (getrlimit(2)).
#pragma once

#include "arch/x86_64/context.hpp"

namespace kx::libos {

inline constexpr u32 limit_count = 16;

// The soft limit of RLIMIT_* `resource`.
u64 resource_limit(u32 resource);

}  // namespace kx::libos
