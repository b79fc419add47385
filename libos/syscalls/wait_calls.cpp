// Waiting for children: wait4(2) and waitid(2).
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>

#include "files/fd_table.hpp"
#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "mm/tlb.hpp"
#include "process/process.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

namespace {

constexpr u32 no_thread = 0x20000000, all_children = 0x40000000, clone_children = 0x80000000;
constexpr u32 common_options = WNOHANG | WCONTINUED | no_thread | all_children | clone_children;
constexpr u32 states = WEXITED | WSTOPPED | WCONTINUED;

// The child's number, 0 if there was nothing to report (WNOHANG), or an error. `id`: a number or a handle.
i64 wait_for(abi::WaitKind kind, i32 id, u32 options, abi::WaitResult& result) {
  i64 found = 0;
  {
    const IdleSection idle;
    found =
        host_call(abi::HostCall::Wait, CallKind::Blocking, static_cast<u64>(kind), static_cast<u32>(id), options, 0);
  }
  if (found > 0) {
    std::memcpy(&result, call_buffer(), sizeof result);
  }
  return interrupted(found, restart_if_flagged);
}

i64 call_wait4(Context& context) {
  const auto which = static_cast<i32>(context.rdi);
  const auto options = static_cast<u32>(context.rdx);
  if ((options & ~(common_options | WUNTRACED)) != 0) {
    return -EINVAL;
  }
  if (which == INT32_MIN) {
    return -ESRCH;
  }
  abi::WaitKind kind = abi::WaitKind::Process;
  i32 id = which;
  if (which == -1) {
    kind = abi::WaitKind::Any;
  } else if (which <= 0) {
    kind = abi::WaitKind::Group;
    id = which == 0 ? static_cast<i32>(process_group(0)) : -which;
  }
  abi::WaitResult result{};
  const i64 found = wait_for(kind, id, options | WEXITED, result);
  if (found <= 0) {
    return found;
  }
  if (context.rsi != 0 && !write_user(context.rsi, result.status)) {
    return -EFAULT;
  }
  return context.r10 != 0 && !copy_to_user(context.r10, result.usage, sizeof result.usage) ? -EFAULT : found;
}

i32 code_of(i32 status) {
  if (WIFCONTINUED(status)) {
    return CLD_CONTINUED;
  }
  if (WIFSTOPPED(status)) {
    return CLD_STOPPED;
  }
  return WIFEXITED(status) ? CLD_EXITED : CLD_KILLED;
}

i32 value_of(i32 status) {
  if (WIFCONTINUED(status)) {
    return SIGCONT;
  }
  if (WIFSTOPPED(status)) {
    return WSTOPSIG(status);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
}

// 0, or the error that Linux finds before it looks for children. `pidfd` is held while it is waited for.
i64 translate(u32 which, i32 id, u32 options, abi::WaitKind& kind, i32& target, FileRef& pidfd) {
  constexpr u32 pidfd_kind = 3;  // P_PIDFD
  if ((options & ~(common_options | states | WNOWAIT)) != 0 || (options & states) == 0) {
    return -EINVAL;
  }
  target = id;
  switch (which) {
    case P_ALL:
      kind = abi::WaitKind::Any;
      return 0;
    case P_PID:
      kind = abi::WaitKind::Process;
      return id <= 0 ? -EINVAL : 0;
    case P_PGID:
      kind = abi::WaitKind::Group;
      if (id == 0) {
        target = static_cast<i32>(process_group(0));
      }
      return id < 0 ? -EINVAL : 0;
    case pidfd_kind:
      if (id < 0) {
        return -EINVAL;
      }
      pidfd = FdTable::instance().get(static_cast<u32>(id));
      if (!pidfd || pidfd->kind() != FileKind::Process) {
        return -EBADF;
      }
      kind = abi::WaitKind::Handle;
      target = static_cast<i32>(pidfd->handle());
      return 0;
    default:
      return -EINVAL;
  }
}

i64 call_waitid(Context& context) {
  abi::WaitKind kind = abi::WaitKind::Any;
  abi::WaitResult result{};
  i32 target = 0;
  FileRef pidfd;
  const auto options = static_cast<u32>(context.r10);
  i64 found = translate(static_cast<u32>(context.rdi), static_cast<i32>(context.rsi), options, kind, target, pidfd);
  if (found == 0) {
    found = wait_for(kind, target, options, result);
  }
  if (is_restart(found)) {
    return found;
  }
  if (found > 0 && context.r8 != 0 && !copy_to_user(context.r8, result.usage, sizeof result.usage)) {
    return -EFAULT;
  }
  // Linux fills in siginfo whatever the outcome, with zeros if nothing was found, and leaves the padding after si_code
  // alone.
  constexpr u64 pid_offset = 16;
  struct First {
    i32 signo, error, code;
  } first{};
  struct Second {
    i32 pid;
    u32 uid;
    i32 status;
  } second{};
  if (found > 0) {
    first = {SIGCHLD, 0, code_of(result.status)};
    second = {result.pid, result.uid, value_of(result.status)};
  }
  const u64 info = context.rdx;
  if (info != 0 && (!write_user(info, first) || !write_user(info + pid_offset, second))) {
    return -EFAULT;
  }
  return found > 0 ? 0 : found;
}

constexpr SyscallEntry entries[] = {{SYS_wait4, call_wait4}, {SYS_waitid, call_waitid}};

}  // namespace

std::span<const SyscallEntry> wait_calls() {
  return entries;
}

}  // namespace kx::libos
