// Identities of threads: each case in a child of its own, as some cannot be undone.
#include "hypervisor/process/identity.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <thread>

namespace {

using kx::abi::Identity;
using kx::hv::identity_call;
using kx::hv::identity_of_thread;
using kx::hv::take_identity;

bool holds_in_child(const std::function<bool()>& condition) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(condition() ? 0 : 1);
  }
  int status = -1;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(Identity, IsWhatTheHostSays) {
  const Identity identity = identity_of_thread();
  EXPECT_EQ(identity.user.real, ::getuid());
  EXPECT_EQ(identity.user.file, ::geteuid());
  EXPECT_EQ(identity.group.effective, ::getegid());
  EXPECT_EQ(take_identity(identity), 0);
}

TEST(Identity, OfAnotherThreadIsTakenWhole) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  EXPECT_TRUE(holds_in_child([] {
    Identity wanted;
    std::thread([&] {
      const gid_t groups[] = {7, 9};
      identity_call(SYS_setgroups, 2, groups);
      identity_call(SYS_setresgid, 11, 12, 13);
      identity_call(SYS_setresuid, 21, 22, 23);
      wanted = identity_of_thread();
    }).join();
    const bool own_kept = ::geteuid() == 0;
    bool taken = false;
    std::thread([&] { taken = take_identity(wanted) == 0 && identity_of_thread() == wanted; }).join();
    return own_kept && taken && wanted.user.saved == 23 && wanted.group_count == 2 && wanted.effective == 0;
  }));
}

TEST(Identity, KeptCapabilitiesAreTakenToo) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  EXPECT_TRUE(holds_in_child([] {
    Identity wanted;
    std::thread([&] {
      identity_call(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
      identity_call(SYS_setresuid, 21, 21, 21);
      constexpr std::uint32_t chown = 1 << CAP_CHOWN;
      kx::hv::set_capabilities({{{chown, chown, 0}, {0, 0, 0}}});
      wanted = identity_of_thread();
    }).join();
    bool taken = false;
    std::thread([&] { taken = take_identity(wanted) == 0; }).join();
    return taken && wanted.effective == 1 << CAP_CHOWN && wanted.user.real == 21;
  }));
}

TEST(Identity, WhoHasNoRightsGetsNone) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  EXPECT_TRUE(holds_in_child([] {
    const Identity root = identity_of_thread();
    bool refused = false;
    std::thread([&] {
      identity_call(SYS_setresuid, 21, 21, 21);
      refused = take_identity(root) != 0 && identity_of_thread().user.effective == 21;
    }).join();
    return refused;
  }));
}

}  // namespace
