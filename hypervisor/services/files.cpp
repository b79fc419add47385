// Host calls that open, close, read and write files.
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "hypervisor/ipc/family_ipc.hpp"
#include "hypervisor/ipc/pipe_rings.hpp"
#include "hypervisor/services/call_support.hpp"
#include "hypervisor/services/epoll_targets.hpp"
#include "hypervisor/services/host_objects.hpp"

namespace kx::hv {

namespace {

// What the library OS wants to know of every file it opens: its type, and for a device which one.
void describe(const struct stat& status, Call& call) {
  call.extra[0] = status.st_mode;
  call.extra[1] = status.st_rdev;
}

// True if open(2) of what `path` names may wait for somebody: a FIFO for its other end, a device for itself.
bool open_may_block(int directory, const Path& path, std::uint64_t flags) {
  if ((flags & (O_PATH | O_DIRECTORY | O_NONBLOCK)) != 0 || (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) {
    return false;
  }
  struct stat status;
  const int follow = (flags & O_NOFOLLOW) != 0 ? AT_SYMLINK_NOFOLLOW : 0;
  return ::fstatat(directory, path.text, &status, follow) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

// openat2(2), which is strict, for what the program gave to openat(2), which is not, or to openat2 itself. Magic links
// lead out of any view: the guest cannot have them.
open_how how_to_open(const Call& call) {
  constexpr std::uint64_t path_flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  constexpr std::uint64_t open_flags = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK |
                                       O_SYNC | O_ASYNC | O_DIRECT | 0100000 /* the kernel's O_LARGEFILE */ |
                                       O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH | __O_TMPFILE;
  open_how how{};
  const bool strict = call.args[4] != 0;
  how.flags = call.args[2] | O_CLOEXEC | ((call.args[2] & O_PATH) != 0 ? 0 : std::uint64_t{O_NOCTTY});
  if (!strict) {
    how.flags &= (how.flags & O_PATH) != 0 ? path_flags : open_flags;
  }
  how.mode = (how.flags & (O_CREAT | __O_TMPFILE)) != 0 ? call.args[3] & 07777 : 0;
  how.resolve = call.args[4] | RESOLVE_NO_MAGICLINKS;
  return how;
}

// True if open(2) with these flags changes what is there, or may.
bool opens_to_write(std::uint64_t flags) {
  return (flags & O_PATH) == 0 && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL) &&
         ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0);
}

std::int64_t open_file(const CallContext& context, int directory, const Path& path, const Call& call) {
  open_how how = how_to_open(call);
  const std::uint64_t flags = how.flags;
  if (opens_to_write(flags)) {
    const int follow = (flags & O_NOFOLLOW) != 0 ? AT_SYMLINK_NOFOLLOW : 0;
    if (const std::int64_t error = check_running_program(context, directory, path.text, follow); error != 0) {
      return error;
    }
  }
  const SyscallArgs args{static_cast<std::uint64_t>(directory), address_of(path.text), address_of(&how), sizeof(how)};
  if (open_may_block(directory, path, flags)) {
    // Before anybody is woken at the FIFO's other end.
    const std::int64_t error = check_fifo(directory, path, flags);
    return error != 0 ? error : host_syscall_interruptible(context, SYS_openat2, args);
  }
  if (context.may_block() || (flags & (O_PATH | O_NONBLOCK)) != 0) {
    return host_syscall(SYS_openat2, args);
  }
  // The file may have become a FIFO since it was looked at: the service thread must not wait even then.
  how.flags |= O_NONBLOCK;
  const std::int64_t fd = host_syscall(SYS_openat2, args);
  if (fd == -ENXIO || fd == -EWOULDBLOCK) {
    return abi::result_must_exit;
  }
  if (fd >= 0) {
    ::fcntl(static_cast<int>(fd), F_SETFL, static_cast<int>(flags));
  }
  return fd;
}

// Whether a pVM may have this file, judged by the file itself, whatever path led to it.
std::int64_t check_opened(int fd, const struct stat& status, std::uint64_t flags) {
  if (lies_on_procfs(fd, status.st_dev)) {
    return -EACCES;
  }
  const bool writes_fifo = S_ISFIFO(status.st_mode) && (flags & O_PATH) == 0 && (flags & O_ACCMODE) != O_RDONLY;
  return writes_fifo && lies_on_read_only_mount(fd) ? -EROFS : 0;
}

// Segments of guest memory as the host's vector; nothing is copied, the data goes straight there.
class Segments {
 public:
  std::int64_t read(const CallContext& context, std::uint64_t offset, std::uint64_t count, SegmentUse use) {
    if (count > abi::max_segments) {
      return -EINVAL;
    }
    const std::byte* from = buffer_at(context, offset, count * sizeof(abi::Segment));
    if (from == nullptr) {
      return -EFAULT;
    }
    for (std::uint64_t i = 0; i < count; ++i) {
      abi::Segment segment;
      copy_once(&segment, from + i * sizeof(segment), sizeof(segment));
      if (segment.size == 0) {
        continue;
      }
      if (segment.gpa == abi::no_memory) {
        // The host maps nothing in the first page: mmap_min_addr, proc_sys_vm(5).
        vector_[count_++] = {nullptr, std::min<std::uint64_t>(segment.size, abi::page_size)};
        continue;
      }
      std::byte* memory = translate_segment(context, segment, use);
      if (memory == nullptr) {
        return -EFAULT;
      }
      vector_[count_++] = {memory, segment.size};
    }
    return 0;
  }

  [[nodiscard]] std::uint64_t address() const { return address_of(vector_); }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::span<const iovec> all() const { return {vector_, count_}; }

 private:
  std::size_t count_ = 0;
  iovec vector_[abi::max_segments];
};

// preadv2 and pwritev2; a file offset of -1 means the file's own position.
std::int64_t transfer(CallContext& context, Call& call, long number, SegmentUse use) {
  const HandleTable::Stream stream = context.services.handles.get_stream(call.args[0]);
  const HandleTable::File& file = stream.file;
  if (file == nullptr) {
    return -EBADF;
  }
  if (stream.ring != nullptr && !context.may_block() && stream.ring->is_in_guest()) {
    return abi::result_must_exit;  // somebody may have it locked
  }
  const ipc::HostUse host_use(stream.ring);
  Segments segments;
  if (const std::int64_t error = segments.read(context, call.args[1], call.args[2], use); error != 0) {
    return error;
  }
  const SyscallArgs args{static_cast<std::uint64_t>(file->get()),
                         segments.address(),
                         segments.count(),
                         call.args[3],
                         0 /* upper half of the offset, unused on x86-64 */,
                         call.args[4]};
  struct stat status {};
  if (::fstat(file->get(), &status) == 0 && never_blocks(status)) {
    // Writing takes such a bit off, unless one may do it all the same: that depends on who writes.
    const bool depends = use == SegmentUse::Source && (status.st_mode & (S_ISUID | S_ISGID)) != 0;
    return depends && !context.may_block() ? abi::result_must_exit : host_syscall(number, args);
  }
  if (use == SegmentUse::Destination ? reads_in_background(context, file->get(), status)
                                     : call.args[5] == 0 && writes_in_background(context, file->get(), status)) {
    return abi::result_background;
  }
  if (segments.count() == 0 && call.args[2] != 0 && (status.st_mode & S_IFMT) == 0) {
    const long plain = use == SegmentUse::Destination ? SYS_read : SYS_write;
    return context.may_block() ? host_syscall_interruptible(context, plain, {args[0], 0, 0}) : abi::result_must_exit;
  }
  // EAGAIN: would block, or the file is non-blocking; EOPNOTSUPP: the host cannot tell. By an exit it will be seen.
  SyscallArgs at_once = args;
  at_once[5] |= RWF_NOWAIT;
  const auto wait = [&] {
    if (context.may_block()) {
      return host_syscall_interruptible(context, number, args);
    }
    const std::int64_t result = host_syscall(number, at_once);
    return result == -EAGAIN || result == -EOPNOTSUPP ? abi::result_must_exit : result;
  };
  if (use == SegmentUse::Destination) {
    return wait();
  }
  if (is_held_back(context, file)) {
    return -EAGAIN;
  }
  const std::int64_t result = noted_send(
      context, file->get(), [&] { return host_syscall(number, at_once); }, wait);
  note_room(context, file, result, segments.all());
  return result;
}

}  // namespace

std::int64_t serve_open(CallContext& context, Call& call) {
  Path path;
  if (const std::int64_t error = copy_path(context, call.args[1], path); error != 0) {
    return error;
  }
  HandleTable::File directory;
  if (!is_no_directory(call.args[0])) {
    directory = context.services.handles.get(call.args[0]);
  }
  if (directory == nullptr && !path.is_absolute()) {
    return -EBADF;
  }
  const std::int64_t fd = open_file(context, directory == nullptr ? AT_FDCWD : directory->get(), path, call);
  if (fd < 0) {
    return fd;
  }
  UniqueFd file(static_cast<int>(fd));
  struct stat status {};
  ::fstat(file.get(), &status);
  if (const std::int64_t error = check_opened(file.get(), status, call.args[2]); error != 0) {
    return error;
  }
  if (call.args[5] != 0 && !copy_out(context, call.args[5], status)) {
    return -EFAULT;
  }
  describe(status, call);
  return add_handle(context, file.release());
}

// By the link to the hypervisor's own descriptor, whose mount may be one that the view has not, or has read-only: so
// the new description can do no more than the old one.
std::int64_t serve_open_again(CallContext& context, Call& call) {
  const HandleTable::File file = context.services.handles.get(call.args[0]);
  struct stat status {};
  if (file == nullptr || ::fstat(file->get(), &status) != 0) {
    return -EBADF;
  }
  if (!S_ISREG(status.st_mode)) {
    return -EINVAL;
  }
  if (!context.may_block()) {
    return abi::result_must_exit;  // for somebody's lease
  }
  constexpr std::uint64_t kept =
      O_ACCMODE | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC | O_DIRECT | O_NOATIME | O_DIRECTORY;
  const std::uint64_t flags = call.args[1] & ((call.args[1] & O_PATH) != 0 ? O_PATH | O_DIRECTORY : kept);
  if ((flags & O_PATH) == 0) {
    const int held = ::fcntl(file->get(), F_GETFL);
    const bool reads = (flags & O_ACCMODE) != O_WRONLY;
    const bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0;
    if (held < 0 || (held & O_PATH) != 0 || (reads && (held & O_ACCMODE) == O_WRONLY) ||
        (writes && (held & O_ACCMODE) == O_RDONLY)) {
      return -EACCES;
    }
  }
  const UniqueFd links = open_descriptor_links(context);
  if (!links) {
    return -EACCES;
  }
  const std::string link = std::to_string(file->get());
  if (opens_to_write(flags)) {
    if (const std::int64_t error = check_running_program(context, links.get(), link.c_str(), 0); error != 0) {
      return error;
    }
  }
  const std::int64_t fd = host_syscall(
      SYS_openat, {static_cast<std::uint64_t>(links.get()), address_of(link.c_str()), flags | O_CLOEXEC | O_NOCTTY});
  if (fd < 0) {
    return fd;
  }
  describe(status, call);
  return add_handle(context, static_cast<int>(fd));
}

std::int64_t serve_open_device(CallContext& context, Call& call) {
  static constexpr const char* names[] = {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts/"};
  static_assert(std::size(names) == static_cast<std::size_t>(abi::DeviceName::Last));
  if (call.args[0] >= std::size(names) || context.services.sandbox == nullptr) {
    return -ENOENT;
  }
  std::string name = names[call.args[0]];
  if (static_cast<abi::DeviceName>(call.args[0]) == abi::DeviceName::Pts) {
    name += std::to_string(static_cast<std::uint32_t>(call.args[2]));
  }
  const bool takes =
      static_cast<abi::DeviceName>(call.args[0]) == abi::DeviceName::Pts && takes_by_opening(context, call.args[1]);
  if (takes && !context.may_block()) {
    return abi::result_must_exit;
  }
  const int flags = static_cast<int>(call.args[1] & ~std::uint64_t{O_CREAT});
  auto device = static_cast<abi::DeviceName>(call.args[0]) == abi::DeviceName::Tty
                    ? open_own_terminal(context, flags)
                    : context.services.sandbox->open_device(name, flags);
  if (!device) {
    return device.error().errno_value != 0 ? -device.error().errno_value : -ENXIO;
  }
  struct stat status {};
  ::fstat(device->get(), &status);
  describe(status, call);
  if (takes) {
    take_by_opening(context, device->get());
  }
  return add_handle(context, device->release());
}

// Only if nobody has a file open for writing the host gives a lease for reading (fcntl(2)). It does so to the file's
// owner: of the files of others nothing is known.
std::int64_t serve_check_program(CallContext& context, Call& call) {
  const HandleTable::File file = context.services.handles.get(call.args[0]);
  if (file == nullptr) {
    return -EBADF;
  }
  // Whoever opens the file right now waits until the lease is given back. Of that a signal tells, which is ignored.
  if (::fcntl(file->get(), F_SETSIG, SIGCHLD) != 0) {
    return 0;
  }
  if (::fcntl(file->get(), F_SETLEASE, F_RDLCK) != 0) {
    return errno == EAGAIN ? -ETXTBSY : 0;
  }
  ::fcntl(file->get(), F_SETLEASE, F_UNLCK);
  return 0;
}

std::int64_t serve_close(CallContext& context, Call& call) {
  if (FamilyIpc* const ipc = context.services.ipc; ipc != nullptr && ipc->notifications.any()) {
    ipc->notifications.closing(process_id(context), context.services.handles.get(call.args[0]));
  }
  if (context.services.epoll_targets != nullptr) {
    context.services.epoll_targets->forget(call.args[0]);
  }
  return context.services.handles.remove(call.args[0]) ? 0 : -EBADF;
}

std::int64_t serve_read(CallContext& context, Call& call) {
  return transfer(context, call, SYS_preadv2, SegmentUse::Destination);
}
std::int64_t serve_write(CallContext& context, Call& call) {
  return transfer(context, call, SYS_pwritev2, SegmentUse::Source);
}

std::int64_t serve_sendfile(CallContext& context, Call& call) {
  const HandleTable::File out = context.services.handles.get(call.args[0]);
  const HandleTable::File in = context.services.handles.get(call.args[1]);
  if (out == nullptr || in == nullptr) {
    return -EBADF;
  }
  if (is_held_back(context, out)) {
    return -EAGAIN;
  }
  auto offset = static_cast<off_t>(call.args[2]);
  const bool from_position = call.args[2] == null_offset;
  const SyscallArgs args{static_cast<std::uint64_t>(out->get()), static_cast<std::uint64_t>(in->get()),
                         from_position ? 0 : address_of(&offset), call.args[3]};
  const std::int64_t result = noted_send(
      context, out->get(), [] { return -EAGAIN; },
      [&] { return host_syscall_interruptible(context, SYS_sendfile, args); });
  call.extra[0] = static_cast<std::uint64_t>(offset);
  return result;
}

std::int64_t serve_mem_file(CallContext& context, Call& call) {
  char name[128];
  if (const std::int64_t error = copy_string(context, call.args[2], name, sizeof(name)); error != 0) {
    return error;
  }
  const std::byte* content = buffer_at(context, call.args[0], call.args[1]);
  if (content == nullptr) {
    return -EFAULT;
  }
  UniqueFd file(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) {
    return -errno;
  }
  for (std::uint64_t written = 0; written < call.args[1];) {
    const ssize_t part = ::pwrite(file.get(), content + written, call.args[1] - written, static_cast<off_t>(written));
    if (part < 0) {
      return -errno;
    }
    written += static_cast<std::uint64_t>(part);
  }
  if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
    return -errno;
  }
  return add_handle(context, file.release());
}

}  // namespace kx::hv
