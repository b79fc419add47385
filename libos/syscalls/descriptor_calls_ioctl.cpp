// ioctl(2): arguments marshalled by the table that library OS and hypervisor share.
#include <fcntl.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <kx/abi/ioctl_shapes.hpp>
#include <kx/abi/result.hpp>

#include "files/background.hpp"
#include "files/fd_table.hpp"
#include "files/path.hpp"
#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "mm/tlb.hpp"
#include "syscalls/descriptor_calls.hpp"

namespace kx::libos {

namespace {

using abi::IoctlArgument;
using abi::IoctlRule;
using abi::IoctlShape;

i64 call_once(const OpenFile& file, const IoctlShape& shape, u64 argument, u64 in_background) {
  const bool waits = shape.may_block || shape.rule == IoctlRule::SetGroup || shape.rule == IoctlRule::TakeTerminal;
  if (!waits) {
    return host_call(abi::HostCall::Ioctl, CallKind::Quick, file.handle(), shape.request, argument, in_background);
  }
  const IdleSection idle;
  return host_call(abi::HostCall::Ioctl, CallKind::Quick, file.handle(), shape.request, argument, in_background);
}

i64 call_host(const OpenFile& file, const IoctlShape& shape, u64 argument) {
  const i64 result = call_once(file, shape, argument, 0);
  if (result != abi::result_background) {
    return result;
  }
  const i64 refused = refuse_in_background(SIGTTOU);
  if (refused == 0) {
    return call_once(file, shape, argument, 1);
  }
  return refused == -EIO && shape.rule == IoctlRule::SetGroup ? -ENOTTY : refused;
}

// The handle in the place of a descriptor; false if there is none.
bool translate_descriptor(u64 fd, FileRef& file, u64& handle) {
  file = FdTable::instance().get(fd);
  if (file) {
    handle = file->handle();
  }
  return static_cast<bool>(file);
}

i64 with_memory(OpenFile& file, const IoctlShape& shape, u64 address) {
  u8 bytes[256] = {};
  FileRef other;
  const bool reads = shape.argument != IoctlArgument::Out;
  if (reads && !copy_from_user(bytes, address, shape.size)) {
    return -EFAULT;
  }
  if (shape.rule == IoctlRule::CloneRange) {
    u64 fd = 0, handle = 0;
    std::memcpy(&fd, bytes, sizeof fd);
    if (!translate_descriptor(fd, other, handle)) {
      return -EBADF;
    }
    std::memcpy(bytes, &handle, sizeof handle);
  }
  if (reads) {
    std::memcpy(call_buffer(), bytes, shape.size);
  }
  const i64 result = call_host(file, shape, 0);
  if (result < 0) {
    return interrupted(result, restart_if_flagged);
  }
  if (shape.request == FIONBIO) {
    i32 on = 0;
    std::memcpy(&on, bytes, sizeof on);
    file.set_flags(on != 0 ? file.flags() | O_NONBLOCK : file.flags() & ~static_cast<u32>(O_NONBLOCK));
  }
  const bool writes = shape.argument != IoctlArgument::In;
  return !writes || copy_to_user(address, call_buffer(), shape.size) ? result : -EFAULT;
}

i64 new_descriptor(const OpenFile& file, const IoctlShape& shape, u64 flags) {
  if (const i64 room = FdTable::instance().check_room(); room != 0) {
    return room;
  }
  const i64 handle = call_host(file, shape, flags);
  if (handle < 0) {
    return handle;
  }
  OpenFile* opened = describe_handle(static_cast<u64>(handle));
  if (opened == nullptr) {
    host_call(abi::HostCall::Close, CallKind::Quick, static_cast<u64>(handle));
    return -ENOMEM;
  }
  return FdTable::instance().add(FileRef(opened), (flags & O_CLOEXEC) != 0);
}

// FIONBIO where the host is asked for no ioctl.
i64 set_nonblocking(const OpenFile& file, u64 address) {
  i32 on = 0;
  if (!read_user(on, address)) {
    return -EFAULT;
  }
  return host_call(abi::HostCall::Fcntl, CallKind::Quick, file.handle(), F_SETFL, on != 0 ? O_NONBLOCK : 0);
}

// FIOASYNC.
i64 set_signalling(OpenFile& file, u64 address, u64 fd) {
  i32 on = 0;
  if (!read_user(on, address)) {
    return -EFAULT;
  }
  const i64 flags = status_flags(file);
  const bool was_on = flags >= 0 && (flags & O_ASYNC) != 0;
  if (flags < 0 || was_on == (on != 0)) {
    return std::min<i64>(flags, 0);
  }
  // One that cannot block is always ready.
  return file.may_block() ? set_status_flags(file, static_cast<u64>(flags) ^ O_ASYNC, fd) : -ENOTTY;
}

}  // namespace

i64 call_ioctl(Context& context) {
  FileRef file = FdTable::instance().get(context.rdi);
  if (!file || file->kind() == FileKind::Path) {
    return -EBADF;
  }
  const u64 request = static_cast<u32>(context.rsi);
  if (request == FIOCLEX || request == FIONCLEX) {
    return FdTable::instance().set_flag(context.rdi, request == FIOCLEX);
  }
  if (file->kind() == FileKind::Process) {
    return request == FIONBIO ? set_nonblocking(*file, context.rdx) : -ENOTTY;
  }
  if (request == FIOASYNC) {
    return set_signalling(*file, context.rdx, context.rdi);
  }
  if (const auto owned = owner_ioctl(*file, static_cast<u32>(request), context.rdx); owned) {
    return *owned;
  }
  const IoctlShape* shape = abi::find_ioctl(request);
  if (shape == nullptr || file->kind() == FileKind::ProcDirectory) {
    return -ENOTTY;
  }
  if (shape->rule == IoctlRule::ReturnsHandle) {
    return new_descriptor(*file, *shape, context.rdx);
  }
  switch (shape->argument) {
    case IoctlArgument::None:
    case IoctlArgument::Integer:
      return interrupted(call_host(*file, *shape, context.rdx), restart_if_flagged);
    case IoctlArgument::Handle: {
      FileRef other;
      u64 handle = 0;
      return translate_descriptor(context.rdx, other, handle) ? call_host(*file, *shape, handle) : -EBADF;
    }
    case IoctlArgument::In:
    case IoctlArgument::Out:
    case IoctlArgument::InOut:
      return with_memory(*file, *shape, context.rdx);
  }
  return -ENOTTY;
}

}  // namespace kx::libos
