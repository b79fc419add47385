// Host calls about the files of programs, and about moving waiters of futexes.
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include "call_fixture.hpp"
#include "hypervisor/process/program_files.hpp"

namespace kx::hv {
namespace {

using abi::HostCall;

class ProgramCalls : public CallFixture {
 protected:
  void SetUp() override {
    CallFixture::SetUp();
    services.programs = &programs;
    open_host(path + "/program", O_WRONLY | O_CREAT);
    handles.remove(directory + 1);
    put_text(0, "program");
  }
  std::int64_t open(std::uint64_t flags) { return call(HostCall::Open, {directory, 0, flags, 0700, 0}); }

  ProgramFiles programs;
};

TEST_F(ProgramCalls, NobodyWritesToARunningProgram) {
  const std::int64_t reader = open(O_RDONLY);
  ASSERT_GE(reader, 0);
  Program program = programs.add(handles.get(static_cast<std::uint64_t>(reader)));
  EXPECT_EQ(open(O_WRONLY), -ETXTBSY);
  EXPECT_EQ(open(O_RDWR | O_CREAT), -ETXTBSY);
  EXPECT_EQ(open(O_RDONLY | O_TRUNC), -ETXTBSY);
  EXPECT_EQ(call(SYS_truncate, {0, 0}, directory), -ETXTBSY);
  EXPECT_GE(open(O_RDONLY), 0);
  program.reset();
  EXPECT_GE(open(O_WRONLY | O_TRUNC), 0);
  EXPECT_EQ(call(SYS_truncate, {0, 0}, directory), 0);
}

TEST_F(ProgramCalls, WritersAreFoundWhileThereAreSome) {
  const auto reader = static_cast<std::uint64_t>(open(O_RDONLY));
  EXPECT_EQ(call(HostCall::CheckProgram, {reader}), 0);
  const auto writer = static_cast<std::uint64_t>(open(O_WRONLY));
  EXPECT_EQ(call(HostCall::CheckProgram, {reader}), -ETXTBSY);
  EXPECT_EQ(call(HostCall::Close, {writer}), 0);
  EXPECT_EQ(call(HostCall::CheckProgram, {reader}), 0);
  EXPECT_EQ(call(HostCall::CheckProgram, {77}), -EBADF);
}

TEST_F(ProgramCalls, OnlyWordsOfTheGuestAreRequeued) {
  constexpr std::uint64_t outside = abi::memory_gpa_end - 4096;
  EXPECT_EQ(call(HostCall::FutexRequeue, {ram, ram + 64, 1, 0, 0}), 0);
  EXPECT_EQ(call(HostCall::FutexRequeue, {ram, outside, 1, 0, 0}), -EFAULT);
  EXPECT_EQ(call(HostCall::FutexRequeue, {outside, ram, 1, 0, 0}), -EFAULT);
  EXPECT_EQ(call(HostCall::FutexRequeue, {ram + 2, ram, 1, 0, 0}), -EINVAL);
  EXPECT_EQ(call(HostCall::FutexRequeue, {ram, ram + 64, ~0ull, 1, abi::futex_requeue_compares}), -EAGAIN);
  EXPECT_EQ(call(HostCall::FutexRequeue, {ram, ram + 64, ~0ull, 0, abi::futex_requeue_compares}), 0);
}

}  // namespace
}  // namespace kx::hv
