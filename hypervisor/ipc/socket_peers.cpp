#include "hypervisor/ipc/socket_peers.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "hypervisor/ipc/socket_diag.hpp"

namespace kx::hv::ipc {

namespace {

// Numbers that are never used again.
std::uint64_t cookie_of(int fd) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  return ::getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0 ? cookie : 0;
}

int option(int fd, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : 0;
}

bool is_unix_socket(int fd) {
  return option(fd, SO_DOMAIN) == AF_UNIX;
}

std::uint64_t inode_of(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? status.st_ino : 0;
}

std::uint64_t file_key(std::uint64_t device, std::uint64_t inode) {
  return device * 0x9e37'79b9'7f4a'7c15 ^ (inode & UINT32_MAX);  // sock_diag tells 32 bits
}

}  // namespace

void SocketPeers::paired(int fd, pid_t pid) {
  const std::uint64_t cookie = cookie_of(fd);
  const std::lock_guard lock(mutex_);
  peers_[cookie] = pid;
}

void SocketPeers::listens(int fd, pid_t pid) {
  if (!is_unix_socket(fd)) {
    return;
  }
  const SocketFacts facts = socket_facts(inode_of(fd));
  paired(fd, pid);
  const std::lock_guard lock(mutex_);
  if (facts.file_inode != 0) {
    listeners_[file_key(facts.file_device, facts.file_inode)] = pid;
  }
}

void SocketPeers::connects(int fd, pid_t pid) {
  const std::uint64_t inode = inode_of(fd);
  const std::lock_guard lock(mutex_);
  connectors_[inode] = pid;
}

void SocketPeers::connected(int fd, int file) {
  struct stat status {};
  if (::fstat(file, &status) != 0) {
    return;
  }
  const std::uint64_t cookie = cookie_of(fd);
  const std::lock_guard lock(mutex_);
  const pid_t* listener = listeners_.find(file_key(status.st_dev, status.st_ino));
  peers_[cookie] = listener != nullptr ? *listener : 0;
}

void SocketPeers::accepted(int fd) {
  if (!is_unix_socket(fd)) {
    return;
  }
  const std::uint64_t connector = socket_facts(inode_of(fd)).peer_inode;
  const std::uint64_t cookie = cookie_of(fd);
  const std::lock_guard lock(mutex_);
  const pid_t* pid = connector != 0 ? connectors_.find(connector) : nullptr;
  peers_[cookie] = pid != nullptr ? *pid : 0;
}

pid_t SocketPeers::peer(int fd) {
  const std::uint64_t cookie = cookie_of(fd);
  const std::lock_guard lock(mutex_);
  const pid_t* pid = peers_.find(cookie);
  return pid != nullptr ? *pid : 0;
}

bool SocketPeers::notes(int fd) const {
  return watches_senders() && is_unix_socket(fd);
}

std::int64_t SocketPeers::send_at_once(int fd, pid_t pid, const std::function<std::int64_t()>& send) {
  const std::uint64_t inode = inode_of(fd);
  const std::lock_guard alone(sending_);
  Sender before;
  {
    const std::lock_guard lock(mutex_);
    before = senders_[inode];
  }
  begin_send(fd, inode, pid);
  const std::int64_t result = send();
  end_send(inode);
  if (result < 0) {
    const std::lock_guard lock(mutex_);
    Sender& sender = senders_[inode];
    before.under_way = sender.under_way;
    sender = before;
  }
  return result;
}

SocketPeers::Sending::Sending(SocketPeers& peers, int fd, pid_t pid) : peers_(peers), inode_(inode_of(fd)) {
  const std::lock_guard alone(peers_.sending_);
  peers_.begin_send(fd, inode_, pid);
}

SocketPeers::Sending::~Sending() {
  peers_.end_send(inode_);
}

void SocketPeers::begin_send(int fd, std::uint64_t inode, pid_t pid) {
  int unread = 1;
  ::ioctl(fd, TIOCOUTQ, &unread);  // SIOCOUTQ of unix(7)
  const std::lock_guard lock(mutex_);
  Sender& sender = senders_[inode];
  const bool begins = unread == 0 && sender.under_way == 0;
  ++sender.under_way;
  sender.batches += begins ? 1 : 0;
  if (sender.pid != pid) {
    sender.pid = begins ? pid : 0;
    sender.changed_at = sender.batches;
  }
}

void SocketPeers::end_send(std::uint64_t inode) {
  const std::lock_guard lock(mutex_);
  Sender& sender = senders_[inode];
  sender.under_way -= sender.under_way != 0 ? 1 : 0;  // it may have been forgotten meanwhile
}

SocketPeers::Receiving SocketPeers::receiving(int fd) {
  Receiving before;
  if (!watches_senders() || !is_unix_socket(fd) || option(fd, SO_PASSCRED) == 0) {
    return before;
  }
  before.peer_inode = socket_facts(inode_of(fd)).peer_inode;
  const std::lock_guard alone(sending_);
  pollfd readable{fd, POLLIN, 0};
  const bool has_data = ::poll(&readable, 1, 0) > 0;
  const std::lock_guard lock(mutex_);
  if (const Sender* sender = senders_.find(before.peer_inode); sender != nullptr) {
    before.batches = sender->batches;
    before.under_way = sender->under_way != 0;
    if (has_data) {
      before.sender = sender->pid;
    }
  }
  return before;
}

pid_t SocketPeers::sender(const Receiving& before) {
  const std::lock_guard lock(mutex_);
  const Sender* now = before.peer_inode != 0 ? senders_.find(before.peer_inode) : nullptr;
  if (now == nullptr) {
    return 0;
  }
  if (before.sender) {
    return *before.sender;
  }
  // It came while the receiver waited: of the one batch since, or of whoever sends all the time.
  const bool of_one_batch = !before.under_way && now->batches == before.batches + 1;
  return now->changed_at <= before.batches || of_one_batch ? now->pid : 0;
}

}  // namespace kx::hv::ipc
