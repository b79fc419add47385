// Futexes: futex(2).
#include "syscalls/futex_calls.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <kx/abi/result.hpp>

#include "host/host_call.hpp"
#include "host/stats.hpp"
#include "mm/address_space.hpp"
#include "process/clock.hpp"
#include "process/futex.hpp"
#include "process/thread.hpp"
#include "signals/signals.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

i64 futex_wait(u64 address, u32 expected, u32 bitset, u64 deadline_ns, bool is_private) {
  if (bitset == 0) {
    return -EINVAL;
  }
  if (is_private) {
    return interrupted(wait_private_futex(address, expected, bitset, deadline_ns),
                       deadline_ns == ~0ull ? restart_if_flagged : restart_without_handler);
  }
  AddressSpace& space = AddressSpace::instance();
  Thread& self = Thread::current();
  for (;;) {
    // From here on a fork, which moves the word at its next write, makes this begin again.
    std::atomic_ref(self.in_futex_wait).store(true, std::memory_order_seq_cst);
    u64 gpa = space.translate(address, true);
    gpa = gpa != 0 ? gpa : space.translate(address, false);
    i64 result = -EFAULT;
    if (gpa != 0) {
      const IdleSection idle;
      result = host_call(abi::HostCall::FutexWait, CallKind::Blocking, gpa, expected, bitset, deadline_ns,
                         abi::futex_wait_absolute);
    }
    std::atomic_ref(self.in_futex_wait).store(false, std::memory_order_seq_cst);
    if (result == -EINTR) {
      absorb_pending();
      if (!Signals::instance().deliverable(self)) {
        continue;
      }
    }
    return interrupted(result, deadline_ns == ~0ull ? restart_if_flagged : restart_without_handler);
  }
}

i64 futex_wake(u64 address, u32 count, u32 bitset, bool is_private) {
  if (bitset == 0) {
    return -EINVAL;
  }
  if (is_private) {
    return address < abi::user_end ? wake_private_futex(address, count, bitset) : -EFAULT;
  }
  const u64 gpa = AddressSpace::instance().translate(address, false);
  count = std::max(static_cast<i32>(count), 1);  // less than one counts as one
  return gpa == 0 ? -EFAULT : host_call(abi::HostCall::FutexWake, CallKind::Quick, gpa, count, bitset);
}

namespace {

struct KernelTimespec {
  i64 seconds, nanoseconds;
  [[nodiscard]] bool valid() const { return seconds >= 0 && nanoseconds >= 0 && nanoseconds < 1'000'000'000; }
  [[nodiscard]] u64 ns() const {
    constexpr i64 most = 9'000'000'000;
    return static_cast<u64>(std::min(seconds, most)) * 1'000'000'000 + static_cast<u64>(nanoseconds);
  }
};

// What two words of a call may be: named by their addresses, if only threads of this process meet at them, or by
// guest-physical ones.
i64 check_words(u64 address, u64 target, bool is_private) {
  if ((target & 3) != 0) {
    return -EINVAL;
  }
  return is_private && (address >= abi::user_end || target >= abi::user_end) ? -EFAULT : 0;
}

// FUTEX_REQUEUE and FUTEX_CMP_REQUEUE; `expected` is null for the first.
i64 futex_requeue(const Context& context, const u32* expected, bool is_private) {
  const auto wake = static_cast<i32>(context.rdx), move = static_cast<i32>(context.r10);
  if (wake < 0 || move < 0) {
    return -EINVAL;
  }
  const u64 address = context.rdi, target = context.r8;
  if (const i64 error = check_words(address, target, is_private); error != 0) {
    return error;
  }
  if (is_private) {
    return requeue_private_futex(address, target, static_cast<u32>(wake), static_cast<u32>(move), expected);
  }
  if (expected != nullptr && kx_user_load32(reinterpret_cast<const u32*>(address)) < 0) {
    return -EFAULT;  // brings the page in
  }
  AddressSpace& space = AddressSpace::instance();
  const u64 from_gpa = space.translate(address, false), to_gpa = space.translate(target, false);
  if (from_gpa == 0 || to_gpa == 0) {
    return -EFAULT;
  }
  const u64 counts = static_cast<u64>(static_cast<u32>(move)) << 32 | static_cast<u32>(wake);
  return host_call(abi::HostCall::FutexRequeue, CallKind::Quick, from_gpa, to_gpa, counts,
                   expected != nullptr ? *expected : 0, expected != nullptr ? u64{abi::futex_requeue_compares} : 0);
}

// What FUTEX_WAKE_OP does to the second word, by its encoded argument.
struct WakeOperation {
  explicit WakeOperation(u32 encoded)
      : operation(encoded >> 28 & 7),
        comparison(encoded >> 24 & 15),
        argument(static_cast<i32>(encoded << 8) >> 20),
        against(static_cast<i32>(encoded << 20) >> 20) {
    if ((encoded >> 28 & FUTEX_OP_OPARG_SHIFT) != 0) {
      argument = static_cast<i32>(1u << (argument & 31));
    }
  }

  // False: there is no such operation.
  bool apply(u32 value, u32& next) const {
    const auto given = static_cast<u32>(argument);
    switch (operation) {
      case FUTEX_OP_SET:
        next = given;
        return true;
      case FUTEX_OP_ADD:
        next = value + given;
        return true;
      case FUTEX_OP_OR:
        next = value | given;
        return true;
      case FUTEX_OP_ANDN:
        next = value & ~given;
        return true;
      case FUTEX_OP_XOR:
        next = value ^ given;
        return true;
      default:
        return false;
    }
  }
  // 1 or 0; -ENOSYS: there is no such comparison.
  [[nodiscard]] i64 holds(i32 value) const {
    switch (comparison) {
      case FUTEX_OP_CMP_EQ:
        return value == against;
      case FUTEX_OP_CMP_NE:
        return value != against;
      case FUTEX_OP_CMP_LT:
        return value < against;
      case FUTEX_OP_CMP_LE:
        return value <= against;
      case FUTEX_OP_CMP_GT:
        return value > against;
      case FUTEX_OP_CMP_GE:
        return value >= against;
      default:
        return -ENOSYS;
    }
  }

  u32 operation, comparison;
  i32 argument, against;
};

i64 futex_wake_op(const Context& context, bool is_private) {
  if (const i64 error = check_words(context.rdi, context.r8, is_private); error != 0) {
    return error;
  }
  if (!is_private && AddressSpace::instance().translate(context.rdi, false) == 0) {
    return -EFAULT;
  }
  const WakeOperation operation(static_cast<u32>(context.r9));
  auto* word = reinterpret_cast<u32*>(context.r8);
  i64 old = 0;
  for (i64 found = ~0ll; found != old;) {
    old = kx_user_load32(word);
    if (old < 0) {
      return -EFAULT;
    }
    const u32 value = static_cast<u32>(old);
    u32 next = 0;
    if (!operation.apply(value, next)) {
      return -ENOSYS;
    }
    found = kx_user_cas32(word, value, next);
    if (found < 0) {
      return -EFAULT;
    }
  }
  const i64 wakes_second = operation.holds(static_cast<i32>(old));
  if (wakes_second < 0) {
    return wakes_second;
  }
  const i64 woken = futex_wake(context.rdi, static_cast<u32>(context.rdx), ~0u, is_private);
  if (woken < 0 || wakes_second == 0) {
    return woken;
  }
  const i64 more = futex_wake(context.r8, static_cast<u32>(context.r10), ~0u, is_private);
  return more < 0 ? more : woken + more;
}

// When a wait ends, on the monotonic clock; ~0 without an end. 0, -EFAULT or -EINVAL.
i64 read_deadline(const Context& context, bool absolute, bool realtime, u64& deadline) {
  deadline = ~0ull;
  if (context.r10 == 0) {
    return 0;
  }
  KernelTimespec time;
  if (!read_user(time, context.r10)) {
    return -EFAULT;
  }
  if (!time.valid()) {
    return -EINVAL;
  }
  deadline = time.ns();
  if (!absolute) {
    deadline += monotonic_ns();
  } else if (realtime) {
    deadline = deadline > realtime_ns() ? deadline - realtime_ns() + monotonic_ns() : 0;
  }
  return 0;
}

bool has_time(u32 operation) {
  return operation == FUTEX_WAIT || operation == FUTEX_WAIT_BITSET || operation == FUTEX_LOCK_PI ||
         operation == FUTEX_LOCK_PI2 || operation == FUTEX_WAIT_REQUEUE_PI;
}

bool is_known(u32 operation) {
  return operation == FUTEX_WAIT || operation == FUTEX_WAKE || operation == FUTEX_REQUEUE ||
         operation == FUTEX_CMP_REQUEUE || operation == FUTEX_WAKE_OP || operation == FUTEX_WAIT_BITSET ||
         operation == FUTEX_WAKE_BITSET || operation == FUTEX_LOCK_PI || operation == FUTEX_LOCK_PI2 ||
         operation == FUTEX_TRYLOCK_PI || operation == FUTEX_UNLOCK_PI;
}

// In the order in which Linux looks for faults.
i64 do_futex(Context& context) {
  const u32 operation = static_cast<u32>(context.rsi) & FUTEX_CMD_MASK;
  const bool realtime = (context.rsi & FUTEX_CLOCK_REALTIME) != 0;
  const bool is_private = (context.rsi & FUTEX_PRIVATE_FLAG) != 0;
  u64 deadline = ~0ull;
  if (has_time(operation)) {
    if (const i64 error =
            read_deadline(context, operation != FUTEX_WAIT, realtime || operation == FUTEX_LOCK_PI, deadline);
        error != 0) {
      return error;
    }
  }
  if (realtime && operation != FUTEX_WAIT_BITSET && operation != FUTEX_LOCK_PI2) {
    return -ENOSYS;
  }
  if (!is_known(operation)) {
    count_unsupported(context.orig_rax);
    return -ENOSYS;  // from one queue to a lock with priority inheritance: the C library needs none
  }
  if ((context.rdi & 3) != 0) {
    return -EINVAL;
  }
  switch (operation) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET: {
      const u32 bitset = operation == FUTEX_WAIT ? ~0u : static_cast<u32>(context.r9);
      return futex_wait(context.rdi, static_cast<u32>(context.rdx), bitset, deadline, is_private);
    }
    case FUTEX_WAKE:
      return futex_wake(context.rdi, static_cast<u32>(context.rdx), ~0u, is_private);
    case FUTEX_WAKE_BITSET:
      return futex_wake(context.rdi, static_cast<u32>(context.rdx), static_cast<u32>(context.r9), is_private);
    case FUTEX_REQUEUE:
      return futex_requeue(context, nullptr, is_private);
    case FUTEX_CMP_REQUEUE: {
      const auto expected = static_cast<u32>(context.r9);
      return futex_requeue(context, &expected, is_private);
    }
    case FUTEX_WAKE_OP:
      return futex_wake_op(context, is_private);
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
      return futex_lock_pi(context.rdi, deadline, is_private);
    case FUTEX_TRYLOCK_PI:
      return futex_trylock_pi(context.rdi);
    case FUTEX_UNLOCK_PI:
      return futex_unlock_pi(context.rdi, is_private);
    default:
      return -ENOSYS;
  }
}

constexpr SyscallEntry entries[] = {{SYS_futex, do_futex}};

}  // namespace

std::span<const SyscallEntry> futex_calls() {
  return entries;
}

}  // namespace kx::libos
