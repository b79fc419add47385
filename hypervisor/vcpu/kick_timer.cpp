#include "hypervisor/vcpu/kick_timer.hpp"

#include <signal.h>

#include "hypervisor/vcpu/interruptible.hpp"

#ifndef sigev_notify_thread_id  // glibc names the field only in newer versions
#define sigev_notify_thread_id _sigev_un._tid
#endif

namespace kx::hv {

KickTimer::~KickTimer() {
  if (exists_) {
    ::timer_delete(timer_);
  }
}

bool KickTimer::arm(pid_t thread, std::uint8_t* immediate_exit, std::uint64_t at_ns) {
  if (!exists_) {
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = kick_signal();
    event.sigev_value.sival_ptr = immediate_exit;
    event.sigev_notify_thread_id = thread;
    if (::timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0) {
      return false;
    }
    exists_ = true;
  }
  if (armed_.exchange(true, std::memory_order_seq_cst)) {
    return true;
  }
  constexpr std::uint64_t second_ns = 1'000'000'000;
  const itimerspec setting{{}, {static_cast<time_t>(at_ns / second_ns), static_cast<long>(at_ns % second_ns)}};
  return ::timer_settime(timer_, TIMER_ABSTIME, &setting, nullptr) == 0;
}

void KickTimer::disarm() {
  if (!armed_.load(std::memory_order_seq_cst)) {
    return;
  }
  const itimerspec never{};
  ::timer_settime(timer_, 0, &never, nullptr);
  armed_.store(false, std::memory_order_seq_cst);
}

}  // namespace kx::hv
