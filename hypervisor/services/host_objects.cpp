#include "hypervisor/services/host_objects.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "hypervisor/boot/sandbox.hpp"
#include "hypervisor/process/program_files.hpp"
#include "hypervisor/services/socket_addresses.hpp"

namespace kx::hv {

namespace {

constexpr std::size_t path_begin = offsetof(sockaddr_un, sun_path);

}  // namespace

// Looked up anew each time, as few programs connect often by name.
UniqueFd open_descriptor_links(const CallContext& context) {
  constexpr int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  const Sandbox* sandbox = context.services.sandbox;
  return UniqueFd(sandbox == nullptr ? ::open("/proc/self/fd", flags) : ::openat(sandbox->proc_fd(), "self/fd", flags));
}

bool is_unix_socket(int fd) {
  int domain = 0;
  socklen_t size = sizeof domain;
  return ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

bool lies_on_procfs(int fd, dev_t device) {
  // File systems without a block device have major number 0; for the others there is no need to ask.
  struct statfs status {};
  return major(device) == 0 && (::fstatfs(fd, &status) != 0 || status.f_type == PROC_SUPER_MAGIC);
}

bool lies_on_read_only_mount(int fd) {
  struct statfs status {};
  return ::fstatfs(fd, &status) != 0 || (static_cast<unsigned long>(status.f_flags) & ST_RDONLY) != 0;
}

std::int64_t check_running_program(const CallContext& context, int directory, const char* path, int flags) {
  ProgramFiles* const programs = context.services.programs;
  struct stat status {};
  if (programs == nullptr || ::fstatat(directory, path, &status, flags) != 0 || !S_ISREG(status.st_mode) ||
      !programs->is_running(status.st_dev, status.st_ino)) {
    return 0;
  }
  const std::int64_t error =
      host_syscall(SYS_faccessat2, {static_cast<std::uint64_t>(directory), address_of(path), W_OK, AT_EACCESS});
  return error != 0 ? error : -ETXTBSY;
}

std::int64_t check_fifo(int directory, const Path& path, std::uint64_t flags) {
  if ((flags & O_PATH) != 0 || (flags & O_ACCMODE) == O_RDONLY) {
    return 0;
  }
  const int follow = (flags & O_NOFOLLOW) != 0 ? O_NOFOLLOW : 0;
  const UniqueFd file(::openat(directory, path.text, O_PATH | O_CLOEXEC | follow));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISFIFO(status.st_mode)) {
    return 0;
  }
  return lies_on_read_only_mount(file.get()) ? -EROFS : 0;
}

std::int64_t CheckedAddress::check(const CallContext& context, std::byte* address, std::uint32_t& size,
                                   std::uint32_t capacity, std::uint64_t directory) {
  if (!is_unix_address(address, size)) {
    return 0;
  }
  if (size > sizeof(sockaddr_un)) {
    return -EINVAL;
  }
  if (is_abstract_address(address, size)) {
    abstract_ = true;
    return name_at_host(context, address, size, NameUse::Reach);
  }
  char path[sizeof(sockaddr_un) - path_begin + 1] = {};
  std::memcpy(path, address + path_begin, size - path_begin);
  if (path[0] != '/') {
    if (const std::int64_t error = enter_directory(context, directory); error != 0) {
      return error;
    }
  }
  socket_ = UniqueFd(::open(path, O_PATH | O_CLOEXEC));
  if (!socket_) {
    return -errno;
  }
  // What is no socket the kernel refuses itself, with the error that it has for that wherever the file lies.
  struct stat status {};
  if ((::fstat(socket_.get(), &status) != 0 || S_ISSOCK(status.st_mode)) && lies_on_read_only_mount(socket_.get())) {
    return -EACCES;
  }
  const UniqueFd links = open_descriptor_links(context);
  if (!links) {
    return -EACCES;
  }
  if (const std::int64_t error = enter_directory(links.get()); error != 0) {
    return error;
  }
  const int length = std::snprintf(path, sizeof(path), "%d", socket_.get());
  size = static_cast<std::uint32_t>(path_begin) + static_cast<std::uint32_t>(length) + 1;
  if (size > capacity) {
    return -EINVAL;
  }
  std::memcpy(address + path_begin, path, static_cast<std::size_t>(length) + 1);
  return 0;
}

bool is_relative_unix_address(const std::byte* address, std::uint64_t size) {
  return is_unix_address(address, size) && !is_abstract_address(address, size) && address[path_begin] != std::byte{'/'};
}

}  // namespace kx::hv
