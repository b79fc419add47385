#include "mm/tlb.hpp"

#include <atomic>

#include "host/host_call.hpp"
#include "host/stats.hpp"
#include "process/thread.hpp"
#include "process/world.hpp"

namespace kx::libos {

namespace {

u64 generation = 1;
Mutex shootdown_mutex;

std::atomic_ref<u64> current_generation() {
  return std::atomic_ref(generation);
}

void flush_all_here() {
  ++stats().flushes;
  kx_cpl0_service_call(0);
}

void flush_others() {
  ThreadList& threads = ThreadList::instance();
  if (threads.count() < 2) {
    return;
  }
  Thread& self = Thread::current();
  const Lock lock(shootdown_mutex);
  const u64 wanted = current_generation().fetch_add(1, std::memory_order_seq_cst) + 1;
  if (self.flush.seen == wanted - 1) {
    std::atomic_ref(self.flush.seen).store(wanted, std::memory_order_relaxed);
  }
  const auto done = [&](Thread& thread) {
    return std::atomic_ref(thread.flush.idle).load(std::memory_order_seq_cst) != 0 ||
           std::atomic_ref(thread.flush.seen).load(std::memory_order_seq_cst) >= wanted;
  };
  threads.for_each([&](Thread& thread) {
    if (&thread != &self && !done(thread)) {
      std::atomic_ref(thread.page->pending).fetch_or(abi::pending_flush, std::memory_order_seq_cst);
      host_call(abi::HostCall::Kick, CallKind::Blocking, thread.page->vcpu_index);
    }
  });
  threads.for_each([&](Thread& thread) {
    while (&thread != &self && !done(thread)) {
      relax();
    }
  });
}

}  // namespace

void barrier_on_all_vcpus() {
  flush_others();
}

void FlushBatch::flush() {
  if (count_ == 0) {
    return;
  }
  if (count_ > limit) {
    flush_all_here();
  } else {
    for (u32 i = 0; i < count_; ++i) {
      ++stats().flushes;
      kx_cpl0_service_call(addresses_[i].value);
    }
  }
  count_ = 0;
  flush_others();
}

void FlushBatch::flush_everything() {
  flush_all_here();
  flush_others();
}

void flush_page(Gva address) {
  FlushBatch batch;
  batch.add(address);
  batch.flush();
}

void acknowledge_flush() {
  if (!Thread::exists()) {
    return;
  }
  Thread& self = Thread::current();
  const u64 wanted = current_generation().load(std::memory_order_seq_cst);
  if (std::atomic_ref(self.flush.seen).load(std::memory_order_relaxed) != wanted) {
    flush_all_here();
    std::atomic_ref(self.flush.seen).store(wanted, std::memory_order_seq_cst);
  }
}

IdleSection::IdleSection(IdleKind kind) : kind_(kind) {
  outer_ = std::atomic_ref(Thread::current().flush.idle).exchange(static_cast<u32>(kind_), std::memory_order_seq_cst);
}

IdleSection::~IdleSection() {
  std::atomic_ref idle(Thread::current().flush.idle);
  if (outer_ != 0) {
    idle.store(outer_, std::memory_order_seq_cst);
    return;
  }
  // Who stops the world stores its wish, then looks at us; this stores, then looks at the wish: one sees the other.
  idle.store(0, std::memory_order_seq_cst);
  while (kind_ != IdleKind::Lock && world_stops()) {
    idle.store(static_cast<u32>(IdleKind::Stopped), std::memory_order_seq_cst);
    wait_for_world();
    idle.store(0, std::memory_order_seq_cst);
  }
  acknowledge_flush();
}

}  // namespace kx::libos
