// Scheduling: affinity, priorities and policies, which belong to the hypervisor's threads.
#include <sys/syscall.h>

#include <cerrno>

#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "process/thread.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

namespace {

i64 do_sched_yield(Context&) {
  // An exit lets the host run others.
  return host_call(static_cast<abi::HostCall>(SYS_sched_yield), CallKind::Blocking);
}

// A thread of the process by its number, or the caller by 0; null: there is none.
Thread* find_thread(u64 tid) {
  return static_cast<u32>(tid) == 0 ? &Thread::current() : ThreadList::instance().find(static_cast<u32>(tid));
}

bool known_thread(u64 tid) {
  return find_thread(tid) != nullptr;
}

// Affinity and priority are those of the hypervisor's threads, which it knows by their vCPUs. 0: the caller's own.
u64 host_name(const Thread& thread) {
  return &thread == &Thread::current() ? 0 : u64{thread.page->vcpu_index} + 1;
}

i64 do_affinity(Context& context) {
  const Thread* thread = static_cast<i32>(context.rdi) < 0 ? nullptr : find_thread(context.rdi);
  if (thread == nullptr) {
    return -ESRCH;
  }
  Context changed = context;
  changed.rdi = host_name(*thread);
  return pass_through(static_cast<u32>(context.orig_rax), changed);
}

i64 do_priority(Context& context) {
  if (context.rdi > 2) {
    return -EINVAL;
  }
  const Thread* thread = context.rdi == 0 || context.rsi == 0 ? find_thread(context.rsi) : nullptr;
  if (thread == nullptr) {
    return -ESRCH;
  }
  Context changed = context;
  changed.rsi = host_name(*thread);
  return pass_through(static_cast<u32>(context.orig_rax), changed);
}

i64 check_thread(const Context& context) {
  if (static_cast<i32>(context.rdi) < 0) {
    return -EINVAL;
  }
  return known_thread(context.rdi) ? 0 : -ESRCH;
}

// Those of relatives have the same policy.
i64 check_any_thread(const Context& context) {
  const i64 result = check_thread(context);
  if (result != -ESRCH) {
    return result;
  }
  const u64 nothing = 0, tid = static_cast<u32>(context.rdi);
  const i64 process = host_call(abi::HostCall::Kill, CallKind::Quick, tid, nothing);
  return process == -ESRCH && host_call(abi::HostCall::KillThread, CallKind::Quick, 0, tid, nothing) == -ESRCH ? -ESRCH
                                                                                                               : 0;
}

i64 do_sched_getscheduler(Context& context) {
  if (const i64 result = check_any_thread(context); result != 0) {
    return result;
  }
  const Thread* thread = find_thread(context.rdi);
  return thread != nullptr ? thread->policy : 0;
}
i64 do_sched_getparam(Context& context) {
  const i64 result = context.rsi == 0 ? -EINVAL : check_any_thread(context);
  const i32 priority = 0;
  return result != 0 ? result : write_user(context.rsi, priority) ? 0 : -EFAULT;
}
i64 set_policy(const Context& context, i32 policy, i32 flags, u64 parameter) {
  i32 priority = 0;
  if (const i64 result = parameter == 0 ? -EINVAL : check_thread(context); result != 0) {
    return result;
  }
  if (!read_user(priority, parameter)) {
    return -EFAULT;
  }
  constexpr i32 other = 0, fifo = 1, round_robin = 2, batch = 3, idle_policy = 5;
  if (policy == fifo || policy == round_robin) {
    return priority < 1 || priority > 99 ? -EINVAL : -EPERM;
  }
  if ((policy != other && policy != batch && policy != idle_policy) || priority != 0) {
    return -EINVAL;
  }
  // Told, and no more: the host schedules them alike.
  find_thread(context.rdi)->policy = policy | flags;
  return 0;
}
i64 do_sched_setscheduler(Context& context) {
  const auto policy = static_cast<i32>(context.rsi);
  return set_policy(context, policy & ~sched_reset_on_fork, policy & sched_reset_on_fork, context.rdx);
}
i64 do_sched_setparam(Context& context) {
  const Thread* thread = static_cast<i32>(context.rdi) < 0 ? nullptr : find_thread(context.rdi);
  const i32 policy = thread != nullptr ? thread->policy : 0;
  return set_policy(context, policy & ~sched_reset_on_fork, policy & sched_reset_on_fork, context.rsi);
}
i64 priority_bound(const Context& context, i64 real_time) {
  const u64 policy = context.rdi;
  if (policy == 1 || policy == 2) {
    return real_time;
  }
  return policy == 0 || policy == 3 || policy == 5 || policy == 6 ? 0 : -EINVAL;
}
i64 do_sched_get_priority_max(Context& context) {
  return priority_bound(context, 99);
}
i64 do_sched_get_priority_min(Context& context) {
  return priority_bound(context, 1);
}
i64 do_sched_rr_get_interval(Context& context) {
  const i64 result = check_any_thread(context);
  const struct { i64 seconds, nanoseconds; } interval{0, 4'000'000};
  return result != 0 ? result : write_user(context.rsi, interval) ? 0 : -EFAULT;
}

constexpr SyscallEntry entries[] = {
    {SYS_sched_yield, do_sched_yield},
    {SYS_sched_getaffinity, do_affinity},
    {SYS_sched_setaffinity, do_affinity},
    {SYS_getpriority, do_priority},
    {SYS_setpriority, do_priority},
    {SYS_sched_getscheduler, do_sched_getscheduler},
    {SYS_sched_setscheduler, do_sched_setscheduler},
    {SYS_sched_getparam, do_sched_getparam},
    {SYS_sched_setparam, do_sched_setparam},
    {SYS_sched_get_priority_max, do_sched_get_priority_max},
    {SYS_sched_get_priority_min, do_sched_get_priority_min},
    {SYS_sched_rr_get_interval, do_sched_rr_get_interval},
};

}  // namespace

std::span<const SyscallEntry> scheduling_calls() {
  return entries;
}

}  // namespace kx::libos
