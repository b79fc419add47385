// A thread of the program: one vCPU, its signal state, what exit must do.
#pragma once

#include <kx/abi/identity.hpp>
#include <kx/abi/vcpu.hpp>

#include "arch/x86_64/context.hpp"
#include "files/recent_open.hpp"
#include "mm/tlb.hpp"
#include "process/lock.hpp"
#include "signals/signal_types.hpp"

namespace kx::libos {

inline constexpr i32 sched_reset_on_fork = 0x40000000;  // SCHED_RESET_ON_FORK of sched_setscheduler(2)

using Credentials = abi::Identity;

struct Thread {
  abi::VcpuPage* page = nullptr;
  u64 area_gpa = 0;
  u32 tid = 0;
  FlushState flush;
  ThreadSignals signals;
  u64 clear_child_tid = 0;     // set_tid_address(2); 0: none
  bool in_futex_wait = false;  // futex(2): between finding the word and the end of the wait
  u64 first_rip = 0;           // of a new thread
  i32 policy = 0;              // sched_setscheduler(2)
  u64 futex_spin_ns = 0;       // how long the next wait spins
  Thread* next = nullptr;      // ThreadList
  RecentOpen recent_open;
  Credentials credentials{};  // as the host has them for the vCPU's thread

  // Also tells the hypervisor.
  void set_tid(u32 number) { tid = page->thread_id = number; }
  // PR_SET_NAME.
  [[nodiscard]] char* name() const { return page->thread_name; }

  static Thread& current() { return *reinterpret_cast<Thread*>(vcpu_page().thread_gva); }
  static bool exists() { return vcpu_page().thread_gva != 0; }
  // Where the entry code finds this thread's saved registers while it is in the library OS by a system call.
  [[nodiscard]] Context& saved_context() const {
    return *reinterpret_cast<Context*>(page->stack_top_gva - sizeof(Context));
  }
};

// All threads of the pVM.
class ThreadList {
 public:
  static ThreadList& instance();
  void add(Thread& thread);
  // In a forked child.
  void keep_only(Thread& thread);
  // How many are left.
  u32 remove(Thread& thread);
  [[nodiscard]] u32 count() const { return count_; }
  [[nodiscard]] Thread* find(u32 tid);
  // The visitor must neither add nor remove threads.
  template <class Visit>
  void for_each(Visit&& visit) {
    const Lock lock(mutex_);
    for (Thread* thread = first_; thread != nullptr; thread = thread->next) {
      visit(*thread);
    }
  }

 private:
  Mutex mutex_;
  Thread* first_ = nullptr;
  u32 count_ = 0;
};

}  // namespace kx::libos
