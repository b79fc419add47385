#include "files/open.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>

#include "files/file_head.hpp"
#include "files/path.hpp"
#include "files/proc.hpp"
#include "files/recent_open.hpp"
#include "host/batch.hpp"
#include "mm/heap.hpp"
#include "mm/tlb.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

namespace {

constexpr u32 creation_flags = O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC;
constexpr u64 null_device = 0x103;
constexpr u64 zero_device = 0x105;
constexpr u32 most_links = 8;  // of those that lead from the host's files to an emulated one

FileKind kind_of(u32 flags, u64 mode, u64 device) {
  if ((flags & O_PATH) != 0) {
    return FileKind::Path;
  }
  if (S_ISCHR(mode) && device == zero_device) {
    return FileKind::Zero;
  }
  return S_ISCHR(mode) && device == null_device ? FileKind::Null : FileKind::Host;
}

HostReply open_on_host(const Place& place, const OpenRequest& request) {
  // Opening a FIFO waits for its other end.
  const IdleSection idle;
  const HostReply reply = host_call_raw(
      static_cast<u32>(abi::HostCall::Open),
      {{place.directory, 0, request.flags, request.mode, request.resolve, path_capacity}, 0}, CallKind::Quick);
  if (reply.result >= 0 && S_ISREG(reply.extra[0])) {
    note_open(static_cast<u64>(reply.result), path_capacity);
  }
  return reply;
}

HostReply open_again_on_host(const OpenFile& file, u32 flags) {
  // It may wait for a lease.
  const IdleSection idle;
  return host_call_raw(static_cast<u32>(abi::HostCall::OpenAgain), {{file.handle(), flags}, 0}, CallKind::Quick);
}

i64 open_device(const Place& place, const OpenRequest& request, FileRef& file) {
  if ((request.flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) {
    return -EEXIST;
  }
  if ((request.flags & O_DIRECTORY) != 0) {
    return -ENOTDIR;
  }
  const u32 flags = request.flags & ~static_cast<u32>(O_CREAT | O_EXCL | O_TRUNC);
  return adopt_opened(host_call_raw(static_cast<u32>(abi::HostCall::OpenDevice),
                                    {{static_cast<u64>(place.device), flags, place.number}, 0}, CallKind::Quick),
                      flags, file);
}

// A symbolic link of the host's may lead to what only the library OS has: /etc/mtab, or a link to /dev/null. The host
// could not open `path` (relative to `directory`); follows its last component if it is a link.
[[gnu::noinline]] bool follow_last_link(char (&path)[path_capacity], u64 directory) {
  char target[path_capacity];
  const u64 size = std::strlen(path) + 1;
  std::memcpy(call_buffer(), path, size);
  const u64 out = (size + 7) & ~7ull;
  constexpr u64 room = path_capacity - 1;
  const i64 length = host_call_raw(SYS_readlinkat, {{directory, 0, out, room}, 0}, CallKind::Quick).result;
  if (length <= 0 || length >= static_cast<i64>(room)) {
    return false;
  }
  std::memcpy(target, call_buffer() + out, static_cast<u64>(length));
  target[length] = 0;
  const char* slash = std::strrchr(path, '/');
  const u64 parent = target[0] == '/' || slash == nullptr ? 0 : static_cast<u64>(slash - path) + 1;
  if (parent + static_cast<u64>(length) + 1 > path_capacity) {
    return false;
  }
  std::memcpy(path + parent, target, static_cast<u64>(length) + 1);
  return true;
}

[[gnu::noinline]] i64 open_behind_links(const Place& place, const OpenRequest& request, i64 failure,
                                        char (&path)[path_capacity], FileRef& file) {
  if (path[0] == 0) {
    return failure;
  }
  for (u32 i = 0; i < most_links && follow_last_link(path, place.directory); ++i) {
    if (path[0] != '/') {
      continue;
    }
    Place next;
    if (resolve_text(static_cast<u64>(AT_FDCWD), path, FinalLink::Follow, next) == 0 && next.kind != PlaceKind::Host) {
      return open_place(next, request, file);
    }
  }
  return failure;
}

// Open, status and first bytes by one exit.
HostReply open_with_head(const Place& place, const OpenRequest& request, FileHead& head) {
  HostBatch batch(path_capacity + HeadCalls::room(FileHead::capacity));
  const u32 open = batch.add(abi::HostCall::Open, {{place.directory, 0, request.flags, request.mode, 0}, 0});
  const HeadCalls calls(batch, open, path_capacity, FileHead::capacity);
  if (const i64 result = batch.run(); result != 0) {
    return {result, {0, 0}};
  }
  head.size = calls.take(head.status, head.bytes);
  return batch.reply(open);
}

[[gnu::noinline]] i64 open_host(const Place& place, const OpenRequest& request, FileRef& file) {
  FileHead* head = request.with_head ? heap_new<FileHead>() : nullptr;
  const HostReply reply = head != nullptr ? open_with_head(place, request, *head) : open_on_host(place, request);
  const bool might_be_link = reply.result == -ENOENT || reply.result == -EACCES || reply.result == -EXDEV;
  if (might_be_link && (request.flags & O_NOFOLLOW) == 0 && request.resolve == 0) {
    heap_delete(head);
    char path[path_capacity];
    std::memcpy(path, call_buffer(), place.length + 1);
    return open_behind_links(place, request, reply.result, path, file);
  }
  const i64 result = adopt_opened(reply, request.flags, file);
  if (result == 0 && file->is_regular() && head != nullptr && head->size != 0) {
    file->head = head;
  } else {
    heap_delete(head);
  }
  return result;
}

constexpr i64 no_such_name = 1;

// Opens what `old` has open by the path that the host has for it: with more access than the descriptor, if the view
// allows it. 0, -errno, or no_such_name: it was deleted, or the name belongs to another file now.
i64 reopen_by_name(const OpenFile& old, const OpenRequest& request, FileRef& file) {
  char path[path_capacity];
  if (handle_path(old.handle(), path, sizeof path) <= 0 || path[0] != '/') {
    return no_such_name;
  }
  const HostReply held = host_call_raw(SYS_fstat, {{old.handle(), 0}, 0}, CallKind::Quick);
  struct stat before {};
  std::memcpy(&before, call_buffer(), sizeof before);
  Place place;
  place.length = std::strlen(path);
  std::memcpy(call_buffer(), path, place.length + 1);
  OpenRequest again = request;
  again.flags &= ~static_cast<u32>(O_CREAT | O_EXCL | O_TRUNC);  // another file is not to be emptied
  const HostReply reply = open_on_host(place, again);
  if (reply.result == -EACCES || reply.result == -ENOTDIR || reply.result == -EISDIR || reply.result == -EROFS) {
    return reply.result;
  }
  if (adopt_opened(reply, request.flags, file) != 0 || held.result != 0) {
    file.reset();
    return no_such_name;
  }
  struct stat after {};
  if (host_call_raw(SYS_fstat, {{file->handle(), 0}, 0}, CallKind::Quick).result == 0) {
    std::memcpy(&after, call_buffer(), sizeof after);
  }
  if (after.st_ino != before.st_ino || after.st_dev != before.st_dev) {
    file.reset();
    return no_such_name;
  }
  return (request.flags & O_TRUNC) != 0 ? host_call_raw(SYS_ftruncate, {{file->handle(), 0}, 0}, CallKind::Quick).result
                                        : 0;
}

}  // namespace

i64 adopt_opened(const HostReply& reply, u32 flags, FileRef& file) {
  if (reply.result < 0) {
    return interrupted(reply.result, restart_if_flagged);
  }
  const auto handle = static_cast<u64>(reply.result);
  file = FileRef(OpenFile::create(handle, kind_of(flags, reply.extra[0], reply.extra[1]),
                                  static_cast<u32>(reply.extra[0]), flags & ~creation_flags));
  if (!file) {
    host_call(abi::HostCall::Close, CallKind::Quick, handle);
    return -ENOMEM;
  }
  return 0;
}

i64 reopen_descriptor(u32 fd, const OpenRequest& request, FileRef& file) {
  FileRef old = FdTable::instance().get(fd);
  if (!old) {
    return -ENOENT;
  }
  if ((request.flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) {
    return -EEXIST;
  }
  if (S_ISSOCK(old->mode())) {
    return -ENXIO;
  }
  if (old->kind() == FileKind::Proc || old->kind() == FileKind::ProcDirectory) {
    return open_proc(old->proc_node, old->proc_subject, request.flags, file);
  }
  if (old->kind() == FileKind::Null) {
    Place device;
    device.device = abi::DeviceName::Null;
    return open_device(device, request, file);
  }
  if (old->is_regular()) {
    const i64 result = adopt_opened(open_again_on_host(*old, request.flags), request.flags, file);
    if (result != -EACCES) {
      return result;
    }
  }
  if (old->is_regular() || old->is_directory() || old->kind() == FileKind::Path) {
    if (const i64 result = reopen_by_name(*old, request, file); result != no_such_name) {
      return result;
    }
    // What was asked for is more than the descriptor has, and no name gives it.
    if (old->is_regular()) {
      return -EACCES;
    }
  }
  // It cannot be opened again from here: the description is shared, as dup(2) does.
  file = std::move(old);
  return 0;
}

i64 open_place(Place& place, const OpenRequest& request, FileRef& file) {
  switch (place.kind) {
    case PlaceKind::Device:
      if ((request.flags & O_PATH) == 0) {
        return open_device(place, request, file);
      }
      return open_host(place, request, file);
    case PlaceKind::Descriptor:
      return reopen_descriptor(place.number, request, file);
    case PlaceKind::Proc:
      return open_proc(place.node, place.number, request.flags, file);
    case PlaceKind::Host:
      break;
  }
  return open_host(place, request, file);
}

}  // namespace kx::libos
