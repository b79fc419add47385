#include "hypervisor/ipc/async_files.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace kx::hv::ipc {

namespace {

struct Reason {
  int code;
  int band;
};

// As the kernel's own drivers tell it; what can be read counts before what can be written.
Reason reason_of(std::uint32_t events) {
  if ((events & EPOLLPRI) != 0) {
    return {POLL_PRI, POLLPRI | POLLRDBAND};
  }
  if ((events & EPOLLIN) != 0) {
    return {POLL_IN, POLLIN | POLLRDNORM};
  }
  if ((events & EPOLLHUP) != 0) {
    return {POLL_HUP, POLLHUP | POLLERR};
  }
  if ((events & EPOLLERR) != 0) {
    return {POLL_ERR, POLLERR};
  }
  return {POLL_OUT, POLLOUT | POLLWRNORM | POLLWRBAND};
}

}  // namespace

Result<void> AsyncFiles::start(Post post) {
  post_ = std::move(post);
  epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  room_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event of_room{.events = EPOLLIN | EPOLLET, .data = {.u64 = 0}};  // the number of no file
  if (!epoll_ || !room_ || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, room_.get(), &of_room) != 0) {
    return Unexpected{system_error("create an epoll instance")};
  }
  return {};
}

void AsyncFiles::forget_closed_locked() {
  std::erase_if(entries_, [](const auto& each) { return each.second.file.expired(); });
  sweep_at_ = std::max<std::size_t>(64, 2 * entries_.size());
  count_ = entries_.size();
}

AsyncFiles::Entry& AsyncFiles::entry_locked(const File& file) {
  if (entries_.size() >= sweep_at_) {
    forget_closed_locked();
  }
  Entry& entry = entries_[file.get()];
  if (entry.file.expired()) {  // new, or another file was there before
    entry = Entry{};
    entry.id = ++last_id_;
    entry.file = file;
  }
  count_ = entries_.size();
  return entry;
}

const AsyncFiles::Entry* AsyncFiles::find_locked(const File& file) {
  const auto found = entries_.find(file.get());
  return found != entries_.end() && !found->second.file.expired() ? &found->second : nullptr;
}

void AsyncFiles::set_owner(const File& file, const Owner& owner) {
  const std::lock_guard lock(mutex_);
  entry_locked(file).owner = owner;
}

AsyncFiles::Owner AsyncFiles::owner(const File& file) {
  const std::lock_guard lock(mutex_);
  const Entry* entry = find_locked(file);
  return entry != nullptr ? entry->owner : Owner{};
}

void AsyncFiles::set_signal(const File& file, int signal) {
  const std::lock_guard lock(mutex_);
  entry_locked(file).signal = signal;
}

int AsyncFiles::signal(const File& file) {
  const std::lock_guard lock(mutex_);
  const Entry* entry = find_locked(file);
  return entry != nullptr ? entry->signal : 0;
}

bool AsyncFiles::enabled(const File& file) {
  if (!any()) {
    return false;
  }
  const std::lock_guard lock(mutex_);
  const Entry* entry = find_locked(file);
  return entry != nullptr && entry->enabled;
}

std::int64_t AsyncFiles::set_enabled(const File& file, bool enabled, std::int32_t number) {
  if (!enabled && !any()) {
    return 0;
  }
  std::vector<Signal> signals;
  {
    const std::lock_guard lock(mutex_);
    const Entry* known = find_locked(file);
    if (enabled == (known != nullptr && known->enabled)) {
      return 0;
    }
    Entry& entry = entry_locked(file);
    if (!enabled) {
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, file->get(), nullptr);
      ::epoll_ctl(room_.get(), EPOLL_CTL_DEL, file->get(), nullptr);
      entry.enabled = false;
      return 0;
    }
    struct stat status {};
    const bool is_socket = ::fstat(file->get(), &status) == 0 && S_ISSOCK(status.st_mode);
    epoll_event event{.events = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLET, .data = {.u64 = entry.id}};
    event.events |= is_socket ? 0U : EPOLLOUT;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, file->get(), &event) != 0) {
      return errno == EPERM ? 0 : -errno;
    }
    entry.enabled = true;
    entry.number = number;
    collect_locked(entry.id, signals);  // what it is ready for already is no news
  }
  post(signals);
  return 0;
}

void AsyncFiles::collect_locked(std::uint64_t except, std::vector<Signal>& signals) {
  collect_from(epoll_.get(), except, signals);
  collect_from(room_.get(), except, signals);
}

void AsyncFiles::collect_from(int epoll, std::uint64_t except, std::vector<Signal>& signals) {
  epoll_event events[32];
  for (;;) {
    const int count = ::epoll_wait(epoll, events, std::size(events), 0);
    for (int i = 0; i < count; ++i) {
      const std::uint64_t id = events[i].data.u64;
      const auto found = std::ranges::find_if(entries_, [&](const auto& each) { return each.second.id == id; });
      if (id == except || found == entries_.end()) {
        continue;
      }
      const Entry& entry = found->second;
      const Reason reason = reason_of(events[i].events);
      abi::InboxSignal information{};
      information.signo = entry.signal != 0 ? entry.signal : SIGIO;
      information.code = entry.signal != 0 ? reason.code : SI_KERNEL;
      if (entry.signal != 0) {
        information.of_file = 1;
        information.value = static_cast<std::uint32_t>(entry.number);
        information.user_ticks = reason.band;
      }
      if (entry.owner.id != 0) {
        signals.push_back({entry.owner, information});
      }
    }
    if (count < static_cast<int>(std::size(events))) {
      return;
    }
  }
}

void AsyncFiles::found_full(const File& file) {
  if (!any()) {
    return;
  }
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(file.get());
  if (found == entries_.end() || found->second.file.expired() || !found->second.enabled) {
    return;
  }
  epoll_event event{.events = EPOLLOUT | EPOLLONESHOT, .data = {.u64 = found->second.id}};
  if (::epoll_ctl(room_.get(), EPOLL_CTL_ADD, file->get(), &event) != 0) {
    ::epoll_ctl(room_.get(), EPOLL_CTL_MOD, file->get(), &event);
  }
}

void AsyncFiles::post(const std::vector<Signal>& signals) const {
  for (const Signal& signal : signals) {
    post_(signal.owner, signal.information);
  }
}

void AsyncFiles::dispatch() {
  std::vector<Signal> signals;
  {
    const std::lock_guard lock(mutex_);
    collect_locked(0, signals);
  }
  post(signals);
}

}  // namespace kx::hv::ipc
