// POSIX message queues: mq_overview(7). They are the host's, in an IPC namespace of the family's own.
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <kx/abi/syscall_shapes.hpp>

#include "files/fd_table.hpp"
#include "files/path.hpp"
#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "mm/tlb.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

namespace {

// Of a new IPC namespace; to raise it takes a privilege that no pVM has.
constexpr u64 max_message = 8192;
constexpr u64 timeout_offset = 0, text_offset = 64;

i64 call_mq_open(Context& c) {
  Context copy = c;
  copy.rdx = c.rdx & ~static_cast<u64>(file_creation_mask());
  return pass_through(SYS_mq_open, copy);
}

// Not by its shape: the generic form leaves too little of the call buffer to the text.
i64 call_mq_timedsend(Context& c) {
  const FileRef file = FdTable::instance().get(c.rdi);
  if (!file) {
    return -EBADF;
  }
  const u64 size = std::min(c.rdx, max_message + 1);  // a longer one is refused by its size alone
  u64 timeout = abi::null_offset;
  if (c.r8 != 0) {
    timeout = timeout_offset;
    if (!copy_from_user(call_buffer() + timeout, c.r8, sizeof(timespec))) {
      return -EFAULT;
    }
  }
  if (size <= max_message && !copy_from_user(call_buffer() + text_offset, c.rsi, size)) {
    return -EFAULT;
  }
  const IdleSection idle;
  const HostReply reply =
      host_call_raw(SYS_mq_timedsend, {{file->handle(), text_offset, size, c.r10, timeout}, 0}, CallKind::Blocking);
  return interrupted(reply.result, restart_if_flagged);
}

i64 call_mq_timedreceive(Context& c) {
  Context copy = c;
  copy.rdx = std::min(c.rdx, max_message);
  return pass_through(SYS_mq_timedreceive, copy);
}

i64 call_mq_getsetattr(Context& c) {
  const i64 result = pass_through(SYS_mq_getsetattr, c);
  u64 flags = 0;
  if (result == 0 && c.rsi != 0 && read_user(flags, c.rsi)) {
    if (const FileRef file = FdTable::instance().get(c.rdi); file) {
      file->set_flags((file->flags() & ~static_cast<u32>(O_NONBLOCK)) | (static_cast<u32>(flags) & O_NONBLOCK));
    }
  }
  return result;
}

i64 call_mq_notify(Context& c) {
  constexpr u64 remove = ~0ull, cookie_size = 32;
  struct {
    u64 value;
    i32 signo, notify;
  } event{0, 0, -1};
  if (c.rsi != 0 && !read_user(event, c.rsi)) {
    return -EFAULT;
  }
  const bool by_socket = c.rsi != 0 && event.notify == SIGEV_THREAD;
  if (c.rsi != 0 && event.notify != SIGEV_NONE && event.notify != SIGEV_SIGNAL && !by_socket) {
    return -EINVAL;
  }
  if (event.notify == SIGEV_SIGNAL && static_cast<u32>(event.signo) > 64) {
    return -EINVAL;
  }
  if (by_socket && !copy_from_user(call_buffer(), event.value, cookie_size)) {
    return -EFAULT;
  }
  u64 target = static_cast<u32>(event.signo);
  FileRef socket;
  if (by_socket) {
    socket = FdTable::instance().get(static_cast<u32>(event.signo));
    if (!socket) {
      return -EBADF;
    }
    target = socket->handle();
  }
  const FileRef file = FdTable::instance().get(c.rdi);
  if (!file) {
    return -EBADF;
  }
  const i64 result =
      host_call(abi::HostCall::MessageNotify, by_socket ? CallKind::Blocking : CallKind::Quick, file->handle(),
                c.rsi != 0 ? static_cast<u32>(event.notify) : remove, target, event.value, 0);
  return interrupted(result, restart_always);
}

constexpr SyscallEntry entries[] = {
    {SYS_mq_notify, call_mq_notify},         {SYS_mq_open, call_mq_open},
    {SYS_mq_timedsend, call_mq_timedsend},   {SYS_mq_timedreceive, call_mq_timedreceive},
    {SYS_mq_getsetattr, call_mq_getsetattr},
};

}  // namespace

std::span<const SyscallEntry> message_queue_calls() {
  return entries;
}

}  // namespace kx::libos
