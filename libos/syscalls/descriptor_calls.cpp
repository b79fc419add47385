// Calls about descriptors themselves, and the old forms of calls that make them.
#include "syscalls/descriptor_calls.hpp"

#include <fcntl.h>
#include <sys/syscall.h>

#include <cerrno>

#include "files/fd_table.hpp"
#include "files/ready_streams.hpp"
#include "files/record_lock.hpp"
#include "files/signal_sink.hpp"
#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "process/limits.hpp"
#include "process/process.hpp"

namespace kx::libos {

namespace {

constexpr u32 limit_files = 7;  // RLIMIT_NOFILE
constexpr u32 settable_flags = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME;
constexpr u64 close_range_unshare = 2, close_range_mark = 4;

FdTable& table() {
  return FdTable::instance();
}

i64 call_dup(Context& context) {
  FileRef file = table().get(context.rdi);
  return file ? table().add(std::move(file), false) : -EBADF;
}

i64 duplicate_to(u64 from, u64 to, bool close_on_exec) {
  FileRef file = table().get(from);
  return file ? table().replace(static_cast<u32>(to), std::move(file), close_on_exec) : -EBADF;
}

i64 call_dup2(Context& context) {
  if (static_cast<u32>(context.rdi) == static_cast<u32>(context.rsi)) {
    return table().flag(context.rdi) < 0 ? -EBADF : static_cast<i64>(static_cast<u32>(context.rdi));
  }
  return duplicate_to(context.rdi, context.rsi, false);
}

i64 call_dup3(Context& context) {
  if (static_cast<u32>(context.rdi) == static_cast<u32>(context.rsi) ||
      (context.rdx & ~static_cast<u64>(O_CLOEXEC)) != 0) {
    return -EINVAL;
  }
  return duplicate_to(context.rdi, context.rsi, (context.rdx & O_CLOEXEC) != 0);
}

i64 duplicate_above(FileRef file, u64 lowest, bool close_on_exec) {
  if (lowest >= resource_limit(limit_files)) {
    return -EINVAL;
  }
  return table().add(std::move(file), close_on_exec, static_cast<u32>(lowest));
}

i64 call_fcntl(Context& context) {
  FileRef file = table().get(context.rdi);
  if (!file) {
    return -EBADF;
  }
  const u64 command = static_cast<u32>(context.rsi);
  const u64 argument = context.rdx;
  switch (command) {
    case F_DUPFD:
      return duplicate_above(std::move(file), static_cast<u32>(argument), false);
    case F_DUPFD_CLOEXEC:
      return duplicate_above(std::move(file), static_cast<u32>(argument), true);
    case F_GETFD:
      return table().flag(context.rdi);
    case F_SETFD:
      return table().set_flag(context.rdi, (argument & FD_CLOEXEC) != 0);
    case F_GETFL:
      return status_flags(*file);
    default:
      break;
  }
  if (file->kind() == FileKind::Path) {
    return -EBADF;
  }
  switch (command) {
    case F_SETFL:
      return set_status_flags(*file, argument, context.rdi);
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
      return record_lock(*file, command, argument);
    default:
      if (const auto owned = owner_fcntl(*file, static_cast<u32>(command), argument); owned) {
        return *owned;
      }
      return host_call(abi::HostCall::Fcntl, CallKind::Quick, file->handle(), command, argument);
  }
}

i64 call_close_range(Context& context) {
  const u64 first = static_cast<u32>(context.rdi), last = static_cast<u32>(context.rsi);
  if (first > last || (context.rdx & ~(close_range_unshare | close_range_mark)) != 0) {
    return -EINVAL;
  }
  table().close_range(first, last, (context.rdx & close_range_mark) != 0);
  return 0;
}

// The call `number` with these arguments.
i64 as(u32 number, const Context& context, u64 a, u64 b = 0) {
  Context copy = context;
  copy.rdi = a;
  copy.rsi = b;
  return pass_through(number, copy);
}

i64 call_pipe(Context& c) {
  return as(SYS_pipe2, c, c.rdi, 0);
}
i64 call_eventfd(Context& c) {
  return as(SYS_eventfd2, c, c.rdi, 0);
}
i64 call_inotify_init(Context& c) {
  return as(SYS_inotify_init1, c, 0);
}
i64 call_epoll_create(Context& c) {
  return static_cast<i32>(c.rdi) <= 0 ? -EINVAL : as(SYS_epoll_create1, c, 0);
}

i64 move_by_host(u32 number, Context& context) {
  const i64 result = pass_through(number, context);
  if (result == -EPIPE) {
    raise_sigpipe();
  }
  return result;
}

// The file that is sent is none that anybody has to wait for.
i64 call_sendfile(Context& context) {
  const FileRef out = table().get(context.rdi);
  if (!out) {
    return move_by_host(SYS_sendfile, context);
  }
  const AtHost to(*out, Direction::Write);
  return move_by_host(SYS_sendfile, context);
}

i64 call_splice(Context& context) {
  const FileRef in = table().get(context.rdi);
  const FileRef out = table().get(context.rdx);
  if (!in || !out) {
    return move_by_host(SYS_splice, context);
  }
  const AtHost from(*in, Direction::Read);
  const AtHost to(*out, Direction::Write);
  return move_by_host(SYS_splice, context);
}

i64 call_tee(Context& context) {
  return move_by_host(SYS_tee, context);
}

constexpr SyscallEntry entries[] = {
    {SYS_dup, call_dup},
    {SYS_dup2, call_dup2},
    {SYS_dup3, call_dup3},
    {SYS_fcntl, call_fcntl},
    {SYS_ioctl, call_ioctl},
    {SYS_close_range, call_close_range},
    {SYS_pipe, call_pipe},
    {SYS_eventfd, call_eventfd},
    {SYS_inotify_init, call_inotify_init},
    {SYS_epoll_create, call_epoll_create},
    {SYS_sendfile, call_sendfile},
    {SYS_splice, call_splice},
    {SYS_tee, call_tee},
};

}  // namespace

i64 status_flags(const OpenFile& file) {
  if (file.kind() == FileKind::Process) {
    const i64 now = host_call(abi::HostCall::Fcntl, CallKind::Quick, file.handle(), F_GETFL);
    return now < 0 ? now : now | O_RDWR;  // of a pipe's reading end
  }
  if (file.kind() != FileKind::Host) {
    return file.flags();
  }
  // Others may share a stream's description, and relatives any, and change its flags.
  if (file.may_block()) {
    return host_call(abi::HostCall::Fcntl, CallKind::Quick, file.handle(), F_GETFL);
  }
  if (!Process::instance().has_relatives) {
    return file.flags();
  }
  const i64 now = host_call(abi::HostCall::Fcntl, CallKind::Quick, file.handle(), F_GETFL);
  return now < 0 ? now : (file.flags() & ~settable_flags) | (static_cast<u32>(now) & settable_flags);
}

i64 set_status_flags(OpenFile& file, u64 flags, u64 fd) {
  const i64 result =
      host_call(abi::HostCall::Fcntl, CallKind::Quick, file.handle(), F_SETFL, flags, static_cast<u32>(fd));
  if (result == 0) {
    file.set_flags((file.flags() & ~settable_flags) | (static_cast<u32>(flags) & settable_flags));
  }
  return result;
}

std::span<const SyscallEntry> descriptor_calls() {
  return entries;
}

}  // namespace kx::libos
