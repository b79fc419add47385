#include "hypervisor/unique_fd.hpp"

#include <cerrno>

namespace kx::hv {

void UniqueFd::reset(int fd) {
  const int old = std::exchange(fd_, fd);
  if (old >= 0 && old != fd) {
    const int saved_errno = errno;
    // close(2): Linux releases the descriptor even when it reports EINTR; retrying would close someone else's.
    ::close(old);
    errno = saved_errno;
  }
}

}  // namespace kx::hv
