// Reading the time page; shared with the vDSO, hence on its own and free of the library OS's state.
#pragma once

#include <cstdint>
#include <kx/abi/boot.hpp>

namespace kx::libos {

// One consistent look at the time page.
struct TimeReading {
  bool stale = false;  // the page wants a refresh first
  std::uint64_t monotonic_ns = 0;
  std::uint64_t realtime_ns = 0;
  std::uint64_t boottime_ns = 0;
  std::uint64_t raw_ns = 0;
  std::uint64_t tai_ns = 0;
};

inline std::uint64_t ordered_tsc() {
  std::uint32_t low, high;
  // SAFETY: no memory access; LFENCE keeps RDTSC from running ahead of the loads before it.
  asm volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
  return low | static_cast<std::uint64_t>(high) << 32;
}

inline TimeReading read_time_page(const abi::TimePage& page) {
  for (;;) {
    const std::uint32_t before = __atomic_load_n(&page.sequence, __ATOMIC_ACQUIRE);
    if ((before & 1) != 0) {
      asm volatile("pause" : : : "memory");
      continue;
    }
    const std::uint64_t tsc = ordered_tsc();
    const std::uint64_t delta = tsc > page.tsc_base ? tsc - page.tsc_base : 0;
    const auto passed_ns =
        static_cast<std::uint64_t>(static_cast<unsigned __int128>(delta) * page.multiplier >> page.shift);
    TimeReading reading;
    reading.stale = tsc > page.refresh_tsc;
    reading.monotonic_ns = page.monotonic_ns + passed_ns;
    reading.realtime_ns = page.realtime_ns + passed_ns;
    reading.boottime_ns = reading.monotonic_ns + page.boottime_offset_ns;
    reading.raw_ns = reading.monotonic_ns + page.raw_offset_ns;
    reading.tai_ns = reading.realtime_ns + page.tai_offset_ns;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (__atomic_load_n(&page.sequence, __ATOMIC_RELAXED) == before) {
      return reading;
    }
  }
}

inline constexpr std::uint64_t second_ns = 1'000'000'000;

}  // namespace kx::libos
