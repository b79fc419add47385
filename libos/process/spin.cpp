#include "process/spin.hpp"

#include <kx/abi/boot.hpp>

#include "process/boot_info.hpp"
#include "process/process.hpp"

namespace kx::libos {

namespace {
u32 watching_threads;
}

bool may_spin() {
  static const bool worthwhile = (boot_info().flags & abi::boot_slow_exits) != 0 && Process::instance().cpu_count > 1;
  return worthwhile;
}

u32& spinners() {
  return watching_threads;
}

u64 spin_cycles(u64 ns) {
  // SAFETY: a fixed page of the system slot; the rate does not change.
  const auto& page = *reinterpret_cast<const abi::TimePage*>(abi::linear_gva(abi::time_page_gpa));
  return page.multiplier == 0 ? 0 : (ns << page.shift) / page.multiplier;
}

bool spares_a_processor(u32 watching) {
  return watching < Process::instance().cpu_count;
}

}  // namespace kx::libos
