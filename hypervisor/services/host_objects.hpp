// What of the host's a pVM may talk to through the file system: nothing that lies on a read-only mount.
//
// Linux lets anyone with the permission connect to a socket, or write to a FIFO, on a read-only mount. In a view that
// would be a way to ask the host's services (D-Bus, a container engine) for what the view withholds.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "hypervisor/services/call_support.hpp"

namespace kx::hv {

// A procfs: no file of one is ever given to a pVM. `device` is the file's st_dev.
bool lies_on_procfs(int fd, dev_t device);

bool is_unix_socket(int fd);

// Whether the mount through which `fd` (O_PATH too) was opened is read-only.
bool lies_on_read_only_mount(int fd);

// The links to this process's descriptors, a directory (O_PATH).
UniqueFd open_descriptor_links(const CallContext& context);

// ETXTBSY if `path` names a file that the family runs as a program and that could be written to otherwise; else why it
// could not, or 0. `flags`: of fstatat(2).
std::int64_t check_running_program(const CallContext& context, int directory, const char* path, int flags);

// EROFS if opening `path` with `flags` would write to a FIFO on a read-only mount, otherwise 0.
std::int64_t check_fifo(int directory, const Path& path, std::uint64_t flags);

// An address for connect(2) or sendmsg(2), checked. A pathname of a UNIX socket is replaced by a link to the very
// socket that was checked: the guest may redirect a symbolic link meanwhile.
class CheckedAddress {
 public:
  // `address` is private memory of `capacity` bytes, `size` of them from the guest; both may be changed. A relative
  // pathname starts at the directory behind handle `directory`. The object must outlive the host call.
  // EACCES: a socket on a read-only mount. ECONNREFUSED: an abstract name that is none of the family's.
  std::int64_t check(const CallContext& context, std::byte* address, std::uint32_t& size, std::uint32_t capacity,
                     std::uint64_t directory);
  // The socket's file; -1: it is none of the file system.
  [[nodiscard]] int socket() const { return socket_.get(); }
  // It is a UNIX socket of the family's, of the file system or not.
  [[nodiscard]] bool is_named() const { return abstract_ || socket_.is_open(); }

 private:
  UniqueFd socket_;
  bool abstract_ = false;
};

bool is_relative_unix_address(const std::byte* address, std::uint64_t size);

}  // namespace kx::hv
