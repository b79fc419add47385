// Socket calls: messages over the host's sendmsg and recvmsg, and what a shape cannot say.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "files/fd_table.hpp"
#include "files/message.hpp"
#include "files/path.hpp"
#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "mm/tlb.hpp"
#include "syscalls/dispatch.hpp"
#include "syscalls/poll_wait.hpp"

namespace kx::libos {

namespace {

constexpr u64 address_limit = 128;
constexpr u32 most_messages = 1024;

bool is_socket(const OpenFile& file) {
  return S_ISSOCK(file.mode());
}

// bind and connect: a UNIX-domain address may be relative to the working directory.
i64 with_address(u32 number, const OpenFile& file, const Context& context) {
  const u64 size = static_cast<u32>(context.rdx);
  if (size > address_limit) {
    return -EINVAL;
  }
  if (!copy_from_user(call_buffer(), context.rsi, size)) {
    return -EFAULT;
  }
  const HostArguments arguments{{file.handle(), 0, size}, working_directory_handle()};
  const IdleSection idle;
  return interrupted_at_socket(file, host_call_raw(number, arguments, CallKind::Quick).result, Direction::Write);
}

// A file that bind makes has the socket's own mode without the process's umask, which the host does not know: it is
// taken from the mode before, and given back after.
class MaskedMode {
 public:
  explicit MaskedMode(const OpenFile& file) : file_(file) {
    if (host_call_raw(SYS_fstat, {{file.handle(), 0}, 0}, CallKind::Quick).result == 0) {
      struct stat status;
      std::memcpy(&status, call_buffer(), sizeof status);
      mode_ = status.st_mode & 07777;
      set(mode_ & ~file_creation_mask());
    }
  }
  ~MaskedMode() {
    if (mode_ != 0) {
      set(mode_);
    }
  }
  MaskedMode(const MaskedMode&) = delete;
  MaskedMode& operator=(const MaskedMode&) = delete;

 private:
  void set(u32 mode) { host_call_raw(SYS_fchmod, {{file_.handle(), mode}, 0}, CallKind::Quick); }

  const OpenFile& file_;
  u32 mode_ = 0;
};

i64 call_bind(Context& context) {
  const FileRef file = FdTable::instance().get(context.rdi);
  if (!file) {
    return -EBADF;
  }
  struct {
    u16 family;
    char first;
  } start{};
  if (is_socket(*file) && copy_from_user(&start, context.rsi, 3) && start.family == AF_UNIX && start.first != 0) {
    const MaskedMode masked(*file);
    return with_address(SYS_bind, *file, context);
  }
  return with_address(SYS_bind, *file, context);
}

i64 call_connect(Context& context) {
  const FileRef file = FdTable::instance().get(context.rdi);
  return file ? with_address(SYS_connect, *file, context) : -EBADF;
}

i64 call_accept4(Context& context) {
  const FileRef file = FdTable::instance().get(context.rdi);
  const i64 result = pass_through(SYS_accept4, context);
  return result == restart_if_flagged && file ? interrupted_at_socket(*file, -EINTR, Direction::Read) : result;
}

i64 call_accept(Context& context) {
  Context copy = context;
  copy.r10 = 0;
  return call_accept4(copy);
}

i64 call_setsockopt(Context& context) {
  const FileRef file = FdTable::instance().get(context.rdi);
  if (file && is_socket(*file) && static_cast<i32>(context.r8) < 0) {
    return -EINVAL;
  }
  return pass_through(SYS_setsockopt, context);
}

// Linux reserves two descriptors and tells their numbers before it makes the sockets: they stay in memory if that
// fails.
i64 call_socketpair(Context& context) {
  constexpr u32 type_mask = 0xf, known_flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
  if ((static_cast<u32>(context.rsi) & ~type_mask & ~known_flags) != 0) {
    return -EINVAL;
  }
  const i64 first = FdTable::instance().next_free(0);
  const i64 second = first < 0 ? first : FdTable::instance().next_free(static_cast<u32>(first) + 1);
  if (second < 0) {
    return second;
  }
  const i32 pair[2] = {static_cast<i32>(first), static_cast<i32>(second)};
  if (!copy_to_user(context.r10, pair, sizeof pair)) {
    return -EFAULT;
  }
  return pass_through(SYS_socketpair, context);
}

i64 call_sendto(Context& context) {
  const FileRef file = FdTable::instance().get(context.rdi);
  if (!file) {
    return -EBADF;
  }
  SentMessage message;
  if (const i64 result = message.data.set(context.rsi, context.rdx); result != 0) {
    return result;
  }
  message.name_address = context.r8;
  message.name_size = context.r8 != 0 ? static_cast<u32>(context.r9) : 0;
  return send_message(*file, message, static_cast<u32>(context.r10));
}

i64 call_recvfrom(Context& context) {
  const FileRef file = FdTable::instance().get(context.rdi);
  if (!file) {
    return -EBADF;
  }
  ReceivedMessage message;
  if (const i64 result = message.data.set(context.rsi, context.rdx); result != 0) {
    return result;
  }
  // Linux looks at the room for the name when the message is taken.
  i32 capacity = 0;
  const bool has_capacity = context.r8 != 0 && read_user(capacity, context.r9);
  if (has_capacity && capacity >= 0) {
    message.name_address = context.r8;
    message.name_capacity = static_cast<u32>(capacity);
  }
  const i64 result = receive_message(*file, message, static_cast<u32>(context.r10));
  if (result < 0 || context.r8 == 0) {
    return result;
  }
  if (has_capacity && capacity < 0) {
    return -EINVAL;
  }
  return has_capacity && write_user(context.r9, message.name_size) ? result : -EFAULT;
}

// The kernel's struct msghdr.
struct UserMessage {
  u64 name;
  u32 name_size;
  u32 padding0;
  u64 vector;
  u64 vector_count;
  u64 control;
  u64 control_size;
  u32 flags;
  u32 padding1;
};
static_assert(sizeof(UserMessage) == 56);

i64 read_vector(const UserMessage& user, BufferList& list) {
  return user.vector_count > 1024 ? -EMSGSIZE : list.read(user.vector, user.vector_count);
}

i64 send_at(const OpenFile& file, u64 address, u32 flags) {
  UserMessage user{};
  if (!read_user(user, address)) {
    return -EFAULT;
  }
  SentMessage message;
  if (const i64 result = read_vector(user, message.data); result != 0) {
    return result;
  }
  message.name_address = user.name;
  message.name_size = user.name != 0 ? user.name_size : 0;
  message.control_address = user.control;
  message.control_size = user.control_size;
  return send_message(file, message, flags);
}

i64 receive_at(const OpenFile& file, u64 address, u32 flags) {
  UserMessage user{};
  if (!read_user(user, address)) {
    return -EFAULT;
  }
  ReceivedMessage message;
  if (const i64 result = read_vector(user, message.data); result != 0) {
    return result;
  }
  if (static_cast<i32>(user.name_size) < 0) {
    return -EINVAL;
  }
  message.name_address = user.name;
  message.name_capacity = user.name != 0 ? user.name_size : 0;
  message.control_address = user.control;
  message.control_capacity = user.control != 0 ? user.control_size : 0;
  const i64 result = receive_message(file, message, flags);
  if (result < 0) {
    return result;
  }
  user.name_size = message.name_size;
  user.control_size = message.control_size;
  user.flags = message.flags;
  const bool written = (user.name == 0 || write_user(address + offsetof(UserMessage, name_size), user.name_size)) &&
                       write_user(address + offsetof(UserMessage, control_size), user.control_size) &&
                       write_user(address + offsetof(UserMessage, flags), user.flags);
  return written ? result : -EFAULT;
}

i64 call_sendmsg(Context& context) {
  const FileRef file = FdTable::instance().get(context.rdi);
  return file ? send_at(*file, context.rsi, static_cast<u32>(context.rdx)) : -EBADF;
}

i64 call_recvmsg(Context& context) {
  const FileRef file = FdTable::instance().get(context.rdi);
  return file ? receive_at(*file, context.rsi, static_cast<u32>(context.rdx)) : -EBADF;
}

constexpr u64 record_size = sizeof(UserMessage) + 8;  // struct mmsghdr

bool write_length(u64 record, i64 length) {
  return write_user(record + sizeof(UserMessage), static_cast<u32>(length));
}

i64 call_sendmmsg(Context& context) {
  const FileRef file = FdTable::instance().get(context.rdi);
  if (!file) {
    return -EBADF;
  }
  const u32 count = std::min(static_cast<u32>(context.rdx), most_messages);
  for (u32 i = 0; i < count; ++i) {
    const u64 record = context.rsi + i * record_size;
    i64 result = send_at(*file, record, static_cast<u32>(context.r10));
    if (result >= 0 && !write_length(record, result)) {
      result = -EFAULT;
    }
    if (result < 0) {
      return i != 0 ? i : result;
    }
  }
  return count;
}

i64 call_recvmmsg(Context& context) {
  const FileRef file = FdTable::instance().get(context.rdi);
  if (!file) {
    return -EBADF;
  }
  Deadline deadline;
  if (const i64 result = read_timespec(context.r8, deadline); result != 0) {
    return result;
  }
  auto flags = static_cast<u32>(context.r10);
  const u32 count = std::min(static_cast<u32>(context.rdx), most_messages);
  u32 done = 0;
  while (done < count) {
    const u64 record = context.rsi + done * record_size;
    i64 result = receive_at(*file, record, flags & ~static_cast<u32>(MSG_WAITFORONE));
    if (result >= 0 && !write_length(record, result)) {
      result = -EFAULT;
    }
    if (result < 0) {
      return done != 0 ? done : result;
    }
    ++done;
    if ((flags & MSG_WAITFORONE) != 0) {
      flags |= MSG_DONTWAIT;
    }
    // recvmmsg(2): the time limit is looked at only after each message.
    if (!deadline.is_forever() && deadline.remaining_ns() == 0) {
      break;
    }
  }
  write_timespec(context.r8, deadline);
  return done;
}

constexpr SyscallEntry entries[] = {
    {SYS_bind, call_bind},         {SYS_connect, call_connect},
    {SYS_accept, call_accept},     {SYS_socketpair, call_socketpair},
    {SYS_accept4, call_accept4},   {SYS_setsockopt, call_setsockopt},
    {SYS_sendto, call_sendto},     {SYS_recvfrom, call_recvfrom},
    {SYS_sendmsg, call_sendmsg},   {SYS_recvmsg, call_recvmsg},
    {SYS_sendmmsg, call_sendmmsg}, {SYS_recvmmsg, call_recvmmsg},
};

}  // namespace

std::span<const SyscallEntry> socket_calls() {
  return entries;
}

}  // namespace kx::libos
