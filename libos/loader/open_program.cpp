#include "loader/open_program.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "files/open.hpp"
#include "files/text_builder.hpp"
#include "host/host_call.hpp"

namespace kx::libos {

namespace {

// Whether the file may be executed, by effective identity. The path is in the call buffer.
i64 check_access(const Place& place, u64 flags) {
  return host_call(static_cast<abi::HostCall>(SYS_faccessat2), CallKind::Quick, place.directory, 0, X_OK,
                   flags | AT_EACCESS);
}

i64 open_on_host(Place& place, FinalLink final, FileRef& file) {
  TextBuilder path;  // not on the stack, of which resolving takes much
  path.bytes(call_buffer(), place.length + 1);
  if (path.failed()) {
    return -ENOMEM;
  }
  const bool keep = final == FinalLink::Keep;
  if (const i64 result = check_access(place, keep ? AT_SYMLINK_NOFOLLOW : 0); result < 0) {
    return result;
  }
  std::memcpy(call_buffer(), path.data(), place.length + 1);
  OpenRequest request;
  request.flags = keep ? O_NOFOLLOW : 0;
  return open_place(place, request, file);
}

// The file that a descriptor has open, by a description of its own.
i64 open_descriptor(u32 fd, FileRef& file) {
  const FileRef open = FdTable::instance().get(fd);
  if (!open) {
    return -ENOENT;
  }
  if (!open->is_regular() || open->kind() == FileKind::Proc) {
    return -EACCES;
  }
  Place place;
  place.directory = open->handle();
  call_buffer()[0] = 0;
  if (const i64 result = check_access(place, AT_EMPTY_PATH); result < 0) {
    return result;
  }
  return reopen_descriptor(fd, OpenRequest{}, file);
}

i64 open_regular(const char* path, FinalLink final, FileRef& file) {
  Place place;
  if (const i64 result = resolve_text(static_cast<u64>(AT_FDCWD), path, final, place); result != 0) {
    return result;
  }
  i64 result = -EACCES;  // a device, or a file of /proc
  if (place.kind == PlaceKind::Host) {
    result = open_on_host(place, final, file);
  } else if (place.kind == PlaceKind::Descriptor) {
    result = open_descriptor(place.number, file);
  }
  return result == 0 && !file->is_regular() ? -EACCES : result;
}

}  // namespace

FileRef open_for_execution(const char* path, FinalLink final, i64& result) {
  FileRef file;
  const u64 size = std::strlen(path) + 1;
  if (size == 1) {
    result = -ENOENT;
  } else if (size > path_capacity) {
    result = -ENAMETOOLONG;
  } else {
    result = open_regular(path, final, file);
  }
  if (result != 0) {
    file.reset();
  }
  return file;
}

}  // namespace kx::libos
