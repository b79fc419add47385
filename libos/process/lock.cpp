#include "process/lock.hpp"

#include <atomic>

#include "host/host_call.hpp"
#include "mm/tlb.hpp"

namespace kx::libos {

namespace {
constexpr u32 spins = 200;
}

void Mutex::lock() {
  std::atomic_ref state(state_);
  u32 expected = 0;
  if (state.compare_exchange_strong(expected, 1, std::memory_order_acquire)) {
    return;
  }
  for (u32 i = 0; i < spins; ++i) {
    acknowledge_flush();  // who holds the lock may be waiting for this vCPU's flush
    expected = 0;
    if (state.load(std::memory_order_relaxed) == 0 &&
        state.compare_exchange_strong(expected, 1, std::memory_order_acquire)) {
      return;
    }
    relax();
  }
  // Sleeping vCPUs flush when they wake, so a shootdown does not wait for them.
  const IdleSection idle(IdleKind::Lock);
  while (state.exchange(2, std::memory_order_acquire) != 0) {
    const u64 gpa = reinterpret_cast<u64>(&state_) - abi::linear_base;
    host_call(abi::HostCall::FutexWait, CallKind::Blocking, gpa, 2, ~0u, ~0ull, 0);
  }
}

void Mutex::unlock() {
  std::atomic_ref state(state_);
  if (state.exchange(0, std::memory_order_release) == 2) {
    const u64 gpa = reinterpret_cast<u64>(&state_) - abi::linear_base;
    host_call(abi::HostCall::FutexWake, CallKind::Quick, gpa, 1, ~0u);
  }
}

}  // namespace kx::libos
