// What tests with mount namespaces must know of the machine.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

namespace kx::hv {

// False in a chroot into a plain directory: the mount it lies in cannot be named there, so neither can its propagation
// be changed (mount(2), EINVAL).
inline bool root_is_a_mount() {
  struct statx status {};
  return ::statx(AT_FDCWD, "/", 0, 0, &status) == 0 && (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

}  // namespace kx::hv
