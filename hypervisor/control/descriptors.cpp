#include "hypervisor/control/descriptors.hpp"

#include <algorithm>
#include <cstring>

namespace kx::hv::control {

void attach(msghdr& message, DescriptorSpace& space, std::span<const int> descriptors) {
  if (descriptors.empty()) {
    return;
  }
  message.msg_control = space.bytes;
  message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
  cmsghdr* const rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
}

std::vector<UniqueFd> take_descriptors(msghdr& message) {
  std::vector<UniqueFd> taken;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) {
      continue;
    }
    int fds[most_descriptors];
    const std::size_t count = std::min((part->cmsg_len - CMSG_LEN(0)) / sizeof(int), most_descriptors);
    std::memcpy(fds, CMSG_DATA(part), count * sizeof(int));
    for (std::size_t i = 0; i < count; ++i) {
      taken.emplace_back(fds[i]);
    }
  }
  return taken;
}

}  // namespace kx::hv::control
