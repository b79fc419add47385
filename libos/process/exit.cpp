#include "process/exit.hpp"

#include <atomic>

#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "mm/arena.hpp"
#include "process/borrowed_memory.hpp"
#include "process/robust_list.hpp"
#include "process/thread.hpp"
#include "signals/signals.hpp"
#include "signals/timers.hpp"

namespace kx::libos {

void end_process(int wait_status) {
  if (Thread::exists()) {
    return_borrowed_memory();
  }
  for (;;) {
    host_call(abi::HostCall::Exit, CallKind::Blocking, static_cast<u32>(wait_status));
  }
}

void leave_vcpu() {
  std::atomic_ref(Thread::current().flush.idle).store(1, std::memory_order_seq_cst);
  for (;;) {
    host_call(abi::HostCall::ThreadExit, CallKind::Blocking);
  }
}

namespace {

// The thread is off the list, and others are left.
[[noreturn]] void leave_others(Thread& self) {
  if (Timers::were_used()) {
    Timers::instance().thread_ended(self.tid);
  }
  Signals::instance().forget(self);
  Arena::instance().retire_vcpu_area(Gpa{self.area_gpa});
  leave_vcpu();
}

}  // namespace

void abandon_thread() {
  Thread& self = Thread::current();
  release_robust_futexes(self);
  ThreadList::instance().remove(self);
  leave_others(self);
}

void end_other_threads() {
  Thread& self = Thread::current();
  ThreadList& threads = ThreadList::instance();
  while (threads.count() > 1) {
    threads.for_each([&](Thread& thread) {
      if (&thread != &self) {
        std::atomic_ref(thread.page->pending).fetch_or(abi::pending_exit, std::memory_order_seq_cst);
        host_call(abi::HostCall::Kick, CallKind::Blocking, thread.page->vcpu_index);
      }
    });
    // They take themselves off the list; a shootdown of theirs must not wait for this vCPU.
    const IdleSection idle;
    host_call(static_cast<abi::HostCall>(24 /* sched_yield */), CallKind::Blocking);
  }
}

void end_thread(u32 code) {
  Thread& self = Thread::current();
  release_robust_futexes(self);
  if (self.clear_child_tid != 0 && ThreadList::instance().count() > 1) {
    const u32 zero = 0;
    if (write_user(self.clear_child_tid, zero)) {
      if (const u64 gpa = AddressSpace::instance().translate(self.clear_child_tid, true); gpa != 0) {
        host_call(abi::HostCall::FutexWake, CallKind::Quick, gpa, 1, ~0u);
      }
    }
  }
  if (ThreadList::instance().remove(self) == 0) {
    end_process(exited(code));
  }
  leave_others(self);
}

}  // namespace kx::libos
