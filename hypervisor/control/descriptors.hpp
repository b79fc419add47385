// Descriptors that go along with a message of a control socket (unix(7), SCM_RIGHTS).
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <span>
#include <vector>

#include "hypervisor/unique_fd.hpp"

namespace kx::hv::control {

inline constexpr std::size_t most_descriptors = 4;

struct DescriptorSpace {
  alignas(cmsghdr) char bytes[CMSG_SPACE(most_descriptors * sizeof(int))] = {};
};

// For sendmsg(2). `space` is to live as long as the message.
void attach(msghdr& message, DescriptorSpace& space, std::span<const int> descriptors);

// What came along by recvmsg(2), whose space for it was a DescriptorSpace.
std::vector<UniqueFd> take_descriptors(msghdr& message);

}  // namespace kx::hv::control
