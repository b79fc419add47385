#include "loader/open_program.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <kx/abi/memory_map.hpp>

#include "files/file_head.hpp"
#include "files/open.hpp"
#include "files/path.hpp"
#include "mm/heap.hpp"

namespace kx::libos {

namespace {

// Whether the file may be executed, by effective identity. The path is in the call buffer.
i64 check_access(const Place& place, u64 flags) {
  return host_call(static_cast<abi::HostCall>(SYS_faccessat2), CallKind::Quick, place.directory, 0, X_OK,
                   flags | AT_EACCESS);
}

// -ETXTBSY if somebody has the file open for writing.
i64 check_writers(const OpenFile& file) {
  return host_call(abi::HostCall::CheckProgram, CallKind::Quick, file.handle());
}

bool set_path(ProgramFile& program, const u8* text, u64 length) {
  program.path = static_cast<char*>(heap_allocate(length + 1));
  if (program.path == nullptr) {
    return false;
  }
  program.path_capacity = length + 1;
  std::memcpy(program.path, text, length);
  program.path[length] = 0;
  return true;
}

// Where in the call buffer the parts of a batch lie, behind the path.
constexpr u64 head_at = path_capacity;
constexpr u64 path_at = head_at + HeadCalls::room(ProgramFile::head_capacity);
constexpr u64 entries_at = fault_buffer_offset - 6 * sizeof(abi::BatchEntry);
static_assert(path_at + 1024 < entries_at);

// All that is asked of the host about a program, by one exit.
i64 open_on_host(Place& place, FinalLink final, ProgramFile& program) {
  const bool keep = final == FinalLink::Keep;
  const u32 flags = keep ? O_NOFOLLOW : 0;
  HostBatch batch(entries_at);
  const u32 access =
      batch.add(SYS_faccessat2, {{place.directory, 0, X_OK, (keep ? AT_SYMLINK_NOFOLLOW : 0u) | AT_EACCESS}, 0});
  const u32 open = batch.add(abi::HostCall::Open, {{place.directory, 0, flags, 0, 0}, 0});
  const u32 writers = batch.add(abi::HostCall::CheckProgram, {{0}, 0}, open);
  const HeadCalls head(batch, open, head_at, ProgramFile::head_capacity);
  const u32 name = batch.add(abi::HostCall::HandlePath, {{0, path_at, entries_at - path_at}, 0}, open);
  if (const i64 result = batch.run(); result != 0) {
    return result;
  }
  if (batch.reply(access).result < 0) {
    return batch.reply(access).result;
  }
  if (batch.reply(open).result < 0) {
    // It may be a link to what only the library OS has.
    OpenRequest request;
    request.flags = flags;
    const i64 result = open_place(place, request, program.file);
    return result == 0 ? check_writers(*program.file) : result;
  }
  if (const i64 result = adopt_opened(batch.reply(open), flags, program.file); result != 0) {
    return result;
  }
  if (batch.reply(writers).result < 0) {
    return batch.reply(writers).result;
  }
  struct stat status {};
  program.head_size = head.take(status, program.head);
  program.size = static_cast<u64>(status.st_size);
  const i64 length = batch.reply(name).result;
  if (length > 0 && static_cast<u64>(length) < entries_at - path_at &&
      !set_path(program, call_buffer() + path_at, static_cast<u64>(length))) {
    return -ENOMEM;
  }
  return 0;
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
  const i64 result = reopen_descriptor(fd, OpenRequest{}, file);
  return result == 0 ? check_writers(*file) : result;
}

i64 open_regular(const char* path, FinalLink final, ProgramFile& program) {
  Place place;
  if (const i64 result = resolve_text(static_cast<u64>(AT_FDCWD), path, final, place); result != 0) {
    return result;
  }
  i64 result = -EACCES;  // a device, or a file of /proc
  if (place.kind == PlaceKind::Host) {
    result = open_on_host(place, final, program);
  } else if (place.kind == PlaceKind::Descriptor) {
    result = open_descriptor(place.number, program.file);
  }
  return result == 0 && !program.file->is_regular() ? -EACCES : result;
}

// What the way it was opened by has not brought along.
i64 complete(ProgramFile& program) {
  if (program.head_size == 0) {
    const i64 got = read_at(*program.file, 0, program.head, ProgramFile::head_capacity);
    if (got < 0) {
      return got;
    }
    program.head_size = static_cast<u64>(got);
    program.size = program.file->size();
  }
  if (program.path == nullptr) {
    const i64 length =
        host_call(abi::HostCall::HandlePath, CallKind::Quick, program.file->handle(), 0, path_capacity - 1);
    if (length > 0 && !set_path(program, call_buffer(), static_cast<u64>(length))) {
      return -ENOMEM;
    }
  }
  return 0;
}

}  // namespace

ProgramFile::~ProgramFile() {
  heap_free(head, head_capacity);
  heap_free(path, path_capacity);
}

i64 open_for_execution(const char* path, FinalLink final, ProgramFile& program) {
  if (program.head == nullptr) {
    program.head = static_cast<std::byte*>(heap_allocate(ProgramFile::head_capacity));
  }
  if (program.head == nullptr) {
    return -ENOMEM;
  }
  program.file.reset();
  program.size = program.head_size = 0;
  heap_free(program.path, program.path_capacity);
  program.path = nullptr;
  const u64 size = std::strlen(path) + 1;
  if (size == 1) {
    return -ENOENT;
  }
  if (size > path_capacity) {
    return -ENAMETOOLONG;
  }
  const i64 result = open_regular(path, final, program);
  return result == 0 ? complete(program) : result;
}

i64 read_at(OpenFile& file, u64 offset, std::byte* to, u64 size) {
  u64 done = 0;
  while (done < size) {
    constexpr u64 data_offset = 4096;
    const u64 count = std::min(size - done, fault_buffer_offset - data_offset);
    auto* segment = reinterpret_cast<abi::Segment*>(call_buffer());
    segment->gpa = reinterpret_cast<u64>(call_buffer()) + data_offset - abi::linear_base;
    segment->size = count;
    const i64 got = host_call(abi::HostCall::Read, CallKind::Quick, file.content_handle(), 0, 1, offset + done, 0);
    if (got < 0) {
      return got;
    }
    std::memcpy(to + done, call_buffer() + data_offset, static_cast<u64>(got));
    done += static_cast<u64>(got);
    if (static_cast<u64>(got) < count) {
      break;
    }
  }
  return static_cast<i64>(done);
}

}  // namespace kx::libos
