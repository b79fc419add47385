// What the kinds of futexes share: futex(2).
#pragma once

#include "arch/x86_64/context.hpp"

namespace kx::libos {

// FUTEX_WAIT_BITSET and FUTEX_WAKE_BITSET. The deadline is absolute on CLOCK_MONOTONIC; ~0: none.
i64 futex_wait(u64 address, u32 expected, u32 bitset, u64 deadline_ns, bool is_private);
i64 futex_wake(u64 address, u32 count, u32 bitset, bool is_private);

// FUTEX_LOCK_PI, FUTEX_TRYLOCK_PI and FUTEX_UNLOCK_PI (futex_pi.cpp).
i64 futex_lock_pi(u64 address, u64 deadline_ns, bool is_private);
i64 futex_trylock_pi(u64 address);
i64 futex_unlock_pi(u64 address, bool is_private);

}  // namespace kx::libos
