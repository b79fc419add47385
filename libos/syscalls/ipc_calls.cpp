// System V message queues and semaphores: msgop(2), semop(2) and their relatives. The hypervisor has the objects.
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>

#include "mm/heap.hpp"
#include "mm/tlb.hpp"
#include "process/process.hpp"
#include "process/thread.hpp"
#include "syscalls/dispatch.hpp"
#include "syscalls/ipc_support.hpp"
#include "syscalls/poll_wait.hpp"

namespace kx::libos {

HostReply ipc_call_raw(IpcOperation operation, u64 a, u64 b, u64 c, u64 d) {
  const Credentials& who = Thread::current().credentials;
  // SAFETY: the start of this vCPU's call buffer, which is aligned and large enough.
  auto& caller = *reinterpret_cast<abi::IpcCaller*>(call_buffer());
  caller.uid = who.user.effective;
  caller.gid = who.group.effective;
  caller.group_count = who.group_count;
  caller.reserved = 0;
  std::copy_n(who.groups, caller.group_count, caller.groups);
  return host_call_raw(static_cast<u32>(abi::HostCall::Ipc), {{static_cast<u64>(operation), a, b, c, d}, 0},
                       CallKind::Quick);
}

namespace {

i64 call_msgget(Context& c) {
  return ipc_call(IpcOperation::MessageGet, c.rdi, c.rsi);
}

i64 call_msgsnd(Context& c) {
  const u64 size = c.rdx;
  i64 type = 0;
  if (!read_user(type, c.rsi)) {
    return -EFAULT;
  }
  if (size > abi::ipc_max_message || static_cast<i32>(c.rdi) < 0 || type < 1) {
    return -EINVAL;
  }
  const i64 result = wait_until(Deadline(), [&](i64) -> i64 {
    if (!copy_from_user(ipc_data(), c.rsi + sizeof type, size)) {
      return -EFAULT;
    }
    const IdleSection idle;
    return ipc_call(IpcOperation::MessageSend, c.rdi, static_cast<u64>(type), size, c.r10);
  });
  return interrupted(result, restart_without_handler);
}

i64 call_msgrcv(Context& c) {
  if (static_cast<i32>(c.rdi) < 0 || static_cast<i64>(c.rdx) < 0) {
    return -EINVAL;
  }
  // No message is longer.
  const u64 capacity = std::min(c.rdx, abi::ipc_max_message);
  u64 type = 0;
  const i64 result = wait_until(Deadline(), [&](i64) -> i64 {
    const IdleSection idle;
    const HostReply reply = ipc_call_raw(IpcOperation::MessageReceive, c.rdi, c.r10, capacity, c.r8);
    type = reply.extra[0];
    return reply.result;
  });
  if (result < 0) {
    return interrupted(result, restart_without_handler);
  }
  const auto size = static_cast<u64>(result);
  return write_user(c.rsi, type) && copy_to_user(c.rsi + sizeof type, ipc_data(), size) ? result : -EFAULT;
}

i64 call_msgctl(Context& c) {
  ControlSize size;
  switch (static_cast<i32>(c.rsi)) {
    case IPC_INFO:
    case MSG_INFO:
      size.out = sizeof(msginfo);
      break;
    case IPC_STAT:
    case MSG_STAT:
    case MSG_STAT_ANY:
      size.out = sizeof(msqid_ds);
      break;
    case IPC_SET:
      size.in = sizeof(msqid_ds);
      break;
    default:
      break;
  }
  return ipc_control(c.rdx, size, [&] { return ipc_call(IpcOperation::MessageControl, c.rdi, c.rsi); });
}

i64 call_semget(Context& c) {
  return ipc_call(IpcOperation::SemaphoreGet, c.rdi, c.rsi, c.rdx);
}

i64 operate(u64 id, u64 operations, u64 count, const Deadline& deadline) {
  if (count < 1 || static_cast<i32>(id) < 0) {
    return -EINVAL;
  }
  if (count > abi::ipc_max_operations) {
    return -E2BIG;
  }
  // Never restarted: signal(7).
  return wait_until(deadline, [&](i64 remaining_ns) -> i64 {
    if (!copy_from_user(ipc_data(), operations, count * sizeof(sembuf))) {
      return -EFAULT;
    }
    const IdleSection idle;
    return ipc_call(IpcOperation::SemaphoreOperate, id, count, static_cast<u64>(remaining_ns));
  });
}

i64 call_semop(Context& c) {
  return operate(c.rdi, c.rsi, static_cast<u32>(c.rdx), Deadline());
}

i64 call_semtimedop(Context& c) {
  Deadline deadline;
  const i64 error = read_timespec(c.r10, deadline);
  return error != 0 ? error : operate(c.rdi, c.rsi, static_cast<u32>(c.rdx), deadline);
}

// GETALL and SETALL, by a block of our own: there may be more values than the call buffer holds.
i64 all_values(u64 id, i32 command, u64 address) {
  const i64 count = ipc_call(IpcOperation::SemaphoreValues, id, static_cast<u64>(command));
  if (count < 0) {
    return count;
  }
  const u64 size = static_cast<u64>(count) * sizeof(u16);
  auto* values = static_cast<u8*>(heap_allocate(size));
  if (values == nullptr) {
    return -ENOMEM;
  }
  i64 result = command == SETALL && !copy_from_user(values, address, size) ? -EFAULT : 0;
  if (result == 0) {
    // SAFETY: an address of the linear window, as the heap's are.
    const u64 gpa = reinterpret_cast<u64>(values) - abi::linear_base;
    result = ipc_call(IpcOperation::SemaphoreValues, id, static_cast<u64>(command), gpa, static_cast<u64>(count));
  }
  if (result > 0) {
    result = command == GETALL && !copy_to_user(address, values, size) ? -EFAULT : 0;
  }
  heap_free(values, size);
  return result;
}

i64 call_semctl(Context& c) {
  const auto command = static_cast<i32>(c.rdx);
  ControlSize size;
  switch (command) {
    case GETALL:
    case SETALL:
      return all_values(c.rdi, command, c.r10);
    case IPC_INFO:
    case SEM_INFO:
      size.out = sizeof(seminfo);
      break;
    case IPC_STAT:
    case SEM_STAT:
    case SEM_STAT_ANY:
      size.out = sizeof(semid_ds);
      break;
    case IPC_SET:
      size.in = sizeof(semid_ds);
      break;
    default:
      break;
  }
  return ipc_control(c.r10, size, [&] { return ipc_call(IpcOperation::SemaphoreControl, c.rdi, c.rsi, c.rdx, c.r10); });
}

constexpr SyscallEntry entries[] = {
    {SYS_msgget, call_msgget}, {SYS_msgsnd, call_msgsnd}, {SYS_msgrcv, call_msgrcv},         {SYS_msgctl, call_msgctl},
    {SYS_semget, call_semget}, {SYS_semop, call_semop},   {SYS_semtimedop, call_semtimedop}, {SYS_semctl, call_semctl},
};

}  // namespace

std::span<const SyscallEntry> ipc_calls() {
  return entries;
}

}  // namespace kx::libos
