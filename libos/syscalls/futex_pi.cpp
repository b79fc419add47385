// Locks with priority inheritance (futex(2)). There are no priorities of threads that could be inherited (sched(7));
// what is left is a lock that names its owner, so that its death and its own second attempt are noticed.
//
// A waiter sleeps on the word as it is with FUTEX_WAITERS set. An unlock clears the word and wakes one, which then
// competes with whoever comes by; it sets FUTEX_WAITERS again, as others may still sleep.
#include <linux/futex.h>

#include <cerrno>

#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "process/thread.hpp"
#include "syscalls/dispatch.hpp"
#include "syscalls/futex_calls.hpp"

namespace kx::libos {

namespace {

constexpr u32 waiters = FUTEX_WAITERS, owner_died = FUTEX_OWNER_DIED, tid_mask = FUTEX_TID_MASK;

// What the word held; it has changed if that was `expected`. -EFAULT: it cannot be written.
i64 swap(u64 address, u32 expected, u32 desired) {
  const i64 found = kx_user_cas32(reinterpret_cast<u32*>(address), expected, desired);
  return found < 0 ? -EFAULT : found;
}

i64 load(u64 address) {
  const i64 value = kx_user_load32(reinterpret_cast<const u32*>(address));
  return value < 0 ? -EFAULT : value;
}

bool exists(u32 tid) {
  return ThreadList::instance().find(tid) != nullptr ||
         host_call(abi::HostCall::KillThread, CallKind::Quick, 0, tid, 0) != -ESRCH;
}

// One attempt. 0: it is the caller's; -EAGAIN: it is the thread's that `value` names, the word says that somebody waits
// if `waits`; or what is wrong.
i64 try_to_take(u64 address, bool waits, u32& value) {
  const u32 tid = Thread::current().tid;
  for (;;) {
    const i64 now = load(address);
    if (now < 0) {
      return now;
    }
    value = static_cast<u32>(now);
    const u32 owner = value & tid_mask;
    if (owner == tid) {
      return -EDEADLK;
    }
    if (owner != 0 && (!waits || (value & waiters) != 0)) {
      return -EAGAIN;
    }
    const u32 kept = value & (waiters | owner_died);
    const u32 next = owner != 0 ? value | waiters : tid | kept | (waits ? waiters : 0);
    const i64 found = swap(address, value, next);
    if (found < 0) {
      return found;
    }
    if (static_cast<u32>(found) == value) {
      value = next;
      return owner != 0 ? -EAGAIN : 0;
    }
  }
}

}  // namespace

i64 futex_lock_pi(u64 address, u64 deadline_ns, bool is_private) {
  u32 value = 0;
  i64 result = try_to_take(address, false, value);
  while (result == -EAGAIN) {
    result = try_to_take(address, true, value);
    if (result != -EAGAIN) {
      return result;
    }
    if (!exists(value & tid_mask)) {
      const i64 now = load(address);
      if (now < 0 || static_cast<u32>(now) == value) {
        return now < 0 ? now : -ESRCH;
      }
      continue;
    }
    const i64 waited = futex_wait(address, value, ~0u, deadline_ns, is_private);
    if (is_restart(waited)) {
      return restart_always;  // a handler does not end it
    }
    if (waited != 0 && waited != -EAGAIN) {
      return waited;
    }
  }
  return result;
}

i64 futex_trylock_pi(u64 address) {
  u32 value = 0;
  return try_to_take(address, false, value);
}

i64 futex_unlock_pi(u64 address, bool is_private) {
  const u32 tid = Thread::current().tid;
  for (;;) {
    const i64 now = load(address);
    if (now < 0) {
      return now;
    }
    const auto value = static_cast<u32>(now);
    if ((value & tid_mask) != tid) {
      return -EPERM;
    }
    const i64 found = swap(address, value, 0);
    if (found < 0) {
      return found;
    }
    if (static_cast<u32>(found) == value) {
      if ((value & waiters) != 0) {
        futex_wake(address, 1, ~0u, is_private);
      }
      return 0;
    }
  }
}

}  // namespace kx::libos
