// Kicks that are put off: one comes when it is due, and none after it was taken back.
#include "hypervisor/vcpu/kick_timer.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include "hypervisor/vcpu/interruptible.hpp"

namespace kx::hv {
namespace {

std::uint64_t now_ns() {
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

class KickTimers : public ::testing::Test {
 protected:
  KickTimers() { install_kick_handler(); }

  // Whether a kick ends a wait of so long.
  static bool is_kicked(int milliseconds) { return ::poll(nullptr, 0, milliseconds) < 0; }

  KickTimer timer_;
  std::uint8_t immediate_exit_ = 0;
};

TEST_F(KickTimers, KickWhenDue) {
  const std::uint64_t due = now_ns() + 20'000'000;
  ASSERT_TRUE(timer_.arm(::gettid(), &immediate_exit_, due));
  EXPECT_EQ(immediate_exit_, 0);
  EXPECT_TRUE(is_kicked(60'000));
  EXPECT_GE(now_ns(), due);
  EXPECT_EQ(immediate_exit_, 1);
}

TEST_F(KickTimers, AreOneAtATime) {
  ASSERT_TRUE(timer_.arm(::gettid(), &immediate_exit_, now_ns() + 20'000'000));
  ASSERT_TRUE(timer_.arm(::gettid(), &immediate_exit_, now_ns() + 3600'000'000'000));
  EXPECT_TRUE(is_kicked(60'000)) << "the second put off the first";
  EXPECT_FALSE(is_kicked(50));
}

TEST_F(KickTimers, AreTakenBack) {
  ASSERT_TRUE(timer_.arm(::gettid(), &immediate_exit_, now_ns() + 50'000'000));
  timer_.disarm();
  EXPECT_FALSE(is_kicked(200));
  EXPECT_EQ(immediate_exit_, 0);
  ASSERT_TRUE(timer_.arm(::gettid(), &immediate_exit_, now_ns()));
  for (int i = 0; immediate_exit_ == 0 && i < 1000; ++i) {
    is_kicked(10);
  }
  EXPECT_EQ(immediate_exit_, 1) << "it can be armed again";
}

}  // namespace
}  // namespace kx::hv
