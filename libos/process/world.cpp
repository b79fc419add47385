#include "process/world.hpp"

#include <atomic>

#include "host/host_call.hpp"
#include "mm/tlb.hpp"
#include "process/thread.hpp"

namespace kx::libos {

namespace {

u32 stopping = 0;  // 1 while the world is to be stopped

constexpr u64 sched_yield_number = 24;

bool is_safe(Thread& thread) {
  const auto idle = static_cast<IdleKind>(std::atomic_ref(thread.flush.idle).load(std::memory_order_seq_cst));
  return idle == IdleKind::HostCall || idle == IdleKind::Stopped;
}

}  // namespace

bool world_stops() {
  return std::atomic_ref(stopping).load(std::memory_order_seq_cst) != 0;
}

void stop_with_world() {
  if (!world_stops()) [[likely]] {
    return;
  }
  const IdleSection idle;  // its end waits until the world goes on
}

StoppedWorld::StoppedWorld() {
  u32 expected = 0;
  while (!std::atomic_ref(stopping).compare_exchange_strong(expected, 1, std::memory_order_seq_cst)) {
    stop_with_world();
    expected = 0;
  }
  ThreadList& threads = ThreadList::instance();
  if (threads.count() < 2) {
    return;
  }
  Thread& self = Thread::current();
  threads.for_each([&](Thread& thread) {
    if (&thread != &self && !is_safe(thread)) {
      std::atomic_ref(thread.page->pending).fetch_or(abi::pending_flush, std::memory_order_seq_cst);
      host_call(abi::HostCall::Kick, CallKind::Blocking, thread.page->vcpu_index);
    }
  });
  for (bool all = false; !all;) {
    acknowledge_flush();  // one of them may be waiting for this vCPU
    all = true;
    threads.for_each([&](Thread& thread) { all = all && (&thread == &self || is_safe(thread)); });
    if (!all) {
      host_call(static_cast<abi::HostCall>(sched_yield_number), CallKind::Blocking);
    }
  }
}

StoppedWorld::~StoppedWorld() {
  std::atomic_ref(stopping).store(0, std::memory_order_seq_cst);
  if (ThreadList::instance().count() > 1) {
    const u64 gpa = reinterpret_cast<u64>(&stopping) - abi::linear_base;
    host_call(abi::HostCall::FutexWake, CallKind::Quick, gpa, 0x7fff'ffff, ~0u);
  }
}

void forget_world() {
  stopping = 0;
}

void wait_for_world() {
  const u64 gpa = reinterpret_cast<u64>(&stopping) - abi::linear_base;
  while (world_stops()) {
    host_call(abi::HostCall::FutexWait, CallKind::Blocking, gpa, 1, ~0u, ~0ull, 0);
  }
}

}  // namespace kx::libos
