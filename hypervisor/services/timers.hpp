// TimerService: the POSIX timers of one pVM, each a host timer descriptor the service thread waits for.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <kx/abi/boot.hpp>
#include <mutex>
#include <optional>

#include "hypervisor/error.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv {

class TimerService {
 public:
  // Called on the service thread: timer `timer` expired `expirations` times since the last report.
  using Post = std::function<void(std::uint32_t timer, std::uint64_t expirations)>;

  // The CPU time, in ns, of the whole pVM or of one of its vCPUs, if it still runs. Called on any thread, with a lock
  // of the service's held. Without one, there are no CPU-time clocks.
  using CpuTime = std::function<std::optional<std::uint64_t>(std::optional<std::uint32_t> vcpu)>;

  static Result<TimerService> create(Post post, CpuTime cpu_time = {});
  TimerService(TimerService&& other) noexcept;
  TimerService& operator=(TimerService&&) = delete;

  // Sets timer `timer` (below abi::max_timers) to expire at `first_ns` of `clock`, then every `interval_ns` if that is
  // not 0; first_ns 0 disarms it. CLOCK_REALTIME, _MONOTONIC and _BOOTTIME are the host's. The CPU-time clocks count
  // the whole pVM, or vCPU `vcpu` of it, and are looked at about every millisecond near their time. 0 or -errno:
  // EINVAL, or ESRCH for a vCPU that does not run.
  std::int64_t arm(std::uint32_t timer, int clock, std::uint64_t first_ns, std::uint64_t interval_ns,
                   std::uint32_t vcpu = 0);

  // Readable when a timer has expired; dispatch() then reports it.
  [[nodiscard]] int fd() const { return epoll_.get(); }
  void dispatch();

 private:
  struct Timer {
    UniqueFd fd;
    int clock = -1;
    int fd_clock = -1;                  // what the descriptor was made for
    std::optional<std::uint32_t> vcpu;  // whose CPU time it counts, if not all of the pVM's
    std::uint64_t cpu_next_ns = 0;      // CPU-time clocks: the next expiry, 0 when disarmed
    std::uint64_t interval_ns = 0;
  };

  TimerService(UniqueFd epoll, Post post, CpuTime cpu_time)
      : epoll_(std::move(epoll)), post_(std::move(post)), cpu_time_(std::move(cpu_time)) {}
  std::uint64_t collect(Timer& timer);

  UniqueFd epoll_;
  Post post_;
  CpuTime cpu_time_;
  std::mutex mutex_;  // timers_; not held while posting
  std::array<Timer, abi::max_timers> timers_;
};

}  // namespace kx::hv
