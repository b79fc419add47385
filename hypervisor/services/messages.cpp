// Host calls sendmsg and recvmsg: names, data segments, and control messages whose descriptors become handles.
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "hypervisor/ipc/socket_peers.hpp"
#include "hypervisor/process/process_watches.hpp"
#include "hypervisor/services/call_support.hpp"
#include "hypervisor/services/host_objects.hpp"
#include "hypervisor/services/socket_addresses.hpp"

namespace kx::hv {

namespace {

constexpr std::size_t control_limit = 4096;
constexpr int scm_pidfd = 4;

// A message in the making: everything that the host's msghdr points to.
struct Message {
  abi::MessageHeader header;
  HandleTable::File file;
  sockaddr_storage name{};
  CheckedAddress checked_name;
  iovec vector[abi::max_segments];
  alignas(cmsghdr) std::byte control[control_limit]{};
  std::vector<HandleTable::File> sent;  // held open until the message is out
  msghdr host{};

  std::int64_t read(const CallContext& context, const Call& call, SegmentUse use);
  std::int64_t read_name(const CallContext& context, const Call& call);
  std::int64_t read_control(const CallContext& context);
  std::int64_t translate_sent(const CallContext& context, cmsghdr& part);
};

std::int64_t Message::read(const CallContext& context, const Call& call, SegmentUse use) {
  file = context.services.handles.get(call.args[0]);
  if (file == nullptr) {
    return -EBADF;
  }
  if (!copy_in(context, call.args[1], header)) {
    return -EFAULT;
  }
  const std::uint64_t count = call.args[2];
  if (count > abi::max_segments) {
    return -EMSGSIZE;
  }
  const std::byte* from = buffer_at(context, header.segment_offset, count * sizeof(abi::Segment));
  if (from == nullptr) {
    return -EFAULT;
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    abi::Segment segment;
    copy_once(&segment, from + i * sizeof(segment), sizeof(segment));
    if (segment.size == 0) {
      continue;
    }
    std::byte* memory = translate_segment(context, segment, use);
    if (memory == nullptr) {
      return -EFAULT;
    }
    vector[host.msg_iovlen++] = {memory, segment.size};
  }
  host.msg_iov = vector;
  if (buffer_at(context, header.name_offset, header.name_size) == nullptr ||
      buffer_at(context, header.control_offset, header.control_size) == nullptr) {
    return -EFAULT;
  }
  return 0;
}

std::int64_t Message::read_name(const CallContext& context, const Call& call) {
  if (header.name_size == 0) {
    return 0;
  }
  if (header.name_size > sizeof(name)) {
    return -EINVAL;
  }
  copy_once(&name, context.buffer.data() + header.name_offset, header.name_size);
  host.msg_name = &name;
  host.msg_namelen = header.name_size;
  if (!is_unix_socket(file->get())) {
    return 0;
  }
  auto* bytes = reinterpret_cast<std::byte*>(&name);  // SAFETY: private memory seen as bytes
  return checked_name.check(context, bytes, host.msg_namelen, sizeof(name), call.extra[0]);
}

// unix(7): the sender's number has to be its own, as of whoever lacks CAP_SYS_ADMIN; to the host it is kx's. The host
// judges user and group.
std::int64_t translate_credentials(const CallContext& context, std::byte* data) {
  ucred given;
  std::memcpy(&given, data, sizeof(given));
  if (given.pid != process_id(context)) {
    return -EPERM;
  }
  given.pid = ::getpid();
  std::memcpy(data, &given, sizeof(given));
  if (ipc::SocketPeers* peers = socket_peers(context); peers != nullptr) {
    peers->watch_senders();
  }
  return 0;
}

// unix(7): handles become descriptors.
std::int64_t Message::translate_sent(const CallContext& context, cmsghdr& part) {
  std::byte* data = reinterpret_cast<std::byte*>(CMSG_DATA(&part));  // SAFETY: inside `control`, checked by the caller
  const std::size_t size = part.cmsg_len - CMSG_LEN(0);
  if (part.cmsg_level != SOL_SOCKET) {
    return 0;  // the protocol's own, or skipped by it
  }
  if (part.cmsg_type == SCM_CREDENTIALS && size >= sizeof(ucred)) {
    return translate_credentials(context, data);
  }
  if (part.cmsg_type != SCM_RIGHTS) {
    return -EINVAL;
  }
  for (std::size_t at = 0; at + sizeof(std::int32_t) <= size; at += sizeof(std::int32_t)) {
    std::int32_t handle;
    std::memcpy(&handle, data + at, sizeof(handle));
    HandleTable::File passed =
        handle < 0 ? nullptr : context.services.handles.get_to_wait(static_cast<std::uint64_t>(handle));
    if (passed == nullptr) {
      return -EBADF;
    }
    context.services.handles.mark_passed_on(static_cast<std::uint64_t>(handle));
    const int fd = passed->get();
    std::memcpy(data + at, &fd, sizeof(fd));
    sent.push_back(std::move(passed));
  }
  return 0;
}

std::int64_t Message::read_control(const CallContext& context) {
  if (header.control_size == 0) {
    return 0;
  }
  if (header.control_size > control_limit) {
    return -ENOBUFS;
  }
  copy_once(control, context.buffer.data() + header.control_offset, header.control_size);
  host.msg_control = control;
  host.msg_controllen = header.control_size;
  for (std::size_t at = 0; at + sizeof(cmsghdr) <= header.control_size;) {
    auto& part = *reinterpret_cast<cmsghdr*>(control + at);  // SAFETY: aligned, inside `control`
    if (part.cmsg_len < sizeof(cmsghdr) || part.cmsg_len > header.control_size - at) {
      return -EINVAL;
    }
    if (const std::int64_t error = translate_sent(context, part); error != 0) {
      return error;
    }
    at += CMSG_ALIGN(part.cmsg_len);
  }
  return 0;
}

// A descriptor of a relative's that stands for a process goes on standing for it.
std::int64_t add_received(const CallContext& context, int fd) {
  ProcessWatches* watches = context.services.watches;
  return add_handle(context, fd, watches != nullptr ? watches->find(fd) : std::nullopt);
}

// Received descriptors become handles in place; one that finds no room is closed and reported as -1.
void translate_received(const CallContext& context, Message& message, const ipc::SocketPeers::Receiving& before) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message.host); part != nullptr; part = CMSG_NXTHDR(&message.host, part)) {
    if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_CREDENTIALS) {
      ipc::SocketPeers* peers = socket_peers(context);
      const pid_t sender = peers != nullptr ? peers->sender(before) : 0;
      name_family_pid(reinterpret_cast<std::byte*>(CMSG_DATA(part)), part->cmsg_len - CMSG_LEN(0),
                      sender);  // SAFETY: ours
      continue;
    }
    if (part->cmsg_level != SOL_SOCKET || (part->cmsg_type != SCM_RIGHTS && part->cmsg_type != scm_pidfd)) {
      continue;
    }
    const std::size_t size = part->cmsg_len - CMSG_LEN(0);
    for (std::size_t at = 0; at + sizeof(int) <= size; at += sizeof(int)) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(part) + at, sizeof(fd));
      const auto handle = static_cast<std::int32_t>(fd < 0 ? -1 : add_received(context, fd));
      if (handle < 0) {
        message.host.msg_flags |= MSG_CTRUNC;
      }
      std::memcpy(CMSG_DATA(part) + at, &handle, sizeof(handle));
    }
  }
}

// sendmsg or recvmsg: on the service thread only if the socket has room or data right now.
std::int64_t transfer_message(const CallContext& context, long number, Message& message, std::uint64_t flags) {
  SyscallArgs args{static_cast<std::uint64_t>(message.file->get()), address_of(&message.host), flags};
  if (context.may_block()) {
    return host_syscall_interruptible(context, number, args);
  }
  if ((flags & MSG_WAITALL) != 0) {
    return abi::result_must_exit;
  }
  args[2] |= MSG_DONTWAIT;
  const std::int64_t result = host_syscall(number, args);
  return result == -EAGAIN && (flags & MSG_DONTWAIT) == 0 ? abi::result_must_exit : result;
}

}  // namespace

std::int64_t serve_send_message(CallContext& context, Call& call) {
  Message message;
  if (const std::int64_t error = message.read(context, call, SegmentUse::Source); error != 0) {
    return error;
  }
  if (const std::int64_t error = message.read_name(context, call); error != 0) {
    return error;
  }
  if (const std::int64_t error = message.read_control(context); error != 0) {
    return error;
  }
  if (is_held_back(context, message.file)) {
    return -EAGAIN;
  }
  // MSG_NOSIGNAL: the library OS raises SIGPIPE itself.
  const std::uint64_t flags = call.args[3] | MSG_NOSIGNAL;
  const SyscallArgs at_once{static_cast<std::uint64_t>(message.file->get()), address_of(&message.host),
                            flags | MSG_DONTWAIT};
  const std::int64_t result = noted_send(
      context, message.file->get(), [&] { return host_syscall(SYS_sendmsg, at_once); },
      [&] { return transfer_message(context, SYS_sendmsg, message, flags); });
  note_room(context, message.file, result, {message.vector, message.host.msg_iovlen});
  return result;
}

std::int64_t serve_receive_message(CallContext& context, Call& call) {
  Message message;
  if (const std::int64_t error = message.read(context, call, SegmentUse::Destination); error != 0) {
    return error;
  }
  abi::MessageHeader& header = message.header;
  // Also where the program has no room for it: it is told the size (recvfrom(2)).
  message.host.msg_name = &message.name;
  message.host.msg_namelen = sizeof(message.name);
  if (header.control_size != 0) {
    message.host.msg_control = message.control;
    message.host.msg_controllen = std::min<std::size_t>(header.control_size, control_limit);
  }
  ipc::SocketPeers* peers = socket_peers(context);
  const auto before = peers != nullptr && header.control_size != 0 ? peers->receiving(message.file->get())
                                                                   : ipc::SocketPeers::Receiving{};
  const std::int64_t result = transfer_message(context, SYS_recvmsg, message, call.args[3] | MSG_CMSG_CLOEXEC);
  if (result < 0) {
    return result;
  }
  translate_received(context, message, before);
  // SAFETY: private memory seen as bytes
  message.host.msg_namelen =
      name_of_family(context, reinterpret_cast<std::byte*>(&message.name), message.host.msg_namelen);
  const std::size_t name_size = std::min<std::size_t>(message.host.msg_namelen, header.name_size);
  std::memcpy(context.buffer.data() + header.name_offset, &message.name, std::min(name_size, sizeof(message.name)));
  std::memcpy(context.buffer.data() + header.control_offset, message.control, message.host.msg_controllen);
  header.name_size = message.host.msg_namelen;
  header.control_size = static_cast<std::uint32_t>(message.host.msg_controllen);
  header.flags = static_cast<std::uint32_t>(message.host.msg_flags & ~MSG_CMSG_CLOEXEC);
  return copy_out(context, call.args[1], header) ? result : -EFAULT;
}

}  // namespace kx::hv
