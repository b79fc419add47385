// What the host's kernel tells of a UNIX socket beside its options (sock_diag(7)).
#pragma once

#include <cstdint>

namespace kx::hv::ipc {

struct SocketFacts {
  std::uint64_t peer_inode = 0;   // of the socket at the other end; 0: none, or it has been closed
  std::uint64_t file_device = 0;  // of the file it is bound to; 0: none
  std::uint64_t file_inode = 0;
};

// Without facts if the kernel has no sock_diag.
SocketFacts socket_facts(std::uint64_t inode);

}  // namespace kx::hv::ipc
