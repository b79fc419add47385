// Host calls that control open files: ioctl and fcntl.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <kx/abi/ioctl_shapes.hpp>

#include "hypervisor/ipc/family_ipc.hpp"
#include "hypervisor/services/call_support.hpp"

namespace kx::hv {

namespace {

using abi::IoctlArgument;
using abi::IoctlRule;
using abi::IoctlShape;

constexpr std::size_t ioctl_argument_limit = 64;

std::int64_t clone_range(const CallContext& context, int fd, const IoctlShape& shape, std::uint64_t offset) {
  struct {
    std::int64_t source;
    std::uint64_t range[3];
  } argument;
  if (!copy_in(context, offset, argument)) {
    return -EFAULT;
  }
  const HandleTable::File source = context.services.handles.get(static_cast<std::uint64_t>(argument.source));
  if (source == nullptr) {
    return -EBADF;
  }
  argument.source = source->get();
  return host_syscall(SYS_ioctl, {static_cast<std::uint64_t>(fd), shape.request, address_of(&argument)});
}

std::int64_t plain_ioctl(const CallContext& context, int fd, const IoctlShape& shape, std::uint64_t argument) {
  alignas(16) std::byte copy[ioctl_argument_limit] = {};
  HandleTable::File other;
  SyscallArgs args{static_cast<std::uint64_t>(fd), shape.request, argument};
  std::byte* guest = nullptr;
  switch (shape.argument) {
    case IoctlArgument::None:
      args[2] = 0;
      break;
    case IoctlArgument::Integer:
      break;
    case IoctlArgument::Handle:
      other = context.services.handles.get(argument);
      if (other == nullptr) {
        return -EBADF;
      }
      args[2] = static_cast<std::uint64_t>(other->get());
      break;
    case IoctlArgument::In:
    case IoctlArgument::Out:
    case IoctlArgument::InOut:
      guest = buffer_at(context, argument, shape.size);
      if (guest == nullptr) {
        return -EFAULT;
      }
      if (shape.argument != IoctlArgument::Out) {
        copy_once(copy, guest, shape.size);
      }
      args[2] = address_of(copy);
      break;
  }
  const std::int64_t result =
      shape.may_block ? host_syscall_interruptible(context, SYS_ioctl, args) : host_syscall(SYS_ioctl, args);
  if (result >= 0 && (shape.argument == IoctlArgument::Out || shape.argument == IoctlArgument::InOut)) {
    std::memcpy(guest, copy, shape.size);
  }
  return result;
}

// A pseudo-terminal's other side: the descriptor becomes a handle.
std::int64_t open_peer(const CallContext& context, int fd, const IoctlShape& shape, std::uint64_t flags) {
  const bool takes = takes_by_opening(context, flags);
  if (takes && !context.may_block()) {
    return abi::result_must_exit;
  }
  const std::int64_t peer =
      host_syscall(SYS_ioctl, {static_cast<std::uint64_t>(fd), shape.request, flags | O_CLOEXEC | O_NOCTTY});
  if (peer >= 0 && takes) {
    take_by_opening(context, static_cast<int>(peer));
  }
  return peer < 0 ? peer : add_handle(context, static_cast<int>(peer));
}

// Locks of an open file description are the host's own: its description is the program's.
std::int64_t file_lock(const CallContext& context, int fd, int command, std::uint64_t offset) {
  struct flock lock;
  if (!copy_in(context, offset, lock)) {
    return -EFAULT;
  }
  const struct flock asked = lock;
  const SyscallArgs args{static_cast<std::uint64_t>(fd), static_cast<std::uint64_t>(command), address_of(&lock)};
  const std::int64_t result =
      command == F_OFD_SETLKW ? host_syscall_interruptible(context, SYS_fcntl, args) : host_syscall(SYS_fcntl, args);
  if (result < 0 || command != F_OFD_GETLK) {
    return result;
  }
  name_family_lock(context, fd, asked, lock);
  return copy_out(context, offset, lock) ? result : -EFAULT;
}

// O_ASYNC is the family's own: on the host its signal would go to kx.
std::int64_t set_status_flags(const CallContext& context, const HandleTable::File& file, SyscallArgs args,
                              std::int32_t number) {
  const bool signals = (args[2] & O_ASYNC) != 0;
  args[2] &= ~std::uint64_t{O_ASYNC};
  const std::int64_t result = host_syscall(SYS_fcntl, args);
  return result != 0 || context.services.ipc == nullptr
             ? result
             : context.services.ipc->async_files.set_enabled(file, signals, number);
}

std::int64_t get_status_flags(const CallContext& context, const HandleTable::File& file, const SyscallArgs& args) {
  const std::int64_t flags = host_syscall(SYS_fcntl, args);
  const bool signals = flags >= 0 && context.services.ipc != nullptr && context.services.ipc->async_files.enabled(file);
  return signals ? flags | O_ASYNC : flags;
}

}  // namespace

std::int64_t serve_ioctl(CallContext& context, Call& call) {
  const HandleTable& handles = context.services.handles;
  const bool counts_data = call.args[1] == FIONREAD;
  const HandleTable::File file = counts_data ? handles.get(call.args[0]) : handles.get_stream(call.args[0]).file;
  if (file == nullptr) {
    return -EBADF;
  }
  const IoctlShape* shape = abi::find_ioctl(call.args[1]);
  if (shape == nullptr) {
    return -ENOTTY;
  }
  if (shape->foreground_only && call.args[3] == 0 && changes_in_background(context, file->get())) {
    return abi::result_background;
  }
  switch (shape->rule) {
    case IoctlRule::GetGroup:
      return get_terminal_group(context, file->get(), call.args[2]);
    case IoctlRule::SetGroup:
      return set_terminal_group(context, file->get(), call.args[2]);
    case IoctlRule::GetSession:
      return get_terminal_session(context, file->get(), call.args[2]);
    case IoctlRule::TakeTerminal:
      return take_terminal(context, file->get());
    case IoctlRule::LeaveTerminal:
      return leave_terminal(context, file->get());
    case IoctlRule::CloneRange:
      return clone_range(context, file->get(), *shape, call.args[2]);
    case IoctlRule::ReturnsHandle:
      return open_peer(context, file->get(), *shape, call.args[2]);
    case IoctlRule::Plain:
      return plain_ioctl(context, file->get(), *shape, call.args[2]);
  }
  return -ENOTTY;
}

std::int64_t serve_fcntl(CallContext& context, Call& call) {
  HandleTable& handles = context.services.handles;
  const int command = static_cast<int>(call.args[1]);
  if (command == F_DUPFD_CLOEXEC) {
    return handles.add_copy(call.args[0]);
  }
  const bool at_host = command == F_SETFL && (call.args[2] & (O_DIRECT | O_ASYNC)) != 0;  // packets; signals
  HandleTable::File file;
  if ((command == F_GETFL || command == F_SETFL) && !at_host) {
    file = handles.get_to_look(call.args[0]);
  } else {
    file = command == F_SETFL ? handles.get_to_wait(call.args[0]) : handles.get(call.args[0]);
  }
  if (file == nullptr) {
    return -EBADF;
  }
  const int fd = file->get();
  SyscallArgs args{static_cast<std::uint64_t>(fd), static_cast<std::uint64_t>(command), call.args[2]};
  switch (command) {
    case F_SETFL:
      return set_status_flags(context, file, args, static_cast<std::int32_t>(call.args[3]));
    case F_GETFL:
      return get_status_flags(context, file, args);
    case F_SETOWN_EX:
    case F_GETOWN_EX:
    case F_SETSIG:
    case F_GETSIG:
      return serve_file_owner(context, file, command, call.args[2]);
    case F_SETPIPE_SZ:
    case F_GETPIPE_SZ:
    case F_ADD_SEALS:
    case F_GET_SEALS:
      return host_syscall(SYS_fcntl, args);
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
      return serve_record_lock(context, fd, command, call.args[2]);
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
      return file_lock(context, fd, command, call.args[2]);
    default:
      return -EINVAL;  // F_SETLEASE, F_NOTIFY: leases and signals of the host
  }
}

}  // namespace kx::hv
