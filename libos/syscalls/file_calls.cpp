// System calls that read and write open files.
#include <fcntl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>

#include "files/fd_table.hpp"
#include "files/file_head.hpp"
#include "files/message.hpp"
#include "files/transfer.hpp"
#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

namespace {

// The dynamic linker's first read of a library, answered from what the open brought along.
bool read_from_head(const OpenFile& file, const Context& context, i64& result) {
  FileHead* const head = file.head;
  if (head == nullptr || head->was_read || context.rdx == 0 || !head->holds(0, context.rdx) ||
      !AddressSpace::instance().is_in_linker(context.rip)) {
    return false;
  }
  if (!copy_to_user(context.rsi, head->bytes, context.rdx)) {
    result = -EFAULT;
    return true;
  }
  head->was_read = true;
  head->ahead = context.rdx;
  result = static_cast<i64>(context.rdx);
  return true;
}

// The benchmark case is a write to /dev/null: nothing is looked at that does not decide the answer.
template <Direction direction>
i64 read_or_write(Context& context) {
  if constexpr (direction == Direction::Write) {
    // /dev/null reads no memory; only addresses and sizes that no program has are judged (below).
    constexpr u64 most = 0x7fff'f000;
    if (context.rdx <= most && context.rsi < abi::user_end && context.rdx <= abi::user_end - context.rsi &&
        FdTable::instance().discards(context.rdi)) {
      return static_cast<i64>(context.rdx);
    }
  }
  const FileRef file = FdTable::instance().get(context.rdi);
  if (!file) {
    return -EBADF;
  }
  if constexpr (direction == Direction::Read) {
    if (i64 result = 0; read_from_head(*file, context, result)) {
      return result;
    }
  }
  BufferList list;
  const i64 checked = list.set(context.rsi, context.rdx);
  if (checked != 0) {
    return checked == -EFAULT && (direction == Direction::Read ? !file->readable() : !file->writable()) ? -EBADF
                                                                                                        : checked;
  }
  if constexpr (direction == Direction::Write) {
    // An empty packet, which writev(2) does not send.
    if (context.rdx == 0 && S_ISSOCK(file->mode())) {
      return send_message(*file, SentMessage(), 0);
    }
  }
  return transfer(*file, list, direction, current_position, 0);
}

bool is_seekable(const OpenFile& file) {
  const u32 type = file.mode() & 0170000;
  return file.kind() != FileKind::Signal && type != 0010000 /* FIFO */ && type != 0140000 /* socket */;
}

template <Direction direction>
i64 positional(Context& context) {
  const auto offset = static_cast<i64>(context.r10);
  if (offset < 0) {
    return -EINVAL;
  }
  const FileRef file = FdTable::instance().get(context.rdi);
  if (!file) {
    return -EBADF;
  }
  if (!is_seekable(*file)) {
    return -ESPIPE;
  }
  if constexpr (direction == Direction::Read) {
    if (file->head != nullptr && AddressSpace::instance().is_in_linker(context.rip) &&
        file->head->holds(context.r10, context.rdx)) {
      const bool copied = copy_to_user(context.rsi, file->head->bytes + context.r10, context.rdx);
      return copied ? static_cast<i64>(context.rdx) : -EFAULT;
    }
  }
  BufferList list;
  if (const i64 result = list.set(context.rsi, context.rdx); result != 0) {
    return result;
  }
  return transfer(*file, list, direction, static_cast<u64>(offset), 0);
}

i64 vector_transfer(u64 fd, u64 vector, u64 count, Direction direction, u64 position, u32 flags) {
  const FileRef file = FdTable::instance().get(fd);
  if (!file || (direction == Direction::Read ? !file->readable() : !file->writable())) {
    return -EBADF;
  }
  if (position != current_position && !is_seekable(*file)) {
    return -ESPIPE;
  }
  BufferList list;
  if (const i64 result = list.read(vector, count); result != 0) {
    return result;
  }
  return transfer(*file, list, direction, position, flags);
}

template <Direction direction>
i64 vector_plain(Context& context) {
  return vector_transfer(context.rdi, context.rsi, context.rdx, direction, current_position, 0);
}

template <Direction direction>
i64 vector_positional(Context& context) {
  if (static_cast<i64>(context.r10) < 0) {
    return -EINVAL;
  }
  return vector_transfer(context.rdi, context.rsi, context.rdx, direction, context.r10, 0);
}

// preadv2(2): an offset of -1 is the current position.
template <Direction direction>
i64 vector_flagged(Context& context) {
  if (context.r10 != current_position && static_cast<i64>(context.r10) < 0) {
    return -EINVAL;
  }
  const auto flags = static_cast<u32>(context.r9);
  if ((flags & ~0x1fu) != 0) {
    return -EOPNOTSUPP;
  }
  return vector_transfer(context.rdi, context.rsi, context.rdx, direction, context.r10, flags);
}

i64 close_file(Context& context) {
  return FdTable::instance().close(context.rdi);
}

// Data is copied: the pages that a gift would hand over are the pVM's own.
i64 call_vmsplice(Context& context) {
  constexpr u64 known_flags = 0xf, nonblocking = 2;
  constexpr u32 no_wait = 8;  // RWF_NOWAIT
  if ((context.r10 & ~known_flags) != 0) {
    return -EINVAL;
  }
  const FileRef file = FdTable::instance().get(context.rdi);
  if (!file || (file->mode() & 0170000) != 0010000) {
    return -EBADF;
  }
  const Direction direction = file->writable() ? Direction::Write : Direction::Read;
  return vector_transfer(context.rdi, context.rsi, context.rdx, direction, current_position,
                         (context.r10 & nonblocking) != 0 ? no_wait : 0);
}

i64 call_ftruncate(Context& context) {
  const FileRef file = FdTable::instance().get(context.rdi);
  if (file && file->writable() && static_cast<i64>(context.rsi) > 0) {
    if (const i64 result = check_file_size(*file, context.rsi); result != 0) {
      return result;
    }
  }
  const i64 result = pass_through(SYS_ftruncate, context);
  if (result == 0 && file) {
    AddressSpace::instance().file_shortened(*file, context.rsi);
  }
  return result;
}

i64 call_fallocate(Context& context) {
  const FileRef file = FdTable::instance().get(context.rdi);
  const auto offset = static_cast<i64>(context.rdx), size = static_cast<i64>(context.r10);
  if (file && file->writable() && context.rsi == 0 && offset >= 0 && size > 0) {
    if (const i64 result = check_file_size(*file, context.rdx + context.r10); result != 0) {
      return result;
    }
  }
  return pass_through(SYS_fallocate, context);
}

constexpr SyscallEntry entries[] = {
    {SYS_read, read_or_write<Direction::Read>},
    {SYS_write, read_or_write<Direction::Write>},
    {SYS_pread64, positional<Direction::Read>},
    {SYS_pwrite64, positional<Direction::Write>},
    {SYS_readv, vector_plain<Direction::Read>},
    {SYS_writev, vector_plain<Direction::Write>},
    {SYS_preadv, vector_positional<Direction::Read>},
    {SYS_pwritev, vector_positional<Direction::Write>},
    {SYS_preadv2, vector_flagged<Direction::Read>},
    {SYS_pwritev2, vector_flagged<Direction::Write>},
    {SYS_close, close_file},
    {SYS_vmsplice, call_vmsplice},
    {SYS_ftruncate, call_ftruncate},
    {SYS_fallocate, call_fallocate},
};

}  // namespace

std::span<const SyscallEntry> file_calls() {
  return entries;
}

}  // namespace kx::libos
