// The components of the library OS: which there are, and to which of them a system call or host call belongs.
//
// The core is always there. The text of another component is mapped into a pVM when it is first used, and a family can
// be started without it: its system calls then answer ENOSYS, and the hypervisor refuses its host calls.
#pragma once

#include <sys/syscall.h>

#include <cstdint>
#include <kx/abi/host_call.hpp>

namespace kx::abi {

// In the order in which libos.ld lays them out and the image's header names them.
enum class Component : std::uint32_t {
  Core,
  Net,
  Poll,
  Timers,
  SystemV,
  MessageQueues,
  Proc,
  Relatives,
  Update,
  Trace
};

struct ComponentText {
  const char* name;
  const char* summary;
};

inline constexpr ComponentText component_texts[] = {
    {"core", "memory, programs, threads, signals, files, pipes"},
    {"net", "sockets"},
    {"poll", "poll, select, epoll"},
    {"timers", "interval timers, POSIX timers, timerfd"},
    {"sysv", "System V queues, semaphores, shared memory"},
    {"mqueue", "POSIX message queues"},
    {"proc", "/proc"},
    {"relatives", "pidfd, process_vm_readv, questions of other processes"},
    {"update", "live library updates"},
    {"trace", "--strace"},
};
inline constexpr std::uint32_t component_count = sizeof component_texts / sizeof component_texts[0];
static_assert(component_count == static_cast<std::uint32_t>(Component::Trace) + 1);

// A set of components is a word with these bits.
constexpr std::uint32_t component_bit(Component component) {
  return 1u << static_cast<std::uint32_t>(component);
}
constexpr bool has_component(std::uint32_t set, Component component) {
  return (set & component_bit(component)) != 0;
}
inline constexpr std::uint32_t all_components = (1u << component_count) - 1;
// In every set: without the first nothing runs, the other one serves who started the family.
inline constexpr std::uint32_t needed_components = component_bit(Component::Core) | component_bit(Component::Trace);

// To which a Linux system call belongs.
constexpr Component component_of_syscall(std::uint64_t number) {
  switch (number) {
    case SYS_socket:
    case SYS_connect:
    case SYS_accept:
    case SYS_accept4:
    case SYS_sendto:
    case SYS_recvfrom:
    case SYS_sendmsg:
    case SYS_recvmsg:
    case SYS_sendmmsg:
    case SYS_recvmmsg:
    case SYS_shutdown:
    case SYS_bind:
    case SYS_listen:
    case SYS_getsockname:
    case SYS_getpeername:
    case SYS_socketpair:
    case SYS_setsockopt:
    case SYS_getsockopt:
      return Component::Net;
    case SYS_poll:
    case SYS_ppoll:
    case SYS_select:
    case SYS_pselect6:
    case SYS_epoll_create:
    case SYS_epoll_create1:
    case SYS_epoll_ctl:
    case SYS_epoll_wait:
    case SYS_epoll_pwait:
    case SYS_epoll_pwait2:
      return Component::Poll;
    case SYS_alarm:
    case SYS_getitimer:
    case SYS_setitimer:
    case SYS_timer_create:
    case SYS_timer_settime:
    case SYS_timer_gettime:
    case SYS_timer_getoverrun:
    case SYS_timer_delete:
    case SYS_timerfd_create:
    case SYS_timerfd_settime:
    case SYS_timerfd_gettime:
      return Component::Timers;
    case SYS_msgget:
    case SYS_msgsnd:
    case SYS_msgrcv:
    case SYS_msgctl:
    case SYS_semget:
    case SYS_semop:
    case SYS_semtimedop:
    case SYS_semctl:
    case SYS_shmget:
    case SYS_shmat:
    case SYS_shmdt:
    case SYS_shmctl:
      return Component::SystemV;
    case SYS_mq_open:
    case SYS_mq_unlink:
    case SYS_mq_timedsend:
    case SYS_mq_timedreceive:
    case SYS_mq_notify:
    case SYS_mq_getsetattr:
      return Component::MessageQueues;
    case SYS_pidfd_open:
    case SYS_pidfd_send_signal:
    case SYS_pidfd_getfd:
    case SYS_process_vm_readv:
    case SYS_process_vm_writev:
      return Component::Relatives;
    default:
      return Component::Core;
  }
}

// True if a pVM with the components of `set` may make the host call, or have the system call passed through.
constexpr bool may_call(std::uint32_t set, std::uint32_t number) {
  if (number < first_host_call) {
    return has_component(set, component_of_syscall(number));
  }
  switch (static_cast<HostCall>(number)) {
    case HostCall::SendMessage:
    case HostCall::ReceiveMessage:
      return has_component(set, Component::Net);
    case HostCall::Poll:
    case HostCall::WaitEvents:
      return has_component(set, Component::Poll);
    case HostCall::TimerArm:
      return has_component(set, Component::Timers);
    case HostCall::Ipc:
      return has_component(set, Component::SystemV);
    case HostCall::MessageNotify:
      return has_component(set, Component::MessageQueues);
    case HostCall::ProcessOpen:
      return has_component(set, Component::Relatives);
    case HostCall::HostInfo:
      return has_component(set, Component::Proc);
    case HostCall::Ask:  // by /proc of a relative too
      return has_component(set, Component::Relatives) || has_component(set, Component::Proc);
    default:
      return true;
  }
}

}  // namespace kx::abi
