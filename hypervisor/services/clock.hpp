// Clock: keeps the time page of a pVM, from which the program reads every clock without leaving the guest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <kx/abi/boot.hpp>
#include <mutex>

namespace kx::hv {

// One reading of the host's clocks, taken at a known TSC value.
struct ClockSample {
  std::uint64_t tsc = 0;
  std::uint64_t monotonic_ns = 0;
  std::uint64_t realtime_offset_ns = 0;  // CLOCK_REALTIME - CLOCK_MONOTONIC; wraps, as the others do
  std::uint64_t boottime_offset_ns = 0;
  std::uint64_t tai_offset_ns = 0;  // CLOCK_TAI - CLOCK_REALTIME
  std::uint64_t raw_offset_ns = 0;  // CLOCK_MONOTONIC_RAW - CLOCK_MONOTONIC
};

// Reads the host's clocks between two TSC readings, several times, and keeps the tightest.
ClockSample sample_clocks();

// Thread-safe. The guest's TSC equals the host's. The page needs 128-bit products: (tsc - tsc_base) * multiplier.
class Clock {
 public:
  // Takes the time page inside the system slot (abi::time_page_gpa) and fills it. `tsc_khz` is KVM_GET_TSC_KHZ's
  // answer.
  void attach(std::byte* system_slot, std::uint64_t tsc_khz);

  // Takes a new sample, corrects the rate by it, and rewrites the page. Neither CLOCK_MONOTONIC nor
  // CLOCK_MONOTONIC_RAW as read from the page ever goes back: when the page ran ahead it is slowed down for a while.
  void refresh();

  // As refresh(), with a given sample and the TSC value at which the new page takes over; for tests.
  void refresh(const ClockSample& sample, std::uint64_t base_tsc);

  // What the page says at `tsc`, from the private copy of it.
  [[nodiscard]] std::uint64_t monotonic_at(std::uint64_t tsc) const;

 private:
  void update(const ClockSample& sample, std::uint64_t base_tsc, bool read_base);
  void write(const abi::TimePage& next);

  mutable std::mutex mutex_;
  std::byte* page_ = nullptr;  // guest memory: written, never read back
  abi::TimePage current_{};    // what was written last
  ClockSample last_{};         // the sample the rate was last measured from
  std::uint64_t tsc_hz_ = 0;
  std::uint64_t nominal_ = 0;   // multiplier for tsc_hz_
  std::uint64_t measured_ = 0;  // multiplier as the samples say
};

}  // namespace kx::hv
