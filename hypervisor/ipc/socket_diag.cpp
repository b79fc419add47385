#include "hypervisor/ipc/socket_diag.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>

#include <array>
#include <cstddef>
#include <cstring>

#include "hypervisor/unique_fd.hpp"

namespace kx::hv::ipc {

namespace {

constexpr std::size_t answer_limit = 1024;

// Reads the attributes behind the message's head.
SocketFacts parse(const std::byte* text, std::size_t size) {
  SocketFacts facts;
  nlmsghdr head;
  if (size < NLMSG_LENGTH(sizeof(unix_diag_msg))) {
    return facts;
  }
  std::memcpy(&head, text, sizeof head);
  if (head.nlmsg_type != SOCK_DIAG_BY_FAMILY || head.nlmsg_len > size) {
    return facts;
  }
  for (std::size_t at = NLMSG_SPACE(sizeof(unix_diag_msg)); at + sizeof(rtattr) <= head.nlmsg_len;) {
    rtattr attribute;
    std::memcpy(&attribute, text + at, sizeof attribute);
    if (attribute.rta_len < sizeof attribute || attribute.rta_len > head.nlmsg_len - at) {
      break;
    }
    const std::byte* data = text + at + sizeof attribute;
    const std::size_t data_size = attribute.rta_len - sizeof attribute;
    std::uint32_t peer;
    unix_diag_vfs file;
    if (attribute.rta_type == UNIX_DIAG_PEER && data_size >= sizeof peer) {
      std::memcpy(&peer, data, sizeof peer);
      facts.peer_inode = peer;
    } else if (attribute.rta_type == UNIX_DIAG_VFS && data_size >= sizeof file) {
      std::memcpy(&file, data, sizeof file);
      facts.file_inode = file.udiag_vfs_ino;
      constexpr std::uint32_t minor_bits = 20;  // of the kernel's own dev_t
      facts.file_device = makedev(file.udiag_vfs_dev >> minor_bits, file.udiag_vfs_dev & ((1u << minor_bits) - 1));
    }
    at += RTA_ALIGN(attribute.rta_len);
  }
  return facts;
}

}  // namespace

SocketFacts socket_facts(std::uint64_t inode) {
  const UniqueFd netlink(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  struct {
    nlmsghdr head;
    unix_diag_req request;
  } question{};
  question.head.nlmsg_len = sizeof question;
  question.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.head.nlmsg_flags = NLM_F_REQUEST;
  question.request.sdiag_family = AF_UNIX;
  question.request.udiag_states = ~0u;
  question.request.udiag_ino = static_cast<std::uint32_t>(inode);
  question.request.udiag_show = UDIAG_SHOW_PEER | UDIAG_SHOW_VFS;
  question.request.udiag_cookie[0] = question.request.udiag_cookie[1] = ~0u;
  std::array<std::byte, answer_limit> answer;
  iovec part{&question, sizeof question};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!netlink || ::sendmsg(netlink.get(), &message, 0) < 0) {
    return {};
  }
  part = {answer.data(), answer.size()};
  const ssize_t size = ::recvmsg(netlink.get(), &message, MSG_DONTWAIT);  // the answer is there: it is made by the send
  return size < 0 ? SocketFacts{} : parse(answer.data(), static_cast<std::size_t>(size));
}

}  // namespace kx::hv::ipc
