// The system-call filter: what it lets through, and that anything else ends the process.
#include "hypervisor/services/seccomp.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <functional>
#include <thread>

namespace kx::hv {
namespace {

// How a child that installs the filter and runs `body` ends, as wait(2) says.
int run_confined(const std::function<void()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!install_seccomp()) {
      ::_exit(99);
    }
    body();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

bool is_killed(const std::function<void()>& body) {
  const int status = run_confined(body);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

TEST(Seccomp, LetsTheServicesWork) {
  EXPECT_EQ(run_confined([] {
              std::thread([] { ::getpid(); }).join();
              ::kill(::getpid(), SIGWINCH);
              ::syscall(SYS_unshare, 0x200 /* CLONE_FS */);
              timer_t timer;
              ::timer_create(CLOCK_MONOTONIC, nullptr, &timer);
              ::timer_delete(timer);
              ::ioctl(0, 0xae80 /* KVM_RUN */);
              ::ioctl(0, 0x5401 /* TCGETS */);
              void* memory = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              ::munmap(memory, 4096);
            }),
            0);
}

TEST(Seccomp, KillsTheRest) {
  EXPECT_TRUE(is_killed([] { ::execl("/bin/true", "true", nullptr); }));
  EXPECT_TRUE(is_killed([] { ::syscall(SYS_ptrace, 0, 0, 0, 0); }));
  EXPECT_TRUE(is_killed([] { ::syscall(SYS_fork); }));
  EXPECT_TRUE(is_killed([] { ::syscall(SYS_unshare, 0x10000000); }));
  EXPECT_TRUE(is_killed([] { ::kill(1, 0); }));
  EXPECT_TRUE(is_killed([] { ::ioctl(0, 0x5412 /* TIOCSTI */, "x"); }));
  EXPECT_TRUE(is_killed([] { ::socket(AF_VSOCK, SOCK_STREAM, 0); }));
  EXPECT_TRUE(is_killed([] { ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }));
  EXPECT_TRUE(is_killed([] { ::syscall(0x40000000 | SYS_getpid); })) << "x32";
  EXPECT_TRUE(is_killed([] { ::syscall(100'000); }));
}

}  // namespace
}  // namespace kx::hv
