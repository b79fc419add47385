// The working directory, and reading directories.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "files/file_head.hpp"
#include "files/open.hpp"
#include "files/proc.hpp"
#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "process/process.hpp"
#include "syscalls/path_calls.hpp"

namespace kx::libos {

namespace {

struct DirectoryRecord {  // linux_dirent64
  u64 inode;
  i64 offset;
  u16 size;
  u8 type;
  char name[37];
};

// Makes `directory` the working directory, which keeps a handle of its own.
i64 enter(const OpenFile& directory, const char* path) {
  if (!directory.is_directory()) {
    return -ENOTDIR;
  }
  call_buffer()[0] = '.';
  call_buffer()[1] = 0;
  // Opening "." asks for no more than search permission, as chdir(2) does.
  i64 handle = host_call(abi::HostCall::Open, CallKind::Quick, directory.handle(), 0, O_PATH | O_DIRECTORY);
  if (handle < 0) {
    return handle;
  }
  set_working_directory(static_cast<u64>(handle), path);
  return 0;
}

[[gnu::noinline]] i64 enter_with_path(const OpenFile& directory) {
  char path[path_capacity];
  if (directory.kind() == FileKind::ProcDirectory) {
    proc_path(directory.proc_node, directory.proc_subject, path);
  } else if (handle_path(directory.handle(), path, sizeof path) < 0) {
    std::memcpy(path, "/", 2);
  }
  return enter(directory, path);
}

// Execute permission on the directory itself: opening "." below an O_PATH descriptor checks it.
i64 open_directory(u64 path_address, FileRef& file) {
  Place place;
  if (const i64 result = resolve(static_cast<u64>(AT_FDCWD), path_address, FinalLink::Follow, place); result != 0) {
    return result;
  }
  if (place.kind == PlaceKind::Host && place.length == 0) {
    return -ENOENT;
  }
  OpenRequest request;
  request.flags = place.kind == PlaceKind::Proc ? O_DIRECTORY : O_PATH | O_DIRECTORY;
  return open_place(place, request, file);
}

i64 proc_entries(OpenFile& directory, u64 to, u64 capacity) {
  u64 done = 0;
  for (;;) {
    u64 position = directory.directory_position;
    ProcDirectoryEntry entry{};
    if (!next_proc_entry(directory, position, entry)) {
      return static_cast<i64>(done);
    }
    DirectoryRecord record{};
    record.inode = entry.inode;
    record.offset = static_cast<i64>(position);
    record.type = entry.type;
    std::memcpy(record.name, entry.name, sizeof entry.name);
    record.size = static_cast<u16>((offsetof(DirectoryRecord, name) + std::strlen(entry.name) + 1 + 7) & ~7ull);
    if (done + record.size > capacity) {
      return done == 0 ? -EINVAL : static_cast<i64>(done);
    }
    if (!copy_to_user(to + done, &record, record.size)) {
      return done == 0 ? -EFAULT : static_cast<i64>(done);
    }
    done += record.size;
    directory.directory_position = position;
  }
}

}  // namespace

i64 call_chdir(Context& context) {
  FileRef file;
  const i64 result = open_directory(context.rdi, file);
  return result != 0 ? result : enter_with_path(*file);
}

i64 call_fchdir(Context& context) {
  const FileRef file = FdTable::instance().get(context.rdi);
  return file ? enter_with_path(*file) : -EBADF;
}

i64 call_getcwd(Context& context) {
  char path[path_capacity];
  if (std::strncmp(working_directory_path(), "/proc", 5) == 0) {
    std::memcpy(path, working_directory_path(), std::strlen(working_directory_path()) + 1);
  } else if (const i64 result = handle_path(working_directory_handle(), path, sizeof path); result < 0) {
    return result;
  }
  const u64 length = std::strlen(path);
  constexpr char deleted[] = " (deleted)";
  if (length >= sizeof deleted && std::strcmp(path + length - (sizeof deleted - 1), deleted) == 0) {
    return -ENOENT;
  }
  if (length + 1 > context.rsi) {
    return -ERANGE;
  }
  return copy_to_user(context.rdi, path, length + 1) ? static_cast<i64>(length + 1) : -EFAULT;
}

i64 call_getdents64(Context& context) {
  FileRef file = FdTable::instance().get(context.rdi);
  if (!file || file->kind() != FileKind::ProcDirectory) {
    return pass_through(SYS_getdents64, context);
  }
  return proc_entries(*file, context.rsi, static_cast<u32>(context.rdx));
}

i64 call_lseek(Context& context) {
  FileRef file = FdTable::instance().get(context.rdi);
  if (file && file->kind() == FileKind::Process) {
    return -ESPIPE;
  }
  if (!file || file->kind() != FileKind::ProcDirectory) {
    if (file && file->head != nullptr) {
      file->head->catch_up(*file);
    }
    return pass_through(SYS_lseek, context);
  }
  const auto offset = static_cast<i64>(context.rsi);
  const i64 position = context.rdx == SEEK_CUR ? static_cast<i64>(file->directory_position) + offset : offset;
  if (context.rdx > SEEK_CUR || position < 0) {
    return -EINVAL;
  }
  file->directory_position = static_cast<u64>(position);
  return position;
}

}  // namespace kx::libos
