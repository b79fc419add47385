// Which sockets and socket options a pVM may use.
//
// An option is passed through only when it is listed: some carry pointers (SO_ATTACH_FILTER, TCP_ZEROCOPY_RECEIVE) or
// descriptors (SO_PEERPIDFD, SO_ATTACH_BPF), which would let a guest read, write or reach things of the hypervisor.
#pragma once

namespace kx::hv {

bool socket_allowed(int domain, int type, int protocol);
bool socket_option_allowed(int level, int name);
// Whether any option of this level is allowed.
bool is_socket_level(int level);

}  // namespace kx::hv
