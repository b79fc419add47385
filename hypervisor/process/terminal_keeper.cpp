// What runs in the keeper and its children shares memory, and even the main thread's errno, with kx: it calls the
// kernel directly and touches nothing but its own stack.
#include "hypervisor/process/terminal_keeper.hpp"

#include <linux/futex.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "hypervisor/services/seccomp_filter.hpp"

namespace kx::hv {

namespace {

using seccomp::Condition;
using seccomp::Verdict;

constexpr std::size_t keeper_stack_size = 16 << 10;
constexpr std::size_t child_stack_size = 8 << 10;
constexpr std::size_t stacks_size = keeper_stack_size + TerminalKeeper::most_terminals * child_stack_size;
constexpr std::size_t kernel_mask_size = 8;  // bytes of the kernel's signal masks

// Siblings of the keeper's, so that they too are the family's process's children.
constexpr std::uint32_t child_flags[] = {CLONE_VM | CLONE_PARENT | SIGCHLD};
constexpr std::uint32_t terminal_requests[] = {TIOCSCTTY};
constexpr std::uint32_t death_signal[] = {PR_SET_PDEATHSIG};

constexpr int keeper_calls[] = {
    SYS_read,  SYS_write,  SYS_recvmsg,   SYS_poll, SYS_close,
    SYS_futex, SYS_setsid, SYS_signalfd4, SYS_exit, SYS_exit_group,
};

// All that the keeper and its children may do.
constexpr seccomp::Table keeper_table() {
  seccomp::Table table{};
  for (const int number : keeper_calls) {
    table[static_cast<std::size_t>(number)].verdict = Verdict::Allow;
  }
  table[SYS_clone] = {Verdict::Check, Condition::OneOf, 0, child_flags};
  table[SYS_ioctl] = {Verdict::Check, Condition::OneOf, 1, terminal_requests};
  table[SYS_prctl] = {Verdict::Check, Condition::OneOf, 0, death_signal};
  return table;
}

constexpr seccomp::Program keeper_filter = seccomp::Compiler(keeper_table()).compile();

struct Request {
  std::uint32_t number;
};

// What start() leaves for the keeper at the bottom of its stack.
struct KeeperStart {
  int requests;
  pid_t parent;
  std::byte* stacks;
  std::uint32_t confined;  // 1: it has its filter, or is about to end
};

// The fifth argument is 0.
long call_kernel(long number, std::uint64_t a = 0, std::uint64_t b = 0, std::uint64_t c = 0, std::uint64_t d = 0) {
  register std::uint64_t fourth asm("r10") = d;
  register std::uint64_t fifth asm("r8") = 0;
  long result;
  // SAFETY: a system call by the x86-64 convention (syscall(2)); what it may write is named by pointers to live
  // objects.
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth)
               : "rcx", "r11", "memory");
  return result;
}

template <class T>
std::uint64_t address(T* pointer) {
  return reinterpret_cast<std::uint64_t>(pointer);  // SAFETY: becomes an argument of a system call, nothing else
}

constexpr std::uint64_t mask_bit(int signal) {
  return std::uint64_t{1} << (signal - 1);
}

// Reports signals until it is told to end, or the terminal is gone.
void report_signals(int signals, int channel) {
  for (;;) {
    pollfd events[] = {{signals, POLLIN, 0}, {channel, POLLIN, 0}};
    if (call_kernel(SYS_poll, address(events), 2, static_cast<std::uint64_t>(-1)) < 0) {
      continue;
    }
    if (events[0].revents != 0) {
      signalfd_siginfo information;
      if (call_kernel(SYS_read, static_cast<std::uint64_t>(signals), address(&information), sizeof information) !=
          sizeof information) {
        return;
      }
      // Those of the kernel alone: anybody else has no business with this process.
      if (information.ssi_code == SI_KERNEL) {
        const std::uint32_t signal = information.ssi_signo;
        call_kernel(SYS_write, static_cast<std::uint64_t>(channel), address(&signal), sizeof signal);
        if (signal == SIGHUP) {
          return;
        }
      }
      continue;
    }
    if (events[1].revents != 0) {
      return;
    }
  }
}

// What the keeper leaves for a child at the far end of the child's stack.
struct Held {
  std::int32_t terminal;
  std::int32_t channel;
  std::uint32_t closed;  // 1: the keeper has no longer open what it passed on
};

// A child of the keeper's. All signals are blocked, as in the keeper. Its end frees the terminal.
int hold_terminal(void* argument) {
  auto& held = *static_cast<Held*>(argument);
  call_kernel(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
  long result = call_kernel(SYS_setsid);
  if (result >= 0) {
    result = call_kernel(SYS_ioctl, static_cast<std::uint64_t>(held.terminal), TIOCSCTTY, 0);
  }
  // The terminal stays this session's, but does not count as open.
  call_kernel(SYS_close, static_cast<std::uint64_t>(held.terminal));
  const std::uint64_t wanted =
      mask_bit(SIGHUP) | mask_bit(SIGINT) | mask_bit(SIGQUIT) | mask_bit(SIGTSTP) | mask_bit(SIGWINCH);
  long signals = -1;
  if (result >= 0) {
    signals = result =
        call_kernel(SYS_signalfd4, static_cast<std::uint64_t>(-1), address(&wanted), kernel_mask_size, SFD_CLOEXEC);
  }
  // A program that closes the terminal once it has been answered may rely on its being closed.
  while (std::atomic_ref(held.closed).load() == 0) {
    call_kernel(SYS_futex, address(&held.closed), FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, 0);
  }
  const auto answer = static_cast<std::int32_t>(result < 0 ? result : 0);
  call_kernel(SYS_write, static_cast<std::uint64_t>(held.channel), address(&answer), sizeof answer);
  if (answer == 0) {
    report_signals(static_cast<int>(signals), held.channel);
  }
  return 0;
}

bool receive(int requests, Request& request, std::int32_t (&descriptors)[2]) {
  alignas(cmsghdr) std::byte control[CMSG_SPACE(sizeof descriptors)] = {};
  iovec data{&request, sizeof request};
  msghdr message;
  message.msg_name = nullptr;
  message.msg_namelen = 0;
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  message.msg_flags = 0;
  const long size = call_kernel(SYS_recvmsg, static_cast<std::uint64_t>(requests), address(&message), 0);
  if (size != sizeof request || message.msg_controllen < CMSG_LEN(sizeof descriptors)) {
    return false;
  }
  // SAFETY: the kernel wrote a header and at least two descriptors, as nothing else is ever sent.
  const auto* sent = reinterpret_cast<const std::int32_t*>(CMSG_DATA(reinterpret_cast<const cmsghdr*>(control)));
  descriptors[0] = sent[0];
  descriptors[1] = sent[1];
  return request.number < TerminalKeeper::most_terminals;
}

// The keeper's process.
int keep(void* argument) {
  auto& start = *static_cast<KeeperStart*>(argument);
  const auto requests = static_cast<std::uint64_t>(start.requests);
  call_kernel(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
  if (call_kernel(SYS_getppid) != start.parent) {
    return 0;
  }
  call_kernel(SYS_prctl, PR_SET_NAME, address("kx-terminals"));
  if (requests != 0) {
    call_kernel(SYS_close_range, 0, requests - 1, 0);
  }
  call_kernel(SYS_close_range, requests + 1, ~0u, 0);
  const sock_fprog filter{keeper_filter.size, const_cast<sock_filter*>(keeper_filter.code.data())};
  const bool confined = call_kernel(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1) == 0 &&
                        call_kernel(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, address(&filter)) == 0;
  std::atomic_ref(start.confined).store(1);
  call_kernel(SYS_futex, address(&start.confined), FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
  if (!confined) {
    return 1;
  }
  Request request{};
  std::int32_t descriptors[2] = {};
  while (receive(start.requests, request, descriptors)) {
    std::byte* const stack = start.stacks + keeper_stack_size + request.number * child_stack_size;
    // SAFETY: the stack of a number that nobody uses; its process shares this memory.
    auto& held = *reinterpret_cast<Held*>(stack);
    held = {descriptors[0], descriptors[1], 0};
    const int child = ::clone(hold_terminal, stack + child_stack_size, static_cast<int>(child_flags[0]), &held);
    call_kernel(SYS_close, static_cast<std::uint64_t>(descriptors[0]));
    if (child < 0) {
      const std::int32_t answer = -EAGAIN;
      call_kernel(SYS_write, static_cast<std::uint64_t>(descriptors[1]), address(&answer), sizeof answer);
    }
    call_kernel(SYS_close, static_cast<std::uint64_t>(descriptors[1]));
    std::atomic_ref(held.closed).store(1);
    call_kernel(SYS_futex, address(&held.closed), FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
  }
  return 0;
}

}  // namespace

Result<TerminalKeeper> TerminalKeeper::start() {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
    return Unexpected{system_error("make the socket of the terminals' keeper")};
  }
  UniqueFd requests(pair[0]);
  const UniqueFd other(pair[1]);
  // Never unmapped: the keeper runs on it to the end of this process.
  void* const stacks = ::mmap(nullptr, stacks_size, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (stacks == MAP_FAILED) {
    return Unexpected{system_error("map the stacks of the terminals' keeper")};
  }
  auto* const bottom = static_cast<std::byte*>(stacks);
  // In the page that is written first anyway.
  auto* const begin = reinterpret_cast<KeeperStart*>(bottom + keeper_stack_size - 64);  // SAFETY: aligned, in the stack
  *begin = KeeperStart{other.get(), ::getpid(), bottom, 0};
  // A signal that came before the keeper blocks it would end the keeper.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  // SAFETY: the stack lies below what it is given, and is nobody else's.
  const int keeper = ::clone(keep, bottom + keeper_stack_size - 64, CLONE_VM | SIGCHLD, begin);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (keeper < 0) {
    ::munmap(stacks, stacks_size);
    return Unexpected{system_error_from(error, "start the terminals' keeper")};
  }
  return TerminalKeeper(std::move(requests), &begin->confined);
}

bool TerminalKeeper::wait_until_confined() const {
  constexpr timespec patience{10, 0};
  while (confined_ != nullptr && std::atomic_ref(*confined_).load() == 0) {
    const long result = ::syscall(SYS_futex, confined_, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, &patience, nullptr, 0);
    if (result != 0 && errno == ETIMEDOUT) {
      return false;
    }
  }
  return true;
}

void TerminalKeeper::end() const {
  if (requests_) {
    ::shutdown(requests_.get(), SHUT_WR);
  }
}

std::int64_t TerminalKeeper::hold(int fd, std::uint32_t number, UniqueFd& channel) const {
  constexpr int patience_ms = 1000;
  int pair[2];
  if (!requests_) {
    return -EPERM;
  }
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
    return -errno;
  }
  channel = UniqueFd(pair[0]);
  Request request{number};
  const std::int32_t sent[] = {fd, pair[1]};
  {
    const UniqueFd other(pair[1]);
    alignas(cmsghdr) std::byte control[CMSG_SPACE(sizeof sent)] = {};
    iovec data{&request, sizeof request};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof sent);
    std::memcpy(CMSG_DATA(header), sent, sizeof sent);
    if (::sendmsg(requests_.get(), &message, MSG_NOSIGNAL) < 0) {
      return -EPERM;  // the keeper is gone
    }
  }
  pollfd answers{channel.get(), POLLIN, 0};
  int ready;
  do {
    ready = ::poll(&answers, 1, patience_ms);
  } while (ready < 0 && errno == EINTR);  // by a kick
  std::int32_t answer = 0;
  const bool told = ready == 1 && ::read(channel.get(), &answer, sizeof answer) == sizeof answer;
  return told ? answer : -EPERM;
}

}  // namespace kx::hv
