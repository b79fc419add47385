#include "syscalls/dispatch.hpp"

#include <sys/syscall.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <kx/abi/components.hpp>
#include <kx/abi/syscall_shapes.hpp>

#include "entry/lazy_patch.hpp"
#include "host/stats.hpp"
#include "process/boot_info.hpp"
#include "process/strace.hpp"
#include "process/thread.hpp"

namespace kx::libos {

namespace {

constexpr u64 table_size = 512;
SyscallHandler table[table_size];

i64 unsupported(Context& context) {
  count_unsupported(context.orig_rax);
  return -ENOSYS;
}

i64 passed_through(Context& context) {
  return pass_through(static_cast<u32>(context.orig_rax), context);
}

// The number a program means is the low half of RAX, as on Linux.
i64 call(Context& context) {
  const u64 number = context.orig_rax;
  return number < table_size ? table[number](context) : unsupported(context);
}

bool dispatch(Context& context) {
  begin_system_call();
  if (strace_enabled()) [[unlikely]] {
    trace_call(context);
  }
  const i64 result = call(context);
  end_system_call(context.orig_rax);
  if (result == context_replaced) [[unlikely]] {
    context.vector = entry_trapped;  // its RFLAGS count, not the flags that the call came with
    return true;
  }
  if (strace_enabled()) [[unlikely]] {
    trace_result(context, result);
  }
  context.rax = static_cast<u64>(result);
  if (is_restart(result)) [[unlikely]] {
    // kx_work decides what becomes of the call.
    std::atomic_ref(vcpu_page().pending).fetch_or(abi::pending_signal, std::memory_order_seq_cst);
  }
  return false;
}

}  // namespace

void start_dispatch() {
  for (u64 number = 0; number < table_size; ++number) {
    table[number] = abi::syscall_shapes[number].known ? passed_through : unsupported;
  }
  for (const auto calls :
       {memory_calls(),        file_calls(),         path_calls(),    descriptor_calls(),     poll_calls(),
        epoll_calls(),         socket_calls(),       process_calls(), identity_calls(),       thread_calls(),
        futex_calls(),         scheduling_calls(),   exec_calls(),    signal_calls(),         time_calls(),
        timer_calls(),         wait_calls(),         pidfd_calls(),   process_memory_calls(), ipc_calls(),
        shared_memory_calls(), message_queue_calls()}) {
    for (const SyscallEntry& entry : calls) {
      table[entry.number] = entry.handler;
    }
  }
  const u32 allowed = boot_info().components;
  for (u64 number = 0; allowed != abi::all_components && number < table_size; ++number) {
    if (!abi::has_component(allowed, abi::component_of_syscall(number))) {
      table[number] = unsupported;
    }
  }
}

void allow_only(std::span<const SyscallEntry> allowed, SyscallHandler refuse) {
  for (u64 number = 0; number < table_size; ++number) {
    const auto found = std::find_if(allowed.begin(), allowed.end(),
                                    [number](const SyscallEntry& entry) { return entry.number == number; });
    const SyscallHandler handler = found != allowed.end() ? found->handler : refuse;
    table[number] = handler != nullptr ? handler : table[number];
  }
}

SyscallHandler handler_of(u16 number) {
  return number < table_size ? table[number] : unsupported;
}

extern "C" bool kx_syscall(Context* context) {
  context->orig_rax = static_cast<u32>(context->orig_rax);
  ++stats().patched_calls;
  return dispatch(*context);
}

extern "C" bool kx_syscall_trapped(Context* context) {
  context->orig_rax = static_cast<u32>(context->orig_rax);
  ++stats().trapped;
  context->r11 = context->rflags;
  lazy_patch(*context);
  return dispatch(*context);
}

}  // namespace kx::libos
