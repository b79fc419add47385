// The time page: follows the host's clocks and never goes back.
#include "hypervisor/services/clock.hpp"

#include <gtest/gtest.h>
#include <time.h>

#include <cstring>
#include <kx/abi/memory_map.hpp>
#include <random>
#include <vector>

namespace kx::hv {
namespace {

constexpr std::uint64_t khz = 2'000'000;
constexpr std::uint64_t second_ns = 1'000'000'000;

struct ClockTest : ::testing::Test {
  abi::TimePage page() {
    abi::TimePage copy;
    std::memcpy(&copy, system.data() + abi::time_page_gpa, sizeof(copy));
    return copy;
  }
  static std::uint64_t read(const abi::TimePage& page, std::uint64_t tsc) {
    return page.monotonic_ns + static_cast<std::uint64_t>(
                                   static_cast<unsigned __int128>(tsc - page.tsc_base) * page.multiplier >> page.shift);
  }

  std::vector<std::byte> system = std::vector<std::byte>(abi::time_page_gpa + abi::page_size);
  Clock clock;
};

TEST_F(ClockTest, ShowsTheHostsClocks) {
  clock.attach(system.data(), khz);
  const abi::TimePage first = page();
  timespec now;
  ::clock_gettime(CLOCK_REALTIME, &now);
  EXPECT_EQ(first.sequence % 2, 0u);
  EXPECT_NEAR(static_cast<double>(first.realtime_ns), static_cast<double>(now.tv_sec) * 1e9, 2e9);
  EXPECT_EQ(read(first, first.tsc_base), first.monotonic_ns);
  EXPECT_NEAR(static_cast<double>(read(first, first.tsc_base + khz * 1000) - first.monotonic_ns), 1e9, 2);
  EXPECT_EQ(first.refresh_tsc, first.tsc_base + khz * 1000);
  clock.refresh();
  EXPECT_EQ(page().sequence, first.sequence + 2);
}

TEST_F(ClockTest, NeverStepsBackAndConverges) {
  clock.attach(system.data(), khz);
  ClockSample sample;
  sample.tsc = page().tsc_base;
  sample.monotonic_ns = page().monotonic_ns;
  sample.realtime_offset_ns = page().realtime_ns - page().monotonic_ns;
  sample.raw_offset_ns = page().raw_offset_ns;
  std::mt19937_64 random(1);
  // The host's clock runs 200 ppm slower than the TSC's nominal rate says, with some reading noise.
  const std::uint64_t start_ns = sample.monotonic_ns;
  std::uint64_t elapsed_ticks = 0;
  std::uint64_t error = 0;
  for (int i = 0; i < 50; ++i) {
    const std::uint64_t ticks = khz * 1000 + random() % 1000;
    elapsed_ticks += ticks;
    sample.tsc += ticks;
    sample.monotonic_ns =
        start_ns + static_cast<std::uint64_t>(static_cast<double>(elapsed_ticks) * 0.5 * 0.9998) + random() % 40;
    const std::uint64_t base = sample.tsc + 1000;
    const std::uint64_t before = read(page(), base);
    const std::uint64_t raw_before = before + page().raw_offset_ns;
    clock.refresh(sample, base);
    EXPECT_GE(read(page(), base), before);
    EXPECT_GE(read(page(), base) + page().raw_offset_ns, raw_before);
    EXPECT_EQ(clock.monotonic_at(base), read(page(), base));
    const std::uint64_t host = sample.monotonic_ns + 500;
    error = read(page(), base) > host ? read(page(), base) - host : host - read(page(), base);
  }
  EXPECT_LT(error, 2'000u);
}

TEST_F(ClockTest, ASuspendedMachineIsNoRate) {
  clock.attach(system.data(), khz);
  ClockSample sample{.tsc = page().tsc_base, .monotonic_ns = page().monotonic_ns};
  const std::uint64_t nominal = page().multiplier;
  sample.tsc += 3600 * khz * 1000;
  sample.monotonic_ns += second_ns;
  clock.refresh(sample, sample.tsc);
  EXPECT_GE(read(page(), sample.tsc + khz * 1000), read(page(), sample.tsc));
  EXPECT_GE(page().multiplier, nominal / 2 - 1);
}

TEST_F(ClockTest, RealtimeFollowsSteps) {
  clock.attach(system.data(), khz);
  ClockSample sample{.tsc = page().tsc_base, .monotonic_ns = page().monotonic_ns};
  sample.realtime_offset_ns = page().realtime_ns - page().monotonic_ns + 100;  // a reading error
  clock.refresh(sample, sample.tsc);
  EXPECT_EQ(page().realtime_ns - page().monotonic_ns, sample.realtime_offset_ns - 100);
  sample.realtime_offset_ns -= 3600 * second_ns;
  clock.refresh(sample, sample.tsc);
  EXPECT_EQ(page().realtime_ns - page().monotonic_ns, sample.realtime_offset_ns);
}

}  // namespace
}  // namespace kx::hv
