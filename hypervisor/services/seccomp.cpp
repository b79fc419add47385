#include "hypervisor/services/seccomp.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <iterator>
#include <kx/abi/ioctl_shapes.hpp>
#include <kx/abi/syscall_shapes.hpp>

#include "hypervisor/services/seccomp_filter.hpp"

namespace kx::hv {

namespace {

using seccomp::Condition;
using seccomp::Rule;
using seccomp::Verdict;

// What the services, the C library and the vCPU threads use themselves, beside the passed-through calls.
constexpr int own_calls[] = {
    SYS_read,
    SYS_write,
    SYS_close,
    SYS_readv,
    SYS_writev,
    SYS_pread64,
    SYS_pwrite64,
    SYS_preadv,
    SYS_pwritev,
    SYS_preadv2,
    SYS_pwritev2,
    SYS_openat,
    SYS_openat2,
    SYS_fcntl,
    SYS_dup,
    SYS_sendmsg,
    SYS_recvmsg,
    SYS_recvfrom,
    SYS_mq_notify,
    SYS_fchdir,
    SYS_poll,
    SYS_ppoll,
    SYS_epoll_pwait,
    SYS_munmap,
    SYS_mremap,
    SYS_msync,
    SYS_madvise,
    SYS_brk,
    SYS_futex,
    SYS_set_robust_list,
    SYS_rseq,
    SYS_exit,
    SYS_exit_group,
    SYS_sched_yield,
    SYS_gettid,
    SYS_membarrier,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_restart_syscall,
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_clock_nanosleep,
    SYS_timer_create,
    SYS_timer_settime,
    SYS_timer_delete,
    SYS_nanosleep,
    SYS_getpid,
    SYS_getpgrp,
    SYS_getpgid,
    SYS_getsid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    // By a vCPU's thread, for itself: the host refuses what the family has no right to.
    SYS_getresuid,
    SYS_getresgid,
    SYS_getgroups,
    SYS_setuid,
    SYS_setgid,
    SYS_setreuid,
    SYS_setregid,
    SYS_setresuid,
    SYS_setresgid,
    SYS_setfsuid,
    SYS_setfsgid,
    SYS_setgroups,
    SYS_capget,
    SYS_capset,
    SYS_getrusage,
    SYS_prlimit64,
    SYS_getrandom,
    SYS_mincore,
};

constexpr std::uint32_t executable[] = {PROT_EXEC};
// A thread of this process in the same namespaces (clone(2)); the last bits are the namespaces.
constexpr std::uint32_t thread_bits[] = {CLONE_VM | CLONE_THREAD | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                             CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET,
                                         CLONE_VM | CLONE_THREAD};
constexpr std::uint32_t own_directory[] = {CLONE_FS};
constexpr std::uint32_t prctl_options[] = {PR_SET_NAME, PR_SET_KEEPCAPS, PR_GET_KEEPCAPS, 0x53564d41 /* PR_SET_VMA */};
constexpr std::uint32_t socket_domains[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

constexpr auto ioctl_requests = [] {
  std::array<std::uint32_t, std::size(abi::ioctl_shapes)> requests{};
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const abi::IoctlShape& shape = abi::ioctl_shapes[i];
    const bool is_own = shape.rule == abi::IoctlRule::TakeTerminal || shape.rule == abi::IoctlRule::LeaveTerminal;
    requests[i] = is_own ? abi::ioctl_shapes[0].request : shape.request;  // any other that is allowed
  }
  return requests;
}();

constexpr seccomp::Table make_table() {
  seccomp::Table table{};
  for (std::size_t number = 0; number < table.size(); ++number) {
    if (abi::syscall_shapes[number].known) {
      table[number].verdict = Verdict::Allow;
    }
  }
  for (const int number : own_calls) {
    table[static_cast<std::size_t>(number)].verdict = Verdict::Allow;
  }
  table[SYS_ioctl] = {Verdict::Check, Condition::KvmOrOneOf, 1, ioctl_requests};
  table[SYS_mmap] = {Verdict::Check, Condition::BitsClear, 2, executable};
  table[SYS_mprotect] = {Verdict::Check, Condition::BitsClear, 2, executable};
  table[SYS_clone] = {Verdict::Check, Condition::BitsExact, 0, thread_bits};
  table[SYS_clone3] = {Verdict::NotImplemented};  // its flags are out of a filter's reach; glibc falls back to clone
  table[SYS_unshare] = {Verdict::Check, Condition::OneOf, 0, own_directory};
  table[SYS_prctl] = {Verdict::Check, Condition::OneOf, 0, prctl_options};
  table[SYS_socket] = {Verdict::Check, Condition::OneOf, 0, socket_domains};
  table[SYS_socketpair] = {Verdict::Check, Condition::OneOf, 0, socket_domains};
  table[SYS_kill] = {Verdict::Check, Condition::OwnProcess, 0};
  table[SYS_tgkill] = {Verdict::Check, Condition::OwnProcess, 0};
  return table;
}

constexpr seccomp::Program compiled = seccomp::Compiler(make_table()).compile();

}  // namespace

Result<void> install_seccomp() {
  seccomp::Program program = compiled;
  for (sock_filter& instruction : program.code) {
    if (instruction.k == seccomp::own_process_mark) {
      instruction.k = static_cast<std::uint32_t>(::getpid());
    }
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return Unexpected{system_error("forbid new privileges (prctl)")};
  }
  const sock_fprog filter{program.size, program.code.data()};
  // TSYNC: every thread, those that run already included.
  const long result =
      ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG, &filter);
  if (result > 0) {
    return Unexpected{make_error(ErrorKind::System, "install the system-call filter: a thread has another one")};
  }
  if (result < 0) {
    return Unexpected{
        system_error("install the system-call filter").with_cure("the kernel needs CONFIG_SECCOMP_FILTER")};
  }
  return {};
}

}  // namespace kx::hv
