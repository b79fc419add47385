// System calls that the host kernel serves: copies arguments into the call buffer and results out of it.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <kx/abi/syscall_shapes.hpp>

#include "files/fd_table.hpp"
#include "files/path.hpp"
#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "mm/tlb.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

namespace {

using abi::ArgKind;
using abi::ArgShape;

constexpr u64 buffer_size = fault_buffer_offset;
constexpr u64 path_limit = 4096;

struct Marshal {
  u64 program[6] = {};  // the program's arguments
  u64 wire[6] = {};
  u64 extra = 0;
  u64 used = 0;       // of the call buffer
  u64 sizes[6] = {};  // bytes reserved for each buffer argument
  FileRef files[6];
};

// Reserves `size` bytes of the call buffer; null_offset if it is too small.
u64 reserve(Marshal& m, int index, u64 size) {
  const u64 offset = (m.used + 7) & ~7ull;
  if (size > buffer_size || offset > buffer_size - size) {
    return abi::null_offset;
  }
  m.used = offset + size;
  m.sizes[index] = size;
  return offset;
}

i64 put_path(Marshal& m, int index, bool relative_to_cwd) {
  const u64 offset = (m.used + 7) & ~7ull;
  const u64 capacity = std::min(path_limit, buffer_size - offset);
  const i64 length = copy_string_from_user(reinterpret_cast<char*>(call_buffer() + offset), m.program[index], capacity);
  if (length < 0) {
    return length;
  }
  m.used = offset + static_cast<u64>(length) + 1;
  m.wire[index] = offset;
  if (relative_to_cwd) {
    m.extra = working_directory_handle();
  }
  return 0;
}

i64 put_in(Marshal& m, int index, u64 size) {
  const u64 offset = reserve(m, index, size);
  if (offset == abi::null_offset) {
    return -EINVAL;
  }
  m.wire[index] = offset;
  return copy_from_user(call_buffer() + offset, m.program[index], size) ? 0 : -EFAULT;
}

i64 put_handle(Marshal& m, int index, bool directory) {
  if (directory && static_cast<i32>(m.program[index]) == -100 /* AT_FDCWD */) {
    m.wire[index] = working_directory_handle();
    return 0;
  }
  m.files[index] = FdTable::instance().get(m.program[index]);
  if (!m.files[index]) {
    // An absolute path needs no directory: the host is told so.
    if (directory) {
      m.wire[index] = ~0ull;
      return 0;
    }
    return -EBADF;
  }
  m.wire[index] = m.files[index]->handle();
  return 0;
}

i64 put_argument(Marshal& m, int index, const ArgShape& shape) {
  const u64 value = m.program[index];
  switch (shape.kind) {
    case ArgKind::None:
      return 0;
    case ArgKind::Int:
      m.wire[index] = value;
      return 0;
    case ArgKind::Handle:
      return put_handle(m, index, false);
    case ArgKind::DirHandle:
      return put_handle(m, index, true);
    case ArgKind::PathOrNull:
      if (value == 0) {
        m.wire[index] = abi::null_offset;
        return 0;
      }
      return put_path(m, index, false);
    case ArgKind::Path:
      return put_path(m, index, false);
    case ArgKind::CwdPath:
      return put_path(m, index, true);
    case ArgKind::InOrNull:
    case ArgKind::InOutOrNull:
      if (value == 0) {
        m.wire[index] = abi::null_offset;
        return 0;
      }
      return put_in(m, index, shape.size);
    case ArgKind::In:
    case ArgKind::InOut:
      return put_in(m, index, shape.size);
    case ArgKind::InLength: {
      const u64 size = m.program[shape.index];
      if (size > buffer_size / 2) {
        return size > 65536 ? -E2BIG : -EINVAL;
      }
      return put_in(m, index, size);
    }
    case ArgKind::OutOrNull:
    case ArgKind::OutSized:
      if (value == 0) {
        m.wire[index] = abi::null_offset;
        return 0;
      }
      [[fallthrough]];
    case ArgKind::Out:
      m.wire[index] = reserve(m, index, shape.size);
      return m.wire[index] == abi::null_offset ? -EINVAL : 0;
    case ArgKind::OutLength:
    case ArgKind::OutItems: {
      const u64 unit = shape.kind == ArgKind::OutItems ? shape.size : 1;
      const u64 room = (buffer_size - ((m.used + 7) & ~7ull)) / unit;
      // A smaller buffer is always legitimate for these calls; the count is told to the host in its own argument.
      const u64 count = std::min(m.program[shape.index], room);
      m.wire[index] = reserve(m, index, count * unit);
      m.program[shape.index] = count;
      m.wire[shape.index] = count;
      return m.wire[index] == abi::null_offset ? -EINVAL : 0;
    }
  }
  return -EINVAL;
}

i64 take_argument(Marshal& m, int index, const ArgShape& shape, i64 result) {
  if (m.wire[index] == abi::null_offset) {
    return 0;
  }
  u64 size = 0;
  switch (shape.kind) {
    case ArgKind::Out:
    case ArgKind::OutOrNull:
    case ArgKind::InOut:
    case ArgKind::InOutOrNull:
      size = shape.size;
      break;
    case ArgKind::OutLength:
      size = static_cast<u64>(result);
      break;
    case ArgKind::OutItems:
      size = static_cast<u64>(result) * shape.size;
      break;
    case ArgKind::OutSized: {
      // The program's capacity lies behind the pointer argument; the buffer now holds the true length there.
      u32 capacity = 0;
      if (!read_user(capacity, m.program[shape.index])) {
        return -EFAULT;
      }
      u32 length = 0;
      std::memcpy(&length, call_buffer() + m.wire[shape.index], sizeof length);
      size = std::min({static_cast<u64>(capacity), static_cast<u64>(length), m.sizes[index]});
      break;
    }
    default:
      return 0;
  }
  size = std::min(size, m.sizes[index]);
  return copy_to_user(m.program[index], call_buffer() + m.wire[index], size) ? 0 : -EFAULT;
}

// Makes descriptors of a returned handle or of the two in an Out argument.
i64 install_file(OpenFile* file, u64 handle, bool close_on_exec) {
  if (file == nullptr) {
    host_call(abi::HostCall::Close, CallKind::Quick, handle);
    return -ENOMEM;
  }
  return FdTable::instance().add(FileRef(file), close_on_exec);
}

i64 install_handle(u64 handle, bool close_on_exec) {
  return install_file(describe_handle(handle), handle, close_on_exec);
}

// Without asking the host what it would say of the ends of a new pipe.
i64 install_pipe_end(u64 handle, u32 flags, u32 ring) {
  OpenFile* file = OpenFile::create(handle, FileKind::Host, S_IFIFO | 0600, flags & ~u32{O_CLOEXEC});
  if (file != nullptr) {
    file->ring = ring;
  }
  return install_file(file, handle, (flags & O_CLOEXEC) != 0);
}

// Makes the descriptors of a pair: `install` makes one of a handle.
template <class Install>
i64 install_pair(u64 user_address, u64 offset, Install&& install) {
  i32 handles[2];
  std::memcpy(handles, call_buffer() + offset, sizeof handles);
  i32 fds[2];
  for (int i = 0; i < 2; ++i) {
    const i64 fd = install(i, static_cast<u64>(handles[i]));
    if (fd < 0) {
      if (i == 1) {
        FdTable::instance().close(static_cast<u64>(fds[0]));
      } else {
        host_call(abi::HostCall::Close, CallKind::Quick, static_cast<u64>(handles[1]));
      }
      return fd;
    }
    fds[i] = static_cast<i32>(fd);
  }
  if (!copy_to_user(user_address, fds, sizeof fds)) {
    FdTable::instance().close(static_cast<u64>(fds[0]));
    FdTable::instance().close(static_cast<u64>(fds[1]));
    return -EFAULT;
  }
  return 0;
}

// Where each call that makes descriptors has its flags; all use the value of O_CLOEXEC but memfd_create.
bool wants_close_on_exec(u32 number, const Marshal& m) {
  switch (number) {
    case SYS_pipe2:
    case SYS_eventfd2:
    case SYS_timerfd_create:
    case SYS_socket:
    case SYS_socketpair:
      return (m.program[1] & 02000000) != 0;
    case SYS_epoll_create1:
    case SYS_inotify_init1:
      return (m.program[0] & 02000000) != 0;
    case SYS_accept4:
      return (m.program[3] & 02000000) != 0;
    case SYS_memfd_create:
      return (m.program[1] & 1) != 0;
    case SYS_mq_open:
      return true;  // always, mq_open(3)
    default:
      return false;
  }
}

// Calls whose arguments are judged before there is need of a descriptor; what they make nobody misses.
bool fails_for_room_last(u32 number) {
  return number == SYS_timerfd_create || number == SYS_eventfd2 || number == SYS_epoll_create1 ||
         number == SYS_inotify_init1 || number == SYS_socket || number == SYS_memfd_create;
}

// A descriptor of a process can be waited for; the calls here find that it lacks the operation.
bool is_process(const Marshal& m, int index) {
  return m.files[index] && m.files[index]->kind() == FileKind::Process;
}

}  // namespace

i64 pass_through(u32 number, Context& context) {
  const abi::SyscallShape& shape = abi::syscall_shapes[number];
  Marshal m;
  const u64 program[6] = {context.rdi, context.rsi, context.rdx, context.r10, context.r8, context.r9};
  std::copy_n(program, 6, m.program);
  const bool makes_descriptor = (shape.flags & (abi::shape_returns_handle | abi::shape_returns_handle_pair)) != 0;
  if (makes_descriptor && !fails_for_room_last(number)) {
    if (const i64 room = FdTable::instance().check_room(); room != 0) {
      return room;
    }
  }
  for (int i = 0; i < 6; ++i) {
    // Lengths that another argument adjusts are already in place.
    if (m.wire[i] == 0) {
      if (const i64 result = put_argument(m, i, shape.args[i]); result < 0) {
        return result;
      }
      if (is_process(m, i)) {
        return shape.args[i].kind == ArgKind::DirHandle ? -ENOTDIR : -EINVAL;
      }
    }
  }
  const bool blocking = (shape.flags & (abi::shape_may_block | abi::shape_slow)) != 0;
  HostArguments arguments;
  std::copy_n(m.wire, 6, arguments.values);
  arguments.extra = m.extra;
  HostReply reply;
  if (blocking) {
    const IdleSection idle;
    reply = host_call_raw(number, arguments, CallKind::Blocking);
  } else {
    reply = host_call_raw(number, arguments, CallKind::Quick);
  }
  const i64 result = reply.result;
  if (result < 0) {
    return interrupted(result, restart_if_flagged);
  }
  if ((shape.flags & abi::shape_returns_handle_pair) != 0) {
    if (number == SYS_pipe2) {
      const auto flags = static_cast<u32>(m.program[1]), ring = static_cast<u32>(reply.extra[0]);
      return install_pair(m.program[0], m.wire[0], [&](int end, u64 handle) {
        return install_pipe_end(handle, flags | (end == 0 ? O_RDONLY : O_WRONLY), ring);
      });
    }
    return install_pair(m.program[3], m.wire[3],
                        [&](int, u64 handle) { return install_handle(handle, wants_close_on_exec(number, m)); });
  }
  i64 failure = 0;
  for (int i = 0; i < 6 && failure == 0; ++i) {
    failure = take_argument(m, i, shape.args[i], result);
  }
  if ((shape.flags & abi::shape_returns_handle) != 0) {
    if (failure != 0) {
      host_call(abi::HostCall::Close, CallKind::Quick, static_cast<u64>(result));
      return failure;
    }
    return install_handle(static_cast<u64>(result), wants_close_on_exec(number, m));
  }
  return failure != 0 ? failure : result;
}

}  // namespace kx::libos
