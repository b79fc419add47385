#include "hypervisor/services/timers.hpp"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace kx::hv {

namespace {

constexpr std::uint64_t second_ns = 1'000'000'000;
constexpr std::uint64_t shortest_look_ns = 1'000'000;  // how soon a CPU-time clock is looked at again at the earliest

timespec to_timespec(std::uint64_t ns) {
  return {static_cast<time_t>(ns / second_ns), static_cast<long>(ns % second_ns)};
}

bool is_cpu_clock(int clock) {
  return clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
}

std::int64_t set_timer(int fd, int flags, std::uint64_t first_ns, std::uint64_t interval_ns) {
  const itimerspec setting{to_timespec(interval_ns), to_timespec(first_ns)};
  return ::timerfd_settime(fd, flags, &setting, nullptr) == 0 ? 0 : -errno;
}

// A CPU-time clock advances at most as fast as real time times the processors, so half of what is left is a safe
// moment to look again, unless it is so close that the difference does not matter.
std::int64_t set_look(int fd, std::uint64_t left_ns) {
  return set_timer(fd, 0, std::max(left_ns / 2, shortest_look_ns), 0);
}

}  // namespace

Result<TimerService> TimerService::create(Post post, CpuTime cpu_time) {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) {
    return Unexpected{system_error("epoll_create1 for timers")};
  }
  return TimerService(std::move(epoll), std::move(post), std::move(cpu_time));
}

TimerService::TimerService(TimerService&& other) noexcept
    : epoll_(std::move(other.epoll_)),
      post_(std::move(other.post_)),
      cpu_time_(std::move(other.cpu_time_)),
      timers_(std::move(other.timers_)) {}

std::int64_t TimerService::arm(std::uint32_t index, int clock, std::uint64_t first_ns, std::uint64_t interval_ns,
                               std::uint32_t vcpu) {
  const bool on_cpu_clock = is_cpu_clock(clock);
  if (index >= timers_.size() || (on_cpu_clock && !cpu_time_) || first_ns > INT64_MAX || interval_ns > INT64_MAX ||
      (!on_cpu_clock && clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME)) {
    return -EINVAL;
  }
  const std::lock_guard lock(mutex_);
  Timer& timer = timers_[index];
  const int fd_clock = on_cpu_clock ? CLOCK_MONOTONIC : clock;
  if (!timer.fd || timer.fd_clock != fd_clock) {
    if (first_ns == 0) {
      timer = Timer{};
      return 0;
    }
    UniqueFd fd(::timerfd_create(fd_clock, TFD_NONBLOCK | TFD_CLOEXEC));
    epoll_event event{.events = EPOLLIN, .data = {.u32 = index}};
    if (!fd || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0) {
      return -errno;
    }
    timer.fd = std::move(fd);
    timer.fd_clock = fd_clock;
  }
  timer.clock = clock;
  timer.interval_ns = interval_ns;
  timer.cpu_next_ns = 0;
  if (!on_cpu_clock || first_ns == 0) {
    return set_timer(timer.fd.get(), TFD_TIMER_ABSTIME, first_ns, interval_ns);
  }
  timer.vcpu = clock == CLOCK_THREAD_CPUTIME_ID ? std::optional(vcpu) : std::nullopt;
  const auto now = cpu_time_(timer.vcpu);
  if (!now) {
    set_timer(timer.fd.get(), 0, 0, 0);
    return -ESRCH;
  }
  timer.cpu_next_ns = first_ns;
  return set_look(timer.fd.get(), first_ns > *now ? first_ns - *now : 0);
}

// How often the timer expired since the last report; a CPU-time clock that is not there yet is looked at again later.
std::uint64_t TimerService::collect(Timer& timer) {
  std::uint64_t expirations = 0;
  if (!timer.fd || ::read(timer.fd.get(), &expirations, sizeof(expirations)) != sizeof(expirations)) {
    return 0;  // set anew meanwhile
  }
  if (timer.cpu_next_ns == 0) {
    return expirations;
  }
  const auto time = cpu_time_(timer.vcpu);
  expirations = 0;
  if (!time) {
    timer.cpu_next_ns = 0;  // its thread has ended
    return 0;
  }
  const std::uint64_t now = *time;
  if (now >= timer.cpu_next_ns) {
    expirations = 1;
    if (timer.interval_ns != 0) {
      const std::uint64_t more = (now - timer.cpu_next_ns) / timer.interval_ns;
      expirations += more;
      timer.cpu_next_ns += (more + 1) * timer.interval_ns;
    } else {
      timer.cpu_next_ns = 0;
    }
  }
  if (timer.cpu_next_ns != 0) {
    set_look(timer.fd.get(), timer.cpu_next_ns - now);
  }
  return expirations;
}

void TimerService::dispatch() {
  epoll_event events[16];
  const int count = ::epoll_wait(epoll_.get(), events, std::size(events), 0);
  for (int i = 0; i < count; ++i) {
    const std::uint32_t index = events[i].data.u32;
    std::uint64_t expirations = 0;
    {
      const std::lock_guard lock(mutex_);
      expirations = collect(timers_[index]);
    }
    if (expirations != 0) {
      post_(index, expirations);
    }
  }
}

}  // namespace kx::hv
