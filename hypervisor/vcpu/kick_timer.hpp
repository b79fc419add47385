// A kick at a later time: how a vCPU is spared kicks in short succession.
#pragma once

#include <sys/types.h>
#include <time.h>

#include <atomic>
#include <cstdint>

namespace kx::hv {

// At most one kick is on its way. arm() is for one thread at a time, any; disarm() for the thread that is kicked.
class KickTimer {
 public:
  KickTimer() = default;
  ~KickTimer();
  KickTimer(const KickTimer&) = delete;
  KickTimer& operator=(const KickTimer&) = delete;

  // Kicks `thread` of this process when CLOCK_MONOTONIC reaches `at_ns`, unless a kick is on its way already.
  // `immediate_exit` is that of its kvm_run; the thread writes 1 there itself. False: the kernel has no timer left
  // (timer_create(2)).
  [[nodiscard]] bool arm(pid_t thread, std::uint8_t* immediate_exit, std::uint64_t at_ns);
  // No kick comes after this; what was to be told by it must be looked at afterwards.
  void disarm();

 private:
  std::atomic<bool> armed_ = false;
  bool exists_ = false;  // written before armed_
  timer_t timer_{};
};

}  // namespace kx::hv
