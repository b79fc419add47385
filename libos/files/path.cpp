#include "files/path.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>

#include "files/fd_table.hpp"
#include "files/process_file.hpp"
#include "files/start.hpp"
#include "host/host_call.hpp"

namespace kx::libos {

namespace {

constexpr u64 no_handle = ~0ull;
constexpr u64 null_device = 0x103;  // character device 1:3
constexpr u64 zero_device = 0x105;

u64 directory_handle = no_handle;
// A thread may still be using the directory before the current one: it is closed one change later.
u64 former_handle = no_handle;
char directory_path[path_capacity] = "/";
u32 creation_mask = 022;

i64 open_directory(const char* path) {
  const u64 size = std::strlen(path) + 1;
  if (size > path_capacity) {
    return -ENAMETOOLONG;
  }
  std::memcpy(call_buffer(), path, size);
  return host_call(abi::HostCall::Open, CallKind::Quick, static_cast<u64>(AT_FDCWD), 0, O_PATH | O_DIRECTORY);
}

bool begins_with_directory(const char* path, const char* directory) {
  const u64 size = std::strlen(directory);
  return std::strncmp(path, directory, size) == 0 && (path[size] == 0 || path[size] == '/');
}

}  // namespace

u64 working_directory_handle() {
  return directory_handle;
}

void set_working_directory(u64 handle, const char* path) {
  if (former_handle != no_handle) {
    host_call(abi::HostCall::Close, CallKind::Quick, former_handle);
  }
  former_handle = directory_handle;
  directory_handle = handle;
  const u64 size = std::strlen(path) + 1;
  if (size <= path_capacity) {
    std::memmove(directory_path, path, size);
  }
}

const char* working_directory_path() {
  return directory_path;
}

bool working_directory_is_emulated() {
  return begins_with_directory(directory_path, "/proc") || begins_with_directory(directory_path, "/dev");
}

OpenFile* describe_handle(u64 handle) {
  const i64 flags = host_call(abi::HostCall::Fcntl, CallKind::Quick, handle, F_GETFL);
  struct stat status {};
  if (host_call_raw(SYS_fstat, {{handle, 0}, 0}, CallKind::Quick).result == 0) {
    std::memcpy(&status, call_buffer(), sizeof status);
  } else if (process_of_handle(handle) != -EBADF) {
    return describe_process_handle(handle);
  }
  FileKind kind = FileKind::Host;
  if (flags >= 0 && (flags & O_PATH) != 0) {
    kind = FileKind::Path;
  } else if (S_ISCHR(status.st_mode) && status.st_rdev == null_device) {
    kind = FileKind::Null;
  } else if (S_ISCHR(status.st_mode) && status.st_rdev == zero_device) {
    kind = FileKind::Zero;
  }
  return OpenFile::create(handle, kind, status.st_mode, flags < 0 ? 0 : static_cast<u32>(flags));
}

u32 file_creation_mask() {
  return creation_mask;
}

u32 set_file_creation_mask(u32 mask) {
  const u32 old = creation_mask;
  creation_mask = mask & 0777;
  return old;
}

i64 handle_path(u64 handle, char* text, u64 capacity) {
  const u64 room = capacity - 1 < path_capacity ? capacity - 1 : path_capacity;
  const i64 size = host_call(abi::HostCall::HandlePath, CallKind::Quick, handle, 0, room);
  if (size < 0) {
    return size;
  }
  if (static_cast<u64>(size) > room) {
    return -ENAMETOOLONG;
  }
  std::memcpy(text, call_buffer(), static_cast<u64>(size));
  text[size] = 0;
  return size;
}

void start_files(const abi::BootInfo& boot, const char* working_directory) {
  creation_mask = boot.umask & 0777;
  for (u32 fd = 0; fd < 3; ++fd) {
    if (boot.streams[fd].present != 0) {
      if (OpenFile* file = describe_handle(fd); file != nullptr) {
        FdTable::instance().replace(fd, FileRef(file), false);
      }
    }
  }
  i64 handle = open_directory(working_directory);
  const char* path = working_directory;
  if (handle < 0) {
    path = "/";
    handle = open_directory(path);
  }
  set_working_directory(handle < 0 ? no_handle : static_cast<u64>(handle), path);
}

}  // namespace kx::libos
