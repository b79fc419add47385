// Waiting for children: wait4(2) and waitid(2). A pVM without children has nothing to wait for; what Linux checks
// before it says so is checked here.
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>

#include "mm/address_space.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

namespace {

constexpr u32 no_thread = 0x20000000, all_children = 0x40000000, clone_children = 0x80000000;
constexpr u32 common_options = WNOHANG | WCONTINUED | no_thread | all_children | clone_children;
constexpr u32 states = WEXITED | WSTOPPED | WCONTINUED;

i64 call_wait4(Context& context) {
  const auto which = static_cast<i32>(context.rdi);
  if ((static_cast<u32>(context.rdx) & ~(common_options | WUNTRACED)) != 0) {
    return -EINVAL;
  }
  return which == INT32_MIN ? -ESRCH : -ECHILD;
}

i64 judge_waitid(u32 kind, i32 id, u32 options) {
  constexpr u32 pidfd_kind = 3;  // P_PIDFD
  if ((options & ~(common_options | states | WNOWAIT)) != 0 || (options & states) == 0) {
    return -EINVAL;
  }
  switch (kind) {
    case P_ALL:
      return -ECHILD;
    case P_PID:
      return id <= 0 ? -EINVAL : -ECHILD;
    case P_PGID:
      return id < 0 ? -EINVAL : -ECHILD;
    case pidfd_kind:
      return id < 0 ? -EINVAL : -EBADF;  // no descriptor of a pVM stands for a process
    default:
      return -EINVAL;
  }
}

i64 call_waitid(Context& context) {
  const i64 result =
      judge_waitid(static_cast<u32>(context.rdi), static_cast<i32>(context.rsi), static_cast<u32>(context.r10));
  // Linux fills in siginfo whatever the outcome, with zeros here, and leaves the padding after si_code alone.
  constexpr u64 pid_offset = 16;
  struct Words {
    u32 words[3];
  };
  const u64 info = context.rdx;
  if (info != 0 && (!write_user(info, Words{}) || !write_user(info + pid_offset, Words{}))) {
    return -EFAULT;
  }
  return result;
}

constexpr SyscallEntry entries[] = {{SYS_wait4, call_wait4}, {SYS_waitid, call_waitid}};

}  // namespace

std::span<const SyscallEntry> wait_calls() {
  return entries;
}

}  // namespace kx::libos
