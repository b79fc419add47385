// Private futexes (FUTEX_PRIVATE_FLAG of futex(2)): queues in the guest. A wake without a sleeper costs no host call,
// and a wait spins briefly before it goes to the hypervisor where an exit costs more than that.
#pragma once

#include "arch/x86_64/context.hpp"

namespace kx::libos {

// A private futex is named by its virtual address: only threads of this process meet at it.
// 0 once woken, or interrupted after it was moved; -EAGAIN: the word is not `expected`; -EFAULT; -ETIMEDOUT at
// `deadline_ns` of CLOCK_MONOTONIC (~0: none); -EINTR when something is pending for this thread.
i64 wait_private_futex(u64 address, u32 expected, u32 bitset, u64 deadline_ns);

// In a forked child: nobody waits.
void forget_futex_waiters();

// Wakes up to `count` waiters that share a bit with `bitset`, the longest waiting first. -> how many.
i64 wake_private_futex(u64 address, u32 count, u32 bitset);

// Wakes up to `wake` waiters of the word at `address` and makes up to `move` of the others wait at `target`, the
// longest waiting first; if `expected` is given, only if the word has that value. -> how many were woken or moved;
// -EAGAIN, -EFAULT.
i64 requeue_private_futex(u64 address, u64 target, u32 wake, u32 move, const u32* expected);

}  // namespace kx::libos
