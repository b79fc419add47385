#include "hypervisor/services/clock.hpp"

#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <kx/abi/memory_map.hpp>
#include <kx/base/verify.hpp>

namespace kx::hv {

namespace {

using Wide = unsigned __int128;

constexpr std::uint64_t second_ns = 1'000'000'000;
constexpr std::uint32_t shift = 32;
constexpr int samples_per_clock = 5;
// A rate is measured over at least this long; the reading error of some ten nanoseconds then stays below 1e-6.
constexpr std::uint64_t shortest_measurement_ns = 100'000'000;
// Offsets between the host's clocks change in steps only; smaller differences are reading errors.
constexpr std::uint64_t offset_noise_ns = 5'000;

std::uint64_t read_clock(clockid_t id) {
  timespec time;
  ::clock_gettime(id, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * second_ns + static_cast<std::uint64_t>(time.tv_nsec);
}

std::uint64_t read_tsc() {
  unsigned auxiliary;
  // SAFETY: RDTSCP waits for earlier instructions, the fence keeps later ones behind it (Intel SDM vol. 2, RDTSCP).
  const std::uint64_t tsc = __builtin_ia32_rdtscp(&auxiliary);
  __builtin_ia32_lfence();
  return tsc;
}

// The difference of `id` to CLOCK_MONOTONIC: read between two readings of the latter, the tightest of a few.
std::uint64_t offset_of(clockid_t id) {
  std::uint64_t best = 0;
  std::uint64_t best_width = UINT64_MAX;
  for (int i = 0; i < samples_per_clock; ++i) {
    const std::uint64_t before = read_clock(CLOCK_MONOTONIC);
    const std::uint64_t value = read_clock(id);
    const std::uint64_t after = read_clock(CLOCK_MONOTONIC);
    if (after - before < best_width) {
      best_width = after - before;
      best = value - (before + best_width / 2);
    }
  }
  return best;
}

// Nanoseconds that `ticks` of the TSC take.
std::uint64_t scale(std::uint64_t ticks, std::uint64_t multiplier) {
  return static_cast<std::uint64_t>(Wide{ticks} * multiplier >> shift);
}

std::uint64_t multiplier_of(std::uint64_t ns, std::uint64_t ticks) {
  return static_cast<std::uint64_t>((Wide{ns} << shift) / ticks);
}

// Keeps an offset that only differs by a reading error.
std::uint64_t steady(std::uint64_t old_offset, std::uint64_t new_offset) {
  const std::uint64_t difference = std::min(new_offset - old_offset, old_offset - new_offset);
  return difference < offset_noise_ns ? old_offset : new_offset;
}

template <class T>
void store(std::byte* page, std::size_t offset, T value) {
  // SAFETY: a naturally aligned field of the time page.
  std::atomic_ref(*reinterpret_cast<T*>(page + offset)).store(value, std::memory_order_relaxed);
}

}  // namespace

ClockSample sample_clocks() {
  ClockSample sample;
  std::uint64_t best_width = UINT64_MAX;
  sample.realtime_offset_ns = offset_of(CLOCK_REALTIME);
  sample.boottime_offset_ns = offset_of(CLOCK_BOOTTIME);
  sample.raw_offset_ns = offset_of(CLOCK_MONOTONIC_RAW);
  // Whole seconds, or 0 where nobody has told the kernel.
  const std::uint64_t tai = offset_of(CLOCK_TAI) - sample.realtime_offset_ns;
  sample.tai_offset_ns = (tai + second_ns / 2) / second_ns * second_ns;
  for (int i = 0; i < samples_per_clock; ++i) {
    const std::uint64_t before = read_tsc();
    const std::uint64_t monotonic = read_clock(CLOCK_MONOTONIC);
    const std::uint64_t after = read_tsc();
    if (after - before < best_width) {
      best_width = after - before;
      sample.tsc = before + best_width / 2;
      sample.monotonic_ns = monotonic;
    }
  }
  return sample;
}

void Clock::attach(std::byte* system_slot, std::uint64_t tsc_khz) {
  KX_VERIFY(tsc_khz != 0);
  const ClockSample sample = sample_clocks();
  const std::lock_guard lock(mutex_);
  page_ = system_slot + abi::time_page_gpa;
  tsc_hz_ = tsc_khz * 1000;
  nominal_ = multiplier_of(second_ns, tsc_hz_);
  measured_ = nominal_;
  last_ = sample;
  current_ = abi::TimePage{.sequence = 0,
                           .shift = shift,
                           .tsc_base = sample.tsc,
                           .multiplier = nominal_,
                           .monotonic_ns = sample.monotonic_ns,
                           .realtime_ns = sample.monotonic_ns + sample.realtime_offset_ns,
                           .boottime_offset_ns = sample.boottime_offset_ns,
                           .tai_offset_ns = sample.tai_offset_ns,
                           .raw_offset_ns = sample.raw_offset_ns,
                           .refresh_tsc = sample.tsc + tsc_hz_};
  write(current_);
}

void Clock::refresh() {
  const ClockSample sample = sample_clocks();
  const std::lock_guard lock(mutex_);
  update(sample, 0, true);
}

void Clock::refresh(const ClockSample& sample, std::uint64_t base_tsc) {
  const std::lock_guard lock(mutex_);
  update(sample, base_tsc, false);
}

std::uint64_t Clock::monotonic_at(std::uint64_t tsc) const {
  const std::lock_guard lock(mutex_);
  return current_.monotonic_ns + scale(tsc - current_.tsc_base, current_.multiplier);
}

void Clock::update(const ClockSample& sample, std::uint64_t base_tsc, bool read_base) {
  if (page_ == nullptr) {
    return;
  }
  if (sample.monotonic_ns - last_.monotonic_ns >= shortest_measurement_ns && sample.tsc > last_.tsc) {
    const std::uint64_t multiplier = multiplier_of(sample.monotonic_ns - last_.monotonic_ns, sample.tsc - last_.tsc);
    // More than a percent off is no drift but a suspended machine, whose TSC went on: not a rate.
    if (multiplier > nominal_ - nominal_ / 100 && multiplier < nominal_ + nominal_ / 100) {
      measured_ = multiplier;
    }
    last_ = sample;
  }
  // A reader that saw the old page read the TSC before it became odd, hence before `base_tsc`: if the new line starts
  // no lower than the old one ends there, no two readings are out of order.
  // SAFETY: as in store(). The exchange keeps what follows behind it.
  std::atomic_ref(*reinterpret_cast<std::uint32_t*>(page_ + offsetof(abi::TimePage, sequence)))
      .exchange(current_.sequence + 1, std::memory_order_seq_cst);
  const std::uint64_t base = read_base ? read_tsc() : base_tsc;
  const std::uint64_t host_ns = sample.monotonic_ns + scale(base - sample.tsc, measured_);
  const std::uint64_t page_ns = current_.monotonic_ns + scale(base - current_.tsc_base, current_.multiplier);
  abi::TimePage next = current_;
  next.sequence = current_.sequence + 2;
  next.tsc_base = base;
  next.monotonic_ns = std::max(host_ns, page_ns);
  next.multiplier = measured_;
  if (page_ns > host_ns) {
    // Ahead: run slower, at most by half, so that the host catches up within about a second.
    const std::uint64_t ahead = std::min(page_ns - host_ns, second_ns / 2);
    next.multiplier = static_cast<std::uint64_t>(Wide{measured_} * (second_ns - ahead) / second_ns);
  }
  const std::uint64_t realtime_offset = steady(current_.realtime_ns - current_.monotonic_ns, sample.realtime_offset_ns);
  next.realtime_ns = next.monotonic_ns + realtime_offset;
  next.boottime_offset_ns = steady(current_.boottime_offset_ns, sample.boottime_offset_ns);
  next.tai_offset_ns = sample.tai_offset_ns;
  // CLOCK_MONOTONIC_RAW drifts against CLOCK_MONOTONIC; it must not go back either.
  const std::uint64_t old_raw = page_ns + current_.raw_offset_ns;
  next.raw_offset_ns = std::max(next.monotonic_ns + sample.raw_offset_ns, old_raw) - next.monotonic_ns;
  next.refresh_tsc = base + tsc_hz_;
  write(next);
}

// The caller has made the sequence odd (or nobody reads yet).
void Clock::write(const abi::TimePage& next) {
  store(page_, offsetof(abi::TimePage, shift), next.shift);
  store(page_, offsetof(abi::TimePage, tsc_base), next.tsc_base);
  store(page_, offsetof(abi::TimePage, multiplier), next.multiplier);
  store(page_, offsetof(abi::TimePage, monotonic_ns), next.monotonic_ns);
  store(page_, offsetof(abi::TimePage, realtime_ns), next.realtime_ns);
  store(page_, offsetof(abi::TimePage, boottime_offset_ns), next.boottime_offset_ns);
  store(page_, offsetof(abi::TimePage, tai_offset_ns), next.tai_offset_ns);
  store(page_, offsetof(abi::TimePage, raw_offset_ns), next.raw_offset_ns);
  store(page_, offsetof(abi::TimePage, refresh_tsc), next.refresh_tsc);
  // SAFETY: as in store().
  std::atomic_ref(*reinterpret_cast<std::uint32_t*>(page_ + offsetof(abi::TimePage, sequence)))
      .store(next.sequence, std::memory_order_release);
  current_ = next;
}

}  // namespace kx::hv
