// Watching for what another processor is about to do, where leaving the guest to wait for it costs more.
#pragma once

#include <atomic>

#include "arch/x86_64/context.hpp"
#include "mm/tlb.hpp"
#include "process/time_page.hpp"

namespace kx::libos {

// Whether this machine is one on which watching is worthwhile.
bool may_spin();
// How many threads of this pVM watch; a forked child begins with none.
u32& spinners();
// In cycles of the TSC.
u64 spin_cycles(u64 ns);
// One watches no longer if a processor is left to the one it watches for.
bool spares_a_processor(u32 watching);

// Looks until done() or for `limit_ns`. False: not done, or something is pending.
template <class Done>
bool spin_for(u64 limit_ns, Done&& done) {
  if (!may_spin()) {
    return false;
  }
  const std::atomic_ref watching(spinners());
  bool seen = false;
  if (spares_a_processor(watching.fetch_add(1, std::memory_order_relaxed) + 1)) {
    const std::atomic_ref pending(vcpu_page().pending);
    const u64 start = read_tsc(), limit = spin_cycles(limit_ns);
    while (!(seen = done()) && pending.load(std::memory_order_relaxed) == 0 && read_tsc() - start < limit) {
      relax();
    }
  }
  watching.fetch_sub(1, std::memory_order_relaxed);
  return seen;
}

}  // namespace kx::libos
