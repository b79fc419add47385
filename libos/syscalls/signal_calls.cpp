// System calls about signals.
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>

#include <cerrno>

#include "files/signal_file.hpp"
#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "process/clock.hpp"
#include "process/process.hpp"
#include "process/thread.hpp"
#include "process/time_page.hpp"
#include "signals/frame.hpp"
#include "signals/signals.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

namespace {

constexpr u64 set_size = sizeof(u64);
constexpr u64 known_action_flags = 0xdc000807;  // all of sigaction(2), SA_RESTORER, SA_EXPOSE_TAGBITS

struct Timespec {
  i64 seconds;
  i64 nanoseconds;
};

bool is_valid_signal(i64 signo) {
  return signo >= 1 && signo <= static_cast<i64>(signal_count);
}

ThreadSignals& own_signals() {
  return Thread::current().signals;
}

i64 rt_sigaction(Context& context) {
  const auto signo = static_cast<i32>(context.rdi);
  SignalAction next;
  SignalAction old;
  if (context.r10 != set_size) {
    return -EINVAL;
  }
  const bool change = context.rsi != 0;
  if (change && !read_user(next, context.rsi)) {
    return -EFAULT;
  }
  if (!is_valid_signal(signo) || (change && (unblockable_signals & signal_bit(static_cast<u32>(signo))) != 0)) {
    return -EINVAL;
  }
  next.flags &= known_action_flags;
  Signals::instance().set_action(static_cast<u32>(signo), change ? &next : nullptr, old);
  return context.rdx != 0 && !write_user(context.rdx, old) ? -EFAULT : 0;
}

i64 rt_sigprocmask(Context& context) {
  if (context.r10 != set_size) {
    return -EINVAL;
  }
  const u64 old = own_signals().mask;
  if (context.rsi != 0) {
    u64 set = 0;
    if (!read_user(set, context.rsi)) {
      return -EFAULT;
    }
    switch (static_cast<i32>(context.rdi)) {
      case SIG_BLOCK:
        set |= old;
        break;
      case SIG_UNBLOCK:
        set = old & ~set;
        break;
      case SIG_SETMASK:
        break;
      default:
        return -EINVAL;
    }
    Signals::instance().set_mask(set);
  }
  return context.rdx != 0 && !write_user(context.rdx, old) ? -EFAULT : 0;
}

i64 rt_sigreturn(Context& context) {
  if (!pop_signal_frame(context)) {
    context.orig_rax = ~0ull;
    SignalInfo info;
    info.signo = SIGSEGV;
    info.code = SI_KERNEL;
    Signals::instance().force(Thread::current(), info);
  }
  return context_replaced;
}

i64 rt_sigpending(Context& context) {
  if (context.rsi > set_size) {
    return -EINVAL;
  }
  absorb_pending();
  const u64 set = Signals::instance().pending(Thread::current()) & own_signals().mask;
  return copy_to_user(context.rdi, &set, context.rsi) ? 0 : -EFAULT;
}

// Waits for a signal of `set`: its number, -EAGAIN at the deadline, -EINTR when another one is to be delivered.
i64 wait_for_set(u64 set, u64 deadline_ns, SignalInfo& info) {
  Thread& self = Thread::current();
  Signals& signals = Signals::instance();
  bool may_wait = deadline_ns != 0;
  for (;;) {
    absorb_pending();
    if (signals.take(self, ~set, info)) {
      return info.signo;
    }
    if (!may_wait) {
      return -EAGAIN;
    }
    if (signals.deliverable(self)) {
      return -EINTR;
    }
    may_wait = wait_for_pending(deadline_ns, WaitClock::Monotonic);
  }
}

i64 rt_sigtimedwait(Context& context) {
  u64 set = 0;
  if (context.r10 != set_size) {
    return -EINVAL;
  }
  if (!read_user(set, context.rdi)) {
    return -EFAULT;
  }
  u64 deadline_ns = no_deadline;
  if (context.rdx != 0) {
    Timespec timeout{};
    if (!read_user(timeout, context.rdx)) {
      return -EFAULT;
    }
    if (timeout.seconds < 0 || static_cast<u64>(timeout.nanoseconds) >= second_ns) {
      return -EINVAL;
    }
    if (timeout.seconds == 0 && timeout.nanoseconds == 0) {
      deadline_ns = 0;
    } else if (timeout.seconds < (1ll << 32)) {
      deadline_ns =
          monotonic_ns() + static_cast<u64>(timeout.seconds) * second_ns + static_cast<u64>(timeout.nanoseconds);
    }
  }
  set &= ~unblockable_signals;
  SignalInfo info;
  Signals::instance().start_waiting(set);
  const i64 result = wait_for_set(set, deadline_ns, info);
  Signals::instance().stop_waiting();
  if (result > 0 && context.rsi != 0 && !write_user(context.rsi, info)) {
    return -EFAULT;
  }
  return result;
}

// To processes of the family, this one perhaps among them.
i64 send_to_family(i32 target, i32 signo, i32 code, u64 value) {
  const HostReply reply = host_call_raw(static_cast<u32>(abi::HostCall::Kill),
                                        {{static_cast<u64>(static_cast<i64>(target)), static_cast<u32>(signo),
                                          static_cast<u64>(static_cast<i64>(code)), value},
                                         0},
                                        CallKind::Quick);
  if (reply.result == 0 && reply.extra[0] != 0 && signo != 0) {
    return Signals::instance().send(own_signal(static_cast<u32>(signo), code));
  }
  return reply.result;
}

// To one thread of another process; `process` 0: whichever has it.
i64 send_to_relatives_thread(i32 process, i32 tid, i32 signo, i32 code, u64 value) {
  return host_call(abi::HostCall::KillThread, CallKind::Quick, static_cast<u64>(process), static_cast<u64>(tid),
                   static_cast<u32>(signo), static_cast<u64>(static_cast<i64>(code)), value);
}

i64 send_queued(Context& context, i64 process, i64 thread, i32 signo, u64 address) {
  SignalInfo info;
  if (!read_user(info, address)) {
    return -EFAULT;
  }
  info.signo = signo;
  const bool own = process == static_cast<i64>(Process::instance().pid);
  if (context.orig_rax == SYS_rt_tgsigqueueinfo && (process <= 0 || thread <= 0)) {
    return -EINVAL;
  }
  if ((info.code >= 0 || info.code == SI_TKILL) && !own) {
    return -EPERM;
  }
  if (!own && thread != 0) {
    return send_to_relatives_thread(static_cast<i32>(process), static_cast<i32>(thread), signo, info.code,
                                    info.sender.value);
  }
  if (!own) {
    return process <= 0 ? -ESRCH : send_to_family(static_cast<i32>(process), signo, info.code, info.sender.value);
  }
  if (thread != 0 && ThreadList::instance().find(static_cast<u32>(thread)) == nullptr) {
    return -ESRCH;
  }
  if (signo == 0) {
    return 0;
  }
  if (!is_valid_signal(signo)) {
    return -EINVAL;
  }
  return thread == 0 ? Signals::instance().send(info) : Signals::instance().send_to_tid(static_cast<u32>(thread), info);
}

i64 rt_sigqueueinfo(Context& context) {
  return send_queued(context, static_cast<i32>(context.rdi), 0, static_cast<i32>(context.rsi), context.rdx);
}

i64 rt_tgsigqueueinfo(Context& context) {
  return send_queued(context, static_cast<i32>(context.rdi), static_cast<i32>(context.rsi),
                     static_cast<i32>(context.rdx), context.r10);
}

i64 rt_sigsuspend(Context& context) {
  u64 set = 0;
  if (context.rsi != set_size) {
    return -EINVAL;
  }
  if (!read_user(set, context.rdi)) {
    return -EFAULT;
  }
  ThreadSignals& signals = own_signals();
  signals.saved_mask = signals.mask;
  Signals::instance().set_mask(set);
  wait_for_signal(no_deadline);
  signals.restore_mask = true;
  return restart_without_handler;
}

i64 pause_call(Context&) {
  wait_for_signal(no_deadline);
  return restart_without_handler;
}

i64 sigaltstack_call(Context& context) {
  AlternateStack& stack = own_signals().alternate;
  AlternateStack next;
  if (context.rdi != 0 && !read_user(next, context.rdi)) {
    return -EFAULT;
  }
  AlternateStack old = stack;
  old.flags = alternate_stack_flags(stack, context.rsp) | (stack.flags & stack_autodisarm);
  if (context.rdi != 0) {
    if (const i64 error = set_alternate_stack(stack, next, context.rsp); error != 0) {
      return error;
    }
  }
  return context.rsi != 0 && !write_user(context.rsi, old) ? -EFAULT : 0;
}

i64 kill_call(Context& context) {
  const auto target = static_cast<i32>(context.rdi);
  const auto signo = static_cast<i32>(context.rsi);
  // The number of any thread stands for its process.
  const bool own = target == static_cast<i32>(Process::instance().pid) ||
                   (target > 0 && ThreadList::instance().find(static_cast<u32>(target)) != nullptr);
  if (!own) {
    return target == INT32_MIN ? -ESRCH : send_to_family(target, signo, SI_USER, 0);
  }
  if (signo != 0 && !is_valid_signal(signo)) {
    return -EINVAL;
  }
  return signo == 0 ? 0 : Signals::instance().send(own_signal(static_cast<u32>(signo), SI_USER));
}

i64 send_to_one(i32 tid, i32 signo) {
  // The first thread, once it has ended before others, is still there as a zombie.
  const bool ended = ThreadList::instance().find(static_cast<u32>(tid)) == nullptr;
  if (ended && tid != static_cast<i32>(Process::instance().pid)) {
    return -ESRCH;
  }
  if (signo != 0 && !is_valid_signal(signo)) {
    return -EINVAL;
  }
  if (ended) {
    return 0;
  }
  return Signals::instance().send_to_tid(static_cast<u32>(tid), own_signal(static_cast<u32>(signo), SI_TKILL));
}

i64 tkill_call(Context& context) {
  const auto tid = static_cast<i32>(context.rdi);
  const auto signo = static_cast<i32>(context.rsi);
  if (tid <= 0) {
    return -EINVAL;
  }
  const bool own = ThreadList::instance().find(static_cast<u32>(tid)) != nullptr;
  return own ? send_to_one(tid, signo) : send_to_relatives_thread(0, tid, signo, SI_TKILL, 0);
}

i64 tgkill_call(Context& context) {
  const auto process = static_cast<i32>(context.rdi);
  const auto tid = static_cast<i32>(context.rsi);
  if (process <= 0 || tid <= 0) {
    return -EINVAL;
  }
  if (process != static_cast<i32>(Process::instance().pid)) {
    return send_to_relatives_thread(process, tid, static_cast<i32>(context.rdx), SI_TKILL, 0);
  }
  return send_to_one(tid, static_cast<i32>(context.rdx));
}

i64 signal_file(u64 fd, u64 mask_address, u64 size, u32 flags) {
  u64 mask = 0;
  if (size != set_size) {
    return -EINVAL;
  }
  if (!read_user(mask, mask_address)) {
    return -EFAULT;
  }
  if ((flags & ~static_cast<u32>(O_CLOEXEC | O_NONBLOCK)) != 0) {
    return -EINVAL;
  }
  if (static_cast<i32>(fd) == -1) {
    FileRef file;
    if (const i64 result = create_signal_file(mask, flags & O_NONBLOCK, file); result != 0) {
      return result;
    }
    return FdTable::instance().add(std::move(file), (flags & O_CLOEXEC) != 0);
  }
  const FileRef file = FdTable::instance().get(fd);
  if (!file || file->kind() == FileKind::Path) {
    return -EBADF;
  }
  if (file->kind() != FileKind::Signal) {
    return -EINVAL;
  }
  Signals::instance().set_watch_mask(*file->signal_watch, mask);
  return static_cast<i32>(fd);
}

i64 signalfd_call(Context& context) {
  return signal_file(context.rdi, context.rsi, context.rdx, 0);
}

i64 signalfd4_call(Context& context) {
  return signal_file(context.rdi, context.rsi, context.rdx, static_cast<u32>(context.r10));
}

// Only the kernel's own restarts use it; called by a program there is nothing to restart.
i64 restart_syscall(Context&) {
  return -EINTR;
}

constexpr SyscallEntry entries[] = {
    {SYS_rt_sigaction, rt_sigaction},
    {SYS_rt_sigprocmask, rt_sigprocmask},
    {SYS_rt_sigreturn, rt_sigreturn},
    {SYS_rt_sigpending, rt_sigpending},
    {SYS_rt_sigtimedwait, rt_sigtimedwait},
    {SYS_rt_sigqueueinfo, rt_sigqueueinfo},
    {SYS_rt_tgsigqueueinfo, rt_tgsigqueueinfo},
    {SYS_rt_sigsuspend, rt_sigsuspend},
    {SYS_sigaltstack, sigaltstack_call},
    {SYS_kill, kill_call},
    {SYS_tkill, tkill_call},
    {SYS_tgkill, tgkill_call},
    {SYS_pause, pause_call},
    {SYS_restart_syscall, restart_syscall},
    {SYS_signalfd, signalfd_call},
    {SYS_signalfd4, signalfd4_call},
};

}  // namespace

std::span<const SyscallEntry> signal_calls() {
  return entries;
}

}  // namespace kx::libos
