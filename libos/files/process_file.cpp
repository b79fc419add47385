#include "files/process_file.hpp"

#include <fcntl.h>

#include <cerrno>

#include "host/host_call.hpp"
#include "process/thread.hpp"

namespace kx::libos {

namespace {

HostReply ask(u64 handle) {
  return host_call_raw(static_cast<u32>(abi::HostCall::ProcessGet),
                       {{static_cast<u64>(abi::ProcessAttribute::OfHandle), handle}, 0}, CallKind::Quick);
}

}  // namespace

OpenFile* describe_process_handle(u64 handle) {
  constexpr u32 mode = 0600;  // of no type, as every anonymous inode
  return OpenFile::create(handle, FileKind::Process, mode, O_RDWR);
}

i64 open_process_file(i32 pid, u32 flags, FileRef& file) {
  const i64 handle = host_call(abi::HostCall::ProcessOpen, CallKind::Quick, static_cast<u32>(pid), flags);
  if (handle < 0) {
    return handle;
  }
  file = FileRef(describe_process_handle(static_cast<u64>(handle)));
  if (!file) {
    host_call(abi::HostCall::Close, CallKind::Quick, static_cast<u64>(handle));
    return -ENOMEM;
  }
  return 0;
}

i64 process_of_handle(u64 handle) {
  return ask(handle).result;
}

void process_file_status(const OpenFile& file, struct stat& status) {
  const Credentials& who = Thread::current().credentials;
  status = {};
  status.st_dev = 5;  // of no block device; that of a kernel's own file system
  status.st_ino = ask(file.handle()).extra[0];
  status.st_mode = 0700;  // of no type
  status.st_nlink = 1;
  status.st_uid = who.user.effective;
  status.st_gid = who.group.effective;
  status.st_blksize = 4096;
}

}  // namespace kx::libos
