#include "hypervisor/process/terminals.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "hypervisor/start_thread.hpp"

namespace kx::hv {

namespace {

constexpr std::uint32_t stop_mark = TerminalKeeper::most_terminals;

}  // namespace

Terminals::~Terminals() {
  if (thread_.joinable()) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &one, sizeof one);
    thread_.join();
  }
}

// Processes that are left when kx ends are those of the host's first process, and might stay as zombies there.
void Terminals::end() {
  constexpr std::chrono::milliseconds patience{100};
  std::unique_lock lock(mutex_);
  const auto held = held_;
  lock.unlock();
  for (const auto& [number, terminal] : held) {
    processes_.lose_terminal(*terminal);
  }
  lock.lock();
  freed_.wait_for(lock, patience, [&] { return held_.empty(); });
  keeper_.end();
}

std::shared_ptr<Terminal> Terminals::find(dev_t device) {
  if (device == 0) {
    return of_kx_;
  }
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Terminal> terminal = held(device);
  return terminal != nullptr && terminal->session != 0 ? terminal : nullptr;
}

// With the lock held: the one with this device, a session's or about to be let go of; null: there is none.
std::shared_ptr<Terminal> Terminals::held(dev_t device) {
  const auto found =
      std::find_if(held_.begin(), held_.end(), [&](const auto& entry) { return entry.second->device == device; });
  return found == held_.end() ? nullptr : found->second;
}

// With the lock held: the thread that listens, which most families never need.
Result<void> Terminals::start() {
  if (thread_.joinable()) {
    return {};
  }
  epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  stop_ = UniqueFd(::eventfd(0, EFD_CLOEXEC));
  epoll_event event{.events = EPOLLIN, .data = {.u64 = stop_mark}};
  if (!epoll_ || !stop_ || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, stop_.get(), &event) != 0) {
    return Unexpected{system_error("listen to terminals")};
  }
  KX_TRY_ASSIGN(thread_, start_thread([this] { run(); }));
  return {};
}

// Notes the terminal under a number that nobody uses.
std::int64_t Terminals::enter(ProcessId leader, dev_t device, std::shared_ptr<Terminal>& terminal) {
  constexpr std::chrono::seconds patience{1};
  std::unique_lock lock(mutex_);
  if (!start()) {
    return -ENOMEM;
  }
  // The session that had it before may have ended a moment ago.
  freed_.wait_for(lock, patience, [&] {
    const std::shared_ptr<Terminal> other = held(device);
    return other == nullptr || other->session != 0;
  });
  if (held(device) != nullptr) {
    return -EPERM;
  }
  std::uint32_t number = 0;
  while (held_.contains(number)) {
    ++number;
  }
  if (number == TerminalKeeper::most_terminals) {
    return -ENOMEM;
  }
  terminal = std::make_shared<Terminal>();
  terminal->device = device;
  terminal->number = number;
  terminal->session = leader;  // nobody else takes it meanwhile
  held_.emplace(number, terminal);
  return 0;
}

std::int64_t Terminals::take(ProcessId leader, int fd, dev_t device) {
  std::shared_ptr<Terminal> terminal;
  if (const std::int64_t error = enter(leader, device, terminal); error != 0) {
    return error;
  }
  std::int64_t result = -EPERM;
  UniqueFd channel;
  if (processes_.take_terminal(leader, terminal)) {
    result = keeper_.hold(fd, terminal->number, channel);
  }
  if (result != 0) {
    processes_.lose_terminal(*terminal);
  }
  const int listened = channel.get();
  processes_.hold_terminal(*terminal, std::move(channel));
  epoll_event event{.events = EPOLLIN, .data = {.u64 = terminal->number}};
  if (listened < 0 || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listened, &event) != 0) {
    // Nobody would hear from it: it never was there, or is told to go, and its number is not used again if it was.
    processes_.lose_terminal(*terminal);
    const std::lock_guard lock(mutex_);
    if (listened < 0) {
      held_.erase(terminal->number);
    }
    return result != 0 ? result : -ENOMEM;
  }
  return result;
}

void Terminals::run() {
  epoll_event events[16];
  for (;;) {
    const int count = ::epoll_wait(epoll_.get(), events, std::size(events), -1);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.u64 == stop_mark) {
        return;
      }
      report(static_cast<std::uint32_t>(events[i].data.u64));
    }
  }
}

// What the kernel told the process that holds a terminal, or its end.
void Terminals::report(std::uint32_t number) {
  std::shared_ptr<Terminal> terminal;
  {
    const std::lock_guard lock(mutex_);
    const auto found = held_.find(number);
    if (found == held_.end()) {
      return;
    }
    terminal = found->second;
  }
  std::uint32_t signal = 0;
  const ssize_t size = ::read(terminal->channel.get(), &signal, sizeof signal);
  if (size == sizeof signal) {
    if (signal == SIGHUP) {
      processes_.hang_up(*terminal);
    } else if (signal == SIGINT || signal == SIGQUIT || signal == SIGTSTP || signal == SIGWINCH) {
      processes_.signal_foreground(*terminal, static_cast<int>(signal), SI_KERNEL);
    }
    return;
  }
  if (size < 0 && (errno == EINTR || errno == EAGAIN)) {
    return;
  }
  // Somebody may have ended it from outside: then nobody has the terminal.
  processes_.lose_terminal(*terminal);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, terminal->channel.get(), nullptr);
  const std::lock_guard lock(mutex_);
  held_.erase(number);
  freed_.notify_all();
}

std::uint32_t Terminals::number(const Terminal& terminal, int proc_fd) {
  if (terminal.device != 0) {
    const unsigned low = minor(terminal.device);
    return (low & 0xff) | major(terminal.device) << 8 | (low & ~0xffu) << 12;
  }
  const std::lock_guard lock(mutex_);
  if (!number_of_kx_) {
    char text[512] = {};
    int found = 0;
    const UniqueFd stat(::openat(proc_fd, "self/stat", O_RDONLY | O_CLOEXEC));
    if (stat && ::read(stat.get(), text, sizeof text - 1) > 0) {
      const char* const after_name = std::strrchr(text, ')');
      if (after_name == nullptr || std::sscanf(after_name, ") %*c %*d %*d %*d %d", &found) != 1) {
        found = 0;
      }
    }
    number_of_kx_ = static_cast<std::uint32_t>(found);
  }
  return *number_of_kx_;
}

}  // namespace kx::hv
