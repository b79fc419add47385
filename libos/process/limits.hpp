// Resource limits of the process (getrlimit(2)).
#pragma once

#include "arch/x86_64/context.hpp"

namespace kx::libos {

inline constexpr u32 limit_count = 16;
inline constexpr u32 limit_sigpending = 11;  // RLIMIT_SIGPENDING
inline constexpr u32 limit_cpu = 0;          // RLIMIT_CPU
inline constexpr u64 no_limit = ~0ull;       // RLIM_INFINITY

// The soft limit of RLIMIT_* `resource`.
u64 resource_limit(u32 resource);

}  // namespace kx::libos
