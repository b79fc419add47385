// The service thread: serves posted calls, sleeps and wakes, forwards signals and timers, and lets go.
#include "hypervisor/services/service_thread.hpp"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "call_fixture.hpp"
#include "hypervisor/services/timers.hpp"

namespace kx::hv {
namespace {

using namespace std::chrono_literals;

struct ServiceThreadTest : CallFixture {
  void SetUp() override {
    CallFixture::SetUp();
    prepare_signals();
    auto started = ServiceThread::start({.slow_exits = true, .spin_limit = 100ms, .tsc_khz = 1000},
                                        [this](const abi::InboxSignal& information) {
                                          code.store(information.code);
                                          signalled.store(information.signo);
                                        });
    ASSERT_TRUE(started);
    service = std::move(*started);
    page = reinterpret_cast<abi::VcpuPage*>(guest(abi::vcpu0_gpa, sizeof(abi::VcpuPage)));  // SAFETY: its place
    if (!service->polls()) {
      GTEST_SKIP() << "one processor";
    }
  }

  template <class Predicate>
  bool eventually(Predicate predicate) {
    for (int i = 0; i < 5000 && !predicate(); ++i) {
      ::usleep(1000);
    }
    return predicate();
  }
  std::uint32_t awake() { return std::atomic_ref(page->service_awake).load(); }
  std::uint32_t state() { return std::atomic_ref(page->call.state).load(std::memory_order_acquire); }
  void post(std::uint32_t number) {
    page->call.number = number;
    std::atomic_ref(page->call.state).store(static_cast<std::uint32_t>(abi::CallState::Posted));
  }
  bool is_done() { return state() == static_cast<std::uint32_t>(abi::CallState::Done); }

  std::unique_ptr<ServiceThread> service;
  abi::VcpuPage* page = nullptr;
  std::atomic<int> signalled = 0;
  std::atomic<int> code = 0;
};

TEST_F(ServiceThreadTest, ServesWhileAwakeAndSleepsOtherwise) {
  service->add_vcpu(services, 0, Gpa{abi::vcpu0_gpa});
  EXPECT_EQ(awake(), 0u);
  ASSERT_TRUE(eventually([&] {  // it is awake for a moment only: each nudge is watched
    service->nudge();
    for (int i = 0; i < 100'000 && awake() == 0; ++i) {
      __builtin_ia32_pause();
    }
    return awake() == 1;
  }));
  post(SYS_uname);
  service->nudge();
  ASSERT_TRUE(eventually([&] { return is_done(); }));
  EXPECT_EQ(page->call.result, 0);
  post(SYS_fsync);
  service->nudge();
  ASSERT_TRUE(eventually([&] { return is_done(); }));
  EXPECT_EQ(page->call.result, abi::result_must_exit);
  EXPECT_TRUE(eventually([&] { return awake() == 0; }));
  service->remove_vcpu(services, 0);
  post(SYS_uname);
  service->nudge();
  ::usleep(20'000);
  EXPECT_FALSE(is_done()) << "not watched any more";
}

TEST_F(ServiceThreadTest, StopsWhileAwake) {
  service->add_vcpu(services, 0, Gpa{abi::vcpu0_gpa});
  service->nudge();
  service->stop();
  EXPECT_EQ(awake(), 0u);
  service->remove_vcpu(services, 0);
}

TEST_F(ServiceThreadTest, ForwardsSignals) {
  ::kill(::getpid(), SIGWINCH);
  EXPECT_TRUE(eventually([&] { return signalled == SIGWINCH; }));
  EXPECT_EQ(code, SI_USER);
}

TEST_F(ServiceThreadTest, DispatchesTimers) {
  std::atomic<std::uint64_t> expirations = 0;
  std::atomic<std::uint64_t> pvm_ns = 0, thread_ns = 0;
  std::atomic<bool> thread_runs = true;
  auto timers = TimerService::create(
      [&](std::uint32_t timer, std::uint64_t count) {
        EXPECT_EQ(timer, 5u);
        expirations += count;
      },
      [&](std::optional<std::uint32_t> vcpu) -> std::optional<std::uint64_t> {
        return !vcpu                       ? std::optional(pvm_ns.load())
               : thread_runs && *vcpu == 7 ? std::optional(thread_ns.load())
                                           : std::nullopt;
      });
  ASSERT_TRUE(timers);
  ASSERT_TRUE(service->add_timers(*timers));
  services.timers = &*timers;
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const std::uint64_t soon = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + 1;
  EXPECT_EQ(call(abi::HostCall::TimerArm, {5, CLOCK_MONOTONIC, soon, 5'000'000}), 0);
  EXPECT_TRUE(eventually([&] { return expirations > 3; }));
  EXPECT_EQ(call(abi::HostCall::TimerArm, {5, CLOCK_MONOTONIC, 0, 0}), 0);
  expirations = 0;
  EXPECT_EQ(call(abi::HostCall::TimerArm, {5, CLOCK_PROCESS_CPUTIME_ID, 100, 0}), 0);
  thread_ns = 1'000'000;
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(expirations, 0u);  // not for the time of others
  pvm_ns = 100;
  EXPECT_TRUE(eventually([&] { return expirations == 1; }));
  EXPECT_EQ(call(abi::HostCall::TimerArm, {5, CLOCK_THREAD_CPUTIME_ID, 2'000'000, 1'000'000, 7}), 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(expirations, 1u);
  thread_ns = 4'500'000;
  EXPECT_TRUE(eventually([&] { return expirations == 4; }));
  thread_runs = false;
  thread_ns = 9'000'000;
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(expirations, 4u);
  EXPECT_EQ(call(abi::HostCall::TimerArm, {5, CLOCK_THREAD_CPUTIME_ID, 1, 0, 7}), -ESRCH);
  EXPECT_EQ(call(abi::HostCall::TimerArm, {5, CLOCK_THREAD_CPUTIME_ID, 1, 0, 1ull << 32 | 7}), -EINVAL);
  EXPECT_EQ(call(abi::HostCall::TimerArm, {abi::max_timers, CLOCK_MONOTONIC, 1, 0}), -EINVAL);
  EXPECT_EQ(call(abi::HostCall::TimerArm, {1, 9, 1, 0}), -EINVAL);
  service->remove_timers(*timers);
}

}  // namespace
}  // namespace kx::hv
