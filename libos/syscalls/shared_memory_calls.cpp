// System V shared memory: shmop(2) and its relatives. An attachment is a shared mapping of an open file of its own, and
// ends with that file's last mapping, whoever takes it away.
#include <fcntl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <kx/base/address.hpp>

#include "files/fd_table.hpp"
#include "syscalls/dispatch.hpp"
#include "syscalls/ipc_support.hpp"

namespace kx::libos {

namespace {

i64 call_shmget(Context& c) {
  return ipc_call(IpcOperation::SegmentGet, c.rdi, c.rsi, c.rdx);
}

// Where the segment is to lie. 0, or -EINVAL.
i64 choose_address(u64 address, u64 flags, MapRequest& request) {
  const bool replace = (flags & SHM_REMAP) != 0;
  if (address == 0) {
    return replace ? -EINVAL : 0;
  }
  request.address = align_down(address, abi::page_size);
  if (request.address != address && (flags & SHM_RND) == 0) {
    return -EINVAL;
  }
  request.fixed = true;
  request.replace = replace;
  return request.address == 0 && replace ? -EINVAL : 0;
}

i64 call_shmat(Context& c) {
  const u64 flags = static_cast<u32>(c.rdx);
  const bool read_only = (flags & SHM_RDONLY) != 0;
  MapRequest request;
  if (const i64 error = choose_address(c.rsi, flags, request); error != 0) {
    return error;
  }
  const HostReply reply = ipc_call_raw(IpcOperation::SegmentAttach, c.rdi, flags);
  if (reply.result < 0) {
    return reply.result;
  }
  const auto handle = static_cast<u64>(reply.result);
  const FileRef file(OpenFile::create(handle, FileKind::Host, S_IFREG, read_only ? O_RDONLY : O_RDWR));
  if (!file) {
    ipc_call(IpcOperation::SegmentDetach, c.rdi);
    host_call(abi::HostCall::Close, CallKind::Quick, handle);
    return -ENOMEM;
  }
  file->segment = static_cast<i32>(c.rdi);
  request.size = align_up(reply.extra[0], abi::page_size);
  request.prot = prot::read | (read_only ? 0 : prot::write) | ((flags & SHM_EXEC) != 0 ? prot::execute : 0);
  request.flags = vma_flag::shared;
  request.file = file.get();
  const i64 result = AddressSpace::instance().map(request);
  return result == -EEXIST ? -EINVAL : result;
}

// The first area of an attachment that begins at `address`: where it begins itself, and the attachment's file.
bool find_attachment(u64 address, OpenFile*& file) {
  AddressSpace& space = AddressSpace::instance();
  file = nullptr;
  space.for_each_area([&](const Vma& vma) {
    OpenFile* const behind = space.file_of(vma);
    if (file == nullptr && behind != nullptr && behind->segment >= 0 && vma.start - vma.offset == address) {
      file = behind;
    }
  });
  return file != nullptr;
}

// The next area of `file` from `from` on.
bool next_area(const OpenFile* file, u64 from, u64& start, u64& size) {
  AddressSpace& space = AddressSpace::instance();
  size = 0;
  space.for_each_area([&](const Vma& vma) {
    if (size == 0 && vma.start >= from && space.file_of(vma) == file) {
      start = vma.start;
      size = vma.size();
    }
  });
  return size != 0;
}

i64 call_shmdt(Context& c) {
  OpenFile* file = nullptr;
  if (!is_aligned(c.rdi, abi::page_size) || !find_attachment(c.rdi, file)) {
    return -EINVAL;
  }
  u64 start = c.rdi, size = 0;
  for (u64 from = c.rdi; next_area(file, from, start, size); from = start + size) {
    if (const i64 result = AddressSpace::instance().unmap(start, size); result != 0) {
      return result;
    }
  }
  return 0;
}

i64 call_shmctl(Context& c) {
  ControlSize size;
  switch (static_cast<i32>(c.rsi)) {
    case IPC_INFO:
      size.out = sizeof(shminfo);
      break;
    case SHM_INFO:
      size.out = sizeof(shm_info);
      break;
    case IPC_STAT:
    case SHM_STAT:
    case SHM_STAT_ANY:
      size.out = sizeof(shmid_ds);
      break;
    case IPC_SET:
      size.in = sizeof(shmid_ds);
      break;
    default:
      break;
  }
  return ipc_control(c.rdx, size, [&] { return ipc_call(IpcOperation::SegmentControl, c.rdi, c.rsi); });
}

constexpr SyscallEntry entries[] = {
    {SYS_shmget, call_shmget},
    {SYS_shmat, call_shmat},
    {SYS_shmdt, call_shmdt},
    {SYS_shmctl, call_shmctl},
};

}  // namespace

std::span<const SyscallEntry> shared_memory_calls() {
  return entries;
}

}  // namespace kx::libos
