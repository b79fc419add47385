// What passed-through calls need for sockets: addresses, and who of the family is behind one.
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "hypervisor/ipc/socket_peers.hpp"
#include "hypervisor/services/epoll_targets.hpp"
#include "hypervisor/services/passthrough.hpp"
#include "hypervisor/services/socket_addresses.hpp"

namespace kx::hv {

namespace {

int option_of(int fd, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

}  // namespace

// The name that bind(2) gives: a file of the view, an abstract one of the family's, or none yet.
std::int64_t Passthrough::check_name(std::byte* address, std::uint32_t& size) {
  if (is_abstract_address(address, size)) {
    return name_at_host(context_, address, size, NameUse::Bind);
  }
  sa_family_t family = AF_UNSPEC;
  std::memcpy(&family, address, std::min<std::size_t>(size, sizeof family));
  if (size == sizeof family && family == AF_UNIX) {
    return choose_name(context_, files_[0]->get(), address, size);
  }
  return is_relative_unix_address(address, size) ? enter_directory(context_, call_.extra[0]) : 0;
}

// The host tells an address in private memory, to be translated before the program sees it.
void Passthrough::take_address() {
  const bool tells =
      shape_.number == SYS_getsockname || shape_.number == SYS_getpeername || shape_.number == SYS_accept4;
  if (tells && host_[1] != 0 && private_[2] != nullptr) {
    constexpr std::uint32_t capacity = sizeof(sockaddr_storage);
    std::memcpy(&told_capacity_, private_[2], sizeof told_capacity_);
    std::memcpy(private_[2], &capacity, sizeof capacity);
    told_address_ = scratch_.take(capacity);
    host_[1] = address_of(told_address_);
  }
}

void Passthrough::tell_address() {
  if (told_address_ == nullptr) {
    return;
  }
  std::uint32_t size = 0;
  std::memcpy(&size, private_[2], sizeof size);
  size = name_of_family(context_, told_address_, size);
  std::memcpy(private_[2], &size, sizeof size);
  constexpr std::uint32_t most = sizeof(sockaddr_storage);
  std::memcpy(context_.buffer.data() + call_.args[1], told_address_, std::min({size, told_capacity_, most}));
}

// A UNIX-domain address may be a relative path (extra[0] says relative to what), and may name what is not the pVM's.
std::int64_t Passthrough::check_address() {
  const bool has_address = shape_.number == SYS_bind || shape_.number == SYS_connect;
  if (!has_address || !is_unix_socket(files_[0]->get())) {
    return 0;
  }
  // The link that replaces a pathname may be longer than a short one.
  constexpr std::uint32_t capacity = sizeof(sockaddr_storage);
  auto size = static_cast<std::uint32_t>(call_.args[2]);
  if (size > capacity) {
    return -EINVAL;
  }
  std::byte* address = scratch_.take(capacity);
  std::memcpy(address, private_[1], size);
  const std::int64_t error = shape_.number == SYS_bind
                                 ? check_name(address, size)
                                 : checked_address_.check(context_, address, size, capacity, call_.extra[0]);
  host_[1] = address_of(address);
  host_[2] = size;
  return error;
}

// Who of the family connects: whoever accepts may ask at once.
void Passthrough::note_request() const {
  ipc::SocketPeers* peers = socket_peers(context_);
  if (peers == nullptr) {
    return;
  }
  int value = 0;
  if (shape_.number == SYS_connect && checked_address_.is_named()) {
    peers->connects(files_[0]->get(), process_id(context_));
  } else if (shape_.number == SYS_setsockopt && int_arg(1) == SOL_SOCKET && int_arg(2) == SO_PASSCRED &&
             private_[3] != nullptr && call_.args[4] >= sizeof value) {
    std::memcpy(&value, private_[3], sizeof value);
    if (value != 0) {
      peers->watch_senders();
    }
  }
}

void Passthrough::note_result(std::int64_t result) const {
  ipc::SocketPeers* peers = socket_peers(context_);
  switch (shape_.number) {
    case SYS_listen:
      if (peers != nullptr) {
        peers->listens(files_[0]->get(), process_id(context_));
      }
      break;
    case SYS_connect:
      if (peers != nullptr && checked_address_.socket() >= 0) {
        peers->connected(files_[0]->get(), checked_address_.socket());
      }
      break;
    case SYS_epoll_ctl:
      note_target();
      break;
    case SYS_setsockopt:
      if (int_arg(1) == SOL_SOCKET && int_arg(2) == SO_PEEK_OFF) {
        context_.services.handles.mark_passed_on(call_.args[0]);
      }
      break;
    case SYS_accept4:
      if (peers != nullptr) {
        peers->accepted(static_cast<int>(result));
      }
      break;
    case SYS_getsockopt:
      if (int_arg(1) == SOL_SOCKET && int_arg(2) == SO_PEERCRED) {
        std::uint32_t length;
        std::memcpy(&length, private_[4], sizeof(length));
        name_family_pid(context_.buffer.data() + call_.args[3], length,
                        peers != nullptr ? peers->peer(files_[0]->get()) : 0);
      }
      break;
    default:
      break;
  }
}

// A connection of TCP that was accepted: what it receives may be read ahead, unless looking at it changes what the
// program sees when it looks.
void Passthrough::note_handle(std::int64_t handle) const {
  if (shape_.number != SYS_accept4 || handle < 0) {
    return;
  }
  const auto number = static_cast<std::uint64_t>(handle);
  const HandleTable::File file = context_.services.handles.get(number);
  if (file != nullptr && option_of(file->get(), SO_PROTOCOL) == IPPROTO_TCP &&
      option_of(file->get(), SO_PEEK_OFF) < 0) {
    context_.services.handles.mark_accepted(number);
  }
}

// Which of them an epoll tells of, and how.
void Passthrough::note_target() const {
  EpollTargets* const targets = context_.services.epoll_targets;
  if (targets == nullptr || context_.services.handles.get_accepted(call_.args[2]) == nullptr) {
    return;
  }
  if (int_arg(1) == EPOLL_CTL_DEL) {
    targets->remove(call_.args[0], call_.args[2]);
  } else if (private_[3] != nullptr) {
    epoll_event event;
    std::memcpy(&event, private_[3], sizeof event);
    targets->set(call_.args[0], call_.args[2], event.data.u64);
  }
}

}  // namespace kx::hv
