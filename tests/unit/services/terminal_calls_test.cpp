// What terminals are asked about processes, as a guest asks it; the terminals are the host's.
#include <sys/ioctl.h>
#include <termios.h>

#include <array>
#include <kx/abi/result.hpp>
#include <kx/abi/syscall_shapes.hpp>

#include "call_fixture.hpp"
#include "terminal_jobs.hpp"

namespace kx::hv {
namespace {

using abi::HostCall;
using abi::Segment;

class TerminalCalls : public CallFixture {
 protected:
  void SetUp() override {
    CallFixture::SetUp();
    services.jobs = &jobs;
    services.process_id = jobs.own_session;
    const int fd = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    ASSERT_GE(fd, 0);
    ASSERT_EQ(::unlockpt(fd), 0);
    master = static_cast<std::uint64_t>(handles.add(UniqueFd(fd)));
    const int other = ::ioctl(fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    ASSERT_GE(other, 0);
    slave = static_cast<std::uint64_t>(handles.add(UniqueFd(other)));
  }

  std::int64_t ask(std::uint64_t handle, std::uint64_t request, std::uint64_t in_background = 0) {
    return call(HostCall::Ioctl, {handle, request, 0, in_background});
  }
  std::int64_t write(std::uint64_t in_background) {
    std::memcpy(guest(ram), "x", 1);
    put(0, Segment{ram, 1});
    return call(HostCall::Write, {slave, 0, 1, abi::null_offset, 0, in_background});
  }

  TerminalJobs jobs;
  std::uint64_t master = 0;
  std::uint64_t slave = 0;
};

TEST_F(TerminalCalls, ATerminalIsTakenAndLeft) {
  EXPECT_EQ(ask(slave, TIOCGPGRP), -ENOTTY);
  EXPECT_EQ(ask(slave, TIOCGSID), -ENOTTY);
  EXPECT_EQ(ask(master, TIOCGPGRP), 0);
  EXPECT_EQ(get<std::int32_t>(0), 0);
  EXPECT_EQ(ask(slave, TIOCNOTTY), -ENOTTY);
  jobs.leads = false;
  EXPECT_EQ(ask(slave, TIOCSCTTY), -EPERM);
  jobs.leads = true;
  on_service = true;
  EXPECT_EQ(ask(slave, TIOCSCTTY), abi::result_must_exit) << "the host is waited for";
  on_service = false;
  EXPECT_EQ(jobs.own, nullptr);
  EXPECT_EQ(ask(slave, TIOCSCTTY), 0);
  EXPECT_EQ(ask(slave, TIOCSCTTY), 0) << "it has it";
  EXPECT_EQ(ask(slave, TIOCGPGRP), 0);
  EXPECT_EQ(get<std::int32_t>(0), jobs.own_group);
  EXPECT_EQ(ask(master, TIOCGSID), 0);
  EXPECT_EQ(get<std::int32_t>(0), jobs.own_session);
  EXPECT_EQ(ask(master, TIOCNOTTY), -ENOTTY);
  EXPECT_EQ(ask(slave, TIOCNOTTY), 0);
  EXPECT_EQ(ask(slave, TIOCGSID), -ENOTTY);
}

TEST_F(TerminalCalls, WhatIsNoTerminalIsRefused) {
  const std::uint64_t null = open_host("/dev/null", O_RDWR);
  for (const std::uint64_t handle : {directory, null}) {
    for (const std::uint64_t request : {TIOCGPGRP, TIOCSPGRP, TIOCGSID, TIOCSCTTY, TIOCNOTTY}) {
      EXPECT_EQ(ask(handle, request), -ENOTTY) << handle << " " << request;
    }
  }
  services.jobs = nullptr;
  EXPECT_EQ(ask(slave, TIOCSCTTY), -ENOTTY);
}

TEST_F(TerminalCalls, TheForegroundGroupIsChecked) {
  ASSERT_EQ(ask(slave, TIOCSCTTY), 0);
  put(0, std::int32_t{-1});
  EXPECT_EQ(ask(slave, TIOCSPGRP), -EINVAL);
  put(0, std::int32_t{5});
  EXPECT_EQ(ask(slave, TIOCSPGRP), -ESRCH);
  EXPECT_EQ(call(HostCall::Ioctl, {slave, TIOCSPGRP, abi::vcpu_call_buffer_size - 3}), -EFAULT);
  put(0, TerminalJobs::other_group);
  EXPECT_EQ(ask(slave, TIOCSPGRP), 0);
  EXPECT_EQ(ask(slave, TIOCSPGRP), abi::result_background);
  EXPECT_EQ(ask(slave, TIOCSPGRP, 1), 0) << "who ignores SIGTTOU may";
}

TEST_F(TerminalCalls, TheBackgroundIsTold) {
  ASSERT_EQ(ask(slave, TIOCSCTTY), 0);
  EXPECT_EQ(write(0), 1);
  jobs.own->foreground = TerminalJobs::other_group;
  put(0, Segment{ram, 1});
  EXPECT_EQ(call(HostCall::Read, {slave, 0, 1, abi::null_offset, 0}), abi::result_background);
  EXPECT_EQ(write(0), 1) << "without TOSTOP";
  EXPECT_EQ(ask(slave, TCFLSH), abi::result_background);
  EXPECT_EQ(ask(slave, TCGETS), 0);
  auto modes = get<std::array<std::uint32_t, 9>>(0);
  modes[3] |= TOSTOP;
  put(0, modes);
  EXPECT_EQ(ask(slave, TCSETS), abi::result_background);
  EXPECT_EQ(ask(slave, TCSETS, 1), 0);
  EXPECT_EQ(write(0), abi::result_background);
  EXPECT_EQ(write(1), 1);
}

}  // namespace
}  // namespace kx::hv
