// The system-call table: who handles which number, and what handlers may answer.
#pragma once

#include <cstddef>
#include <kx/abi/result.hpp>
#include <span>

#include "arch/x86_64/context.hpp"

namespace kx::libos {

// Arguments in the order of the ABI: rdi rsi rdx r10 r8 r9. Returns the result or -errno, or one of the codes below.
using SyscallHandler = i64 (*)(Context&);

struct SyscallEntry {
  u16 number;
  SyscallHandler handler;
};

// The handler has set the whole context itself (rt_sigreturn, execve): RAX is left alone.
inline constexpr i64 context_replaced = -4096;
// As the kernel's internal codes (never seen by the program): what happens after a signal interrupted the call.
inline constexpr i64 restart_if_flagged = -512;  // ERESTARTSYS: restarts if no handler ran or it has SA_RESTART
inline constexpr i64 restart_always = abi::result_not_begun;  // ERESTARTNOINTR
inline constexpr i64 restart_without_handler = -514;          // ERESTARTNOHAND: EINTR if any handler ran

constexpr bool is_restart(i64 result) {
  return result <= restart_if_flagged && result >= restart_without_handler;
}
// Translates a host call's -EINTR.
constexpr i64 interrupted(i64 result, i64 code) {
  return result == -4 ? code : result;
}

// In the core, though the file be a component's: what is asked at the start of every program (libos.ld).
#define KX_IN_CORE [[gnu::section(".kx_core")]]

// One list a module; dispatch.cpp joins them.
std::span<const SyscallEntry> memory_calls();
std::span<const SyscallEntry> file_calls();
std::span<const SyscallEntry> path_calls();
std::span<const SyscallEntry> descriptor_calls();
KX_IN_CORE std::span<const SyscallEntry> poll_calls();
KX_IN_CORE std::span<const SyscallEntry> epoll_calls();
KX_IN_CORE std::span<const SyscallEntry> socket_calls();
std::span<const SyscallEntry> process_calls();
std::span<const SyscallEntry> identity_calls();
std::span<const SyscallEntry> thread_calls();
std::span<const SyscallEntry> futex_calls();
std::span<const SyscallEntry> scheduling_calls();
std::span<const SyscallEntry> exec_calls();
std::span<const SyscallEntry> signal_calls();
std::span<const SyscallEntry> time_calls();
KX_IN_CORE std::span<const SyscallEntry> timer_calls();
std::span<const SyscallEntry> wait_calls();
KX_IN_CORE std::span<const SyscallEntry> pidfd_calls();
KX_IN_CORE std::span<const SyscallEntry> process_memory_calls();
KX_IN_CORE std::span<const SyscallEntry> ipc_calls();
KX_IN_CORE std::span<const SyscallEntry> shared_memory_calls();
KX_IN_CORE std::span<const SyscallEntry> message_queue_calls();

// Marshals `context` by the shape of system call `number` (kx/abi/syscall_shapes.hpp). Arguments may have been edited.
i64 pass_through(u32 number, Context& context);

const char* syscall_name(u64 number);

void start_dispatch();

// While the world stands still and code of the program's runs all the same: what is not in `allowed` gets `refuse`. An
// entry without a handler keeps its own. start_dispatch() undoes it.
void allow_only(std::span<const SyscallEntry> allowed, SyscallHandler refuse);
SyscallHandler handler_of(u16 number);

}  // namespace kx::libos
