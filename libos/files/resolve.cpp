#include "files/resolve.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <iterator>

#include "entry/components.hpp"
#include "files/proc.hpp"
#include "host/host_call.hpp"
#include "mm/address_space.hpp"

namespace kx::libos {

namespace {

char* buffer_text() {
  return reinterpret_cast<char*>(call_buffer());
}

// True if `path` has a component named `name`, or one that begins with it.
bool mentions(const char* path, const char* name) {
  const u64 size = std::strlen(name);
  for (const char* at = path;; ++at) {
    if (std::strncmp(at, name, size) == 0) {
      return true;
    }
    while (*at != 0 && *at != '/') {
      ++at;
    }
    if (*at == 0) {
      return false;
    }
  }
}

bool is_fd_cwd(u64 directory_fd) {
  return static_cast<i32>(directory_fd) == AT_FDCWD;
}

// Most paths cannot lead to /dev or /proc, which needs no more than a look at them.
bool may_be_emulated(const char* path, u64 directory_fd, const Place& place) {
  if (mentions(path, "proc") || mentions(path, "dev")) {
    return true;
  }
  if (path[0] == '/') {
    return false;
  }
  return is_fd_cwd(directory_fd) ? working_directory_is_emulated()
                                 : place.file && place.file->kind() == FileKind::ProcDirectory;
}

void put_path(Place& place, u64 directory, const char* path) {
  place.kind = PlaceKind::Host;
  place.directory = directory;
  place.length = std::strlen(path);
  std::memmove(buffer_text(), path, place.length + 1);
}

// The number `text` consists of, or -1.
i64 whole_number(const char* text) {
  i64 value = 0;
  if (*text == 0) {
    return -1;
  }
  for (; *text != 0; ++text) {
    if (*text < '0' || *text > '9' || value > INT32_MAX / 10) {
      return -1;
    }
    value = value * 10 + (*text - '0');
  }
  return value;
}

// `name` is what follows /dev/. False: the host's affair.
bool find_device(const char* name, Place& place) {
  static constexpr const char* names[] = {"null", "zero", "full", "random", "urandom", "tty", "ptmx"};
  static constexpr const char* streams[] = {"stdin", "stdout", "stderr"};
  for (u32 i = 0; i < std::size(names); ++i) {
    if (std::strcmp(name, names[i]) == 0) {
      place.kind = PlaceKind::Device;
      place.device = static_cast<abi::DeviceName>(i);
      return true;
    }
  }
  if (std::strcmp(name, "pts/ptmx") == 0) {
    place.kind = PlaceKind::Device;
    place.device = abi::DeviceName::Ptmx;
    return true;
  }
  if (std::strncmp(name, "pts/", 4) == 0 && whole_number(name + 4) >= 0) {
    place.kind = PlaceKind::Device;
    place.device = abi::DeviceName::Pts;
    place.number = static_cast<u32>(whole_number(name + 4));
    return true;
  }
  for (u32 i = 0; i < std::size(streams); ++i) {
    if (std::strcmp(name, streams[i]) == 0) {
      place.kind = PlaceKind::Descriptor;
      place.number = i;
      return true;
    }
  }
  return false;
}

i64 resolve_proc(const char* name, FinalLink final, Place& place) {
  if (!is_allowed(abi::Component::Proc)) {
    return -ENOENT;
  }
  ProcPlace found;
  if (const i64 result = find_proc(name, final, found); result != 0) {
    return result;
  }
  switch (found.kind) {
    case ProcPlaceKind::Node:
      place.kind = PlaceKind::Proc;
      place.node = found.node;
      place.number = found.subject;
      return 0;
    case ProcPlaceKind::Descriptor:
      place.kind = PlaceKind::Descriptor;
      place.number = found.subject;
      return 0;
    case ProcPlaceKind::Beyond:
      if (found.base == ProcBase::Descriptor) {
        place.file = FdTable::instance().get(found.subject);
        if (!place.file) {
          return -ENOENT;
        }
      }
      put_path(place,
               found.base == ProcBase::Descriptor         ? place.file->handle()
               : found.base == ProcBase::WorkingDirectory ? working_directory_handle()
                                                          : no_directory,
               found.rest);
      return 0;
  }
  return -ENOENT;
}

bool is_below(const char* path, const char* directory, u64 size) {
  return std::strncmp(path, directory, size) == 0 && (path[size] == 0 || path[size] == '/');
}

// `path` is not in the call buffer, which is overwritten. Kept out of line: it needs much stack.
[[gnu::noinline]] i64 resolve_slowly(u64 directory_fd, const char* path, FinalLink final, Place& place) {
  char normal[path_capacity];
  const char* base = working_directory_path();
  bool emulated_base = false;
  char base_text[path_capacity];
  if (path[0] != '/') {
    if (is_fd_cwd(directory_fd)) {
      emulated_base = working_directory_is_emulated();
    } else if (place.file->kind() == FileKind::ProcDirectory) {
      emulated_base = true;
      proc_path(place.file->proc_node, place.file->proc_subject, base_text);
      base = base_text;
    } else if (handle_path(place.file->handle(), base_text, sizeof base_text) >= 0) {
      base = base_text;
    } else {
      base = "/?";
    }
  }
  if (!normalize(base, path, normal, sizeof normal)) {
    return -ENAMETOOLONG;
  }
  // A slash or a dot behind one at the end makes a link be followed (path_resolution(7)).
  const u64 length = std::strlen(path);
  if (length > 0 && (path[length - 1] == '/' || (length > 1 && path[length - 2] == '/' && path[length - 1] == '.'))) {
    final = FinalLink::Follow;
  }
  if (is_below(normal, "/proc", 5)) {
    return resolve_proc(normal[5] == 0 ? "" : normal + 6, final, place);
  }
  // /dev/fd is a link to /proc/self/fd.
  if (is_below(normal, "/dev/fd", 7) && (normal[7] != 0 || final == FinalLink::Follow)) {
    std::memcpy(normal, "self", 4);  // in the place of "/dev"
    return resolve_proc(normal, final, place);
  }
  put_path(place, emulated_base ? no_directory : place.directory, emulated_base ? normal : path);
  if (std::strncmp(normal, "/dev/", 5) == 0 && find_device(normal + 5, place)) {
    return 0;
  }
  return 0;
}

i64 find_directory(u64 directory_fd, bool absolute, Place& place) {
  if (is_fd_cwd(directory_fd)) {
    place.directory = working_directory_handle();
    return 0;
  }
  place.file = FdTable::instance().get(directory_fd);
  if (!place.file && !absolute) {
    return -EBADF;
  }
  if (!absolute && place.length != 0 && place.file->kind() == FileKind::Process) {
    return -ENOTDIR;
  }
  place.directory = place.file ? place.file->handle() : no_directory;
  return 0;
}

[[gnu::noinline]] i64 resolve_copy(u64 directory_fd, FinalLink final, Place& place) {
  char path[path_capacity];
  std::memcpy(path, buffer_text(), place.length + 1);
  return resolve_slowly(directory_fd, path, final, place);
}

}  // namespace

bool normalize(const char* base, const char* path, char* out, u64 capacity) {
  u64 size = 0;
  const char* parts[2] = {path[0] == '/' ? "" : base, path};
  for (const char* at : parts) {
    while (*at != 0) {
      while (*at == '/') {
        ++at;
      }
      const char* end = at;
      while (*end != 0 && *end != '/') {
        ++end;
      }
      const u64 length = static_cast<u64>(end - at);
      if (length == 2 && at[0] == '.' && at[1] == '.') {
        while (size > 0 && out[--size] != '/') {
        }
      } else if (length != 0 && !(length == 1 && at[0] == '.')) {
        if (size + 1 + length + 1 > capacity) {
          return false;
        }
        out[size++] = '/';
        std::memcpy(out + size, at, length);
        size += length;
      }
      at = end;
    }
  }
  if (size == 0) {
    out[size++] = '/';
  }
  out[size] = 0;
  return true;
}

i64 resolve_plainly(u64 directory_fd, u64 path_address, Place& place) {
  char* path = buffer_text();
  const i64 length = copy_string_from_user(path, path_address, path_capacity);
  if (length < 0) {
    return length;
  }
  place.length = static_cast<u64>(length);
  return find_directory(directory_fd, path[0] == '/', place);
}

i64 resolve(u64 directory_fd, u64 path_address, FinalLink final, Place& place) {
  const char* path = buffer_text();
  if (const i64 result = resolve_plainly(directory_fd, path_address, place); result != 0) {
    return result;
  }
  if (path[0] == 0 || !may_be_emulated(path, directory_fd, place)) [[likely]] {
    return 0;
  }
  return resolve_copy(directory_fd, final, place);
}

i64 resolve_text(u64 directory_fd, const char* path, FinalLink final, Place& place) {
  if (const i64 result = find_directory(directory_fd, path[0] == '/', place); result != 0) {
    return result;
  }
  if (!may_be_emulated(path, directory_fd, place)) {
    put_path(place, place.directory, path);
    return 0;
  }
  return resolve_slowly(directory_fd, path, final, place);
}

}  // namespace kx::libos
