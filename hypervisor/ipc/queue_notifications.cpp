#include "hypervisor/ipc/queue_notifications.hpp"

#include <linux/netlink.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace kx::hv::ipc {

namespace {

// The last byte of a cookie that came back (the kernel's ipc/mqueue.c).
constexpr std::byte woken_up{1};

bool key_of(int fd, std::pair<dev_t, ino_t>& key) {
  struct stat status {};
  const bool found = ::fstat(fd, &status) == 0;
  key = {status.st_dev, status.st_ino};
  return found;
}

std::int64_t ask_host(int queue, const sigevent* event) {
  return ::syscall(SYS_mq_notify, queue, event) == 0 ? 0 : -errno;
}

}  // namespace

// Of a registration by a process's own socket it is not known when it has served: another one takes its place.
void QueueNotifications::enter(const Key& key, std::int32_t process, std::uint64_t id, const Signal& signal) {
  Entry& entry = entries_[key];
  entry.process = process;
  entry.id = id;
  entry.signal = signal;
  count_.store(entries_.size(), std::memory_order_release);
}

std::int64_t QueueNotifications::add(std::int32_t process, const File& queue, const Signal& signal) {
  Key key;
  if (!key_of(queue->get(), key)) {
    return -EBADF;
  }
  std::unique_lock lock(mutex_);
  if (!socket_) {
    socket_ = UniqueFd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  }
  if (!socket_) {
    return -errno;
  }
  // What is said of registrations that were taken back must not fill the socket. If it is a message that somebody is
  // just sending, it is not known who.
  const Signals signals = drain(0, 0);
  const std::uint64_t id = ++last_id_;
  Cookie cookie{};
  std::memcpy(cookie.data(), &id, sizeof id);
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD;
  event.sigev_signo = socket_.get();
  event.sigev_value.sival_ptr = cookie.data();
  const std::int64_t result = ask_host(queue->get(), &event);
  if (result == 0) {
    enter(key, process, id, signal);
  }
  lock.unlock();
  post(signals);
  return result;
}

std::int64_t QueueNotifications::add(std::int32_t process, const File& queue,
                                     const std::function<std::int64_t()>& ask) {
  Key key;
  if (!key_of(queue->get(), key)) {
    return -EBADF;
  }
  std::unique_lock lock(mutex_);
  const std::uint64_t id = ++last_id_;
  const bool is_new = !entries_.contains(key);
  if (is_new) {
    enter(key, process, id, {});  // before the host's, so that no closing undoes that one
  }
  lock.unlock();
  const std::int64_t result = ask();
  lock.lock();
  if (result == 0) {
    enter(key, process, id, {});
  } else if (const auto found = entries_.find(key); is_new && found != entries_.end() && found->second.id == id) {
    forget(found);
  }
  return result;
}

void QueueNotifications::forget(std::map<Key, Entry>::iterator entry) {
  entries_.erase(entry);
  count_.store(entries_.size(), std::memory_order_release);
}

std::int64_t QueueNotifications::remove_locked(std::map<Key, Entry>::iterator entry, int fd) {
  const std::int64_t result = ask_host(fd, nullptr);
  forget(entry);
  return result;
}

std::int64_t QueueNotifications::remove(std::int32_t process, const File& queue) {
  Key key;
  if (!key_of(queue->get(), key)) {
    return -EBADF;
  }
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found != entries_.end() && found->second.process == process) {
    return remove_locked(found, queue->get());
  }
  // Not this process's to take back; the host only says whether it is a queue.
  return found == entries_.end() ? ask_host(queue->get(), nullptr) : 0;
}

// With the lock held. The signals that are to be sent, and to whom.
QueueNotifications::Signals QueueNotifications::drain(std::int32_t sender, std::uint32_t uid) {
  Signals signals;
  Cookie cookie;
  while (socket_ &&
         ::recv(socket_.get(), cookie.data(), cookie.size(), MSG_DONTWAIT) == static_cast<ssize_t>(cookie.size())) {
    std::uint64_t id = 0;
    std::memcpy(&id, cookie.data(), sizeof id);
    const auto found =
        std::find_if(entries_.begin(), entries_.end(), [&](const auto& entry) { return entry.second.id == id; });
    if (found == entries_.end() || cookie.back() != woken_up) {
      continue;
    }
    const Entry& entry = found->second;
    if (entry.signal.number != 0) {
      abi::InboxSignal information{};
      information.signo = entry.signal.number;
      information.code = SI_MESGQ;
      information.pid = sender;
      information.uid = uid;
      information.value = entry.signal.value;
      signals.emplace_back(entry.process, information);
    }
    forget(found);
  }
  return signals;
}

void QueueNotifications::sent(std::int32_t sender, std::uint32_t uid) {
  if (!any()) {
    return;
  }
  Signals signals;
  {
    const std::lock_guard lock(mutex_);
    signals = drain(sender, uid);
  }
  post(signals);
}

void QueueNotifications::post(const Signals& signals) const {
  for (const auto& [process, information] : signals) {
    if (post_) {
      post_(process, information);
    }
  }
}

void QueueNotifications::closing(std::int32_t process, const File& file) {
  Key key;
  if (!any() || file == nullptr || !key_of(file->get(), key)) {
    return;
  }
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) {
    return;
  }
  if (found->second.process == process) {
    remove_locked(found, file->get());
    return;
  }
  std::vector<File>& kept = found->second.kept;
  if (std::find(kept.begin(), kept.end(), file) == kept.end()) {
    kept.push_back(file);
  }
}

void QueueNotifications::process_ends(std::int32_t process, const std::vector<File>& files) {
  std::for_each(files.begin(), files.end(), [&](const File& file) { closing(process, file); });
}

}  // namespace kx::hv::ipc
