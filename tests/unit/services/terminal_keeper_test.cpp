// The processes that hold terminals: what they report, what they leave, and that they are confined.
#include "hypervisor/process/terminal_keeper.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace kx::hv {
namespace {

constexpr int patience_ms = 10'000;

class TerminalKeeperTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto started = TerminalKeeper::start();
    ASSERT_TRUE(started);
    keeper = std::move(*started);
    master = UniqueFd(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    ASSERT_TRUE(master);
    ASSERT_EQ(::unlockpt(master.get()), 0);
    slave = UniqueFd(::ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
    ASSERT_TRUE(slave);
  }

  // The next message: a signal's number, 0 at the end, -1 if nothing came.
  static int next(const UniqueFd& channel) {
    pollfd events{channel.get(), POLLIN, 0};
    std::uint32_t signal = 0;
    if (::poll(&events, 1, patience_ms) != 1) {
      return -1;
    }
    const ssize_t size = ::read(channel.get(), &signal, sizeof signal);
    return size == sizeof signal ? static_cast<int>(signal) : 0;  // the end, or a reset as it left something unread
  }

  TerminalKeeper keeper;
  UniqueFd master;
  UniqueFd slave;
};

// What /proc says of processes whose name is that of the keeper and whose ancestor is this process.
std::vector<std::string> confinement_of_keepers() {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream status(entry.path() / "status");
    std::string line, name, parent, seccomp;
    while (std::getline(status, line)) {
      const auto value = [&](const char* key) {
        return line.rfind(key, 0) == 0 ? line.substr(line.find('\t') + 1) : "";
      };
      name = name.empty() ? value("Name:") : name;
      parent = parent.empty() ? value("PPid:") : parent;
      seccomp = seccomp.empty() ? value("Seccomp:") : seccomp;
    }
    if (name == "kx-terminals" && parent == std::to_string(::getpid())) {
      found.push_back(seccomp);
    }
  }
  return found;
}

TEST_F(TerminalKeeperTest, ReportsSignalsOfTheTerminal) {
  UniqueFd channel;
  ASSERT_EQ(keeper.hold(slave.get(), 0, channel), 0);
  EXPECT_EQ(::write(master.get(), "\3", 1), 1);
  EXPECT_EQ(next(channel), SIGINT);
  EXPECT_EQ(::write(master.get(), "\34", 1), 1);
  EXPECT_EQ(next(channel), SIGQUIT);
  EXPECT_EQ(::write(master.get(), "\32", 1), 1);
  EXPECT_EQ(next(channel), SIGTSTP);
  const winsize size{10, 20, 0, 0};
  EXPECT_EQ(::ioctl(master.get(), TIOCSWINSZ, &size), 0);
  EXPECT_EQ(next(channel), SIGWINCH);
  master.reset();
  EXPECT_EQ(next(channel), SIGHUP);
  EXPECT_EQ(next(channel), 0);
}

TEST_F(TerminalKeeperTest, ATerminalIsOneSessionsUntilItIsLetGo) {
  UniqueFd first, second;
  ASSERT_EQ(keeper.hold(slave.get(), 0, first), 0);
  EXPECT_EQ(keeper.hold(slave.get(), 1, second), -EPERM);
  EXPECT_EQ(next(second), 0);
  EXPECT_EQ(::write(first.get(), "", 1), 1);
  EXPECT_EQ(next(first), 0);
  EXPECT_EQ(keeper.hold(slave.get(), 1, second), 0);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  EXPECT_EQ(keeper.hold(null, 2, first), -ENOTTY);
  ::close(null);
}

TEST_F(TerminalKeeperTest, KeepsNoTerminalOpen) {
  UniqueFd channel;
  ASSERT_EQ(keeper.hold(slave.get(), 0, channel), 0);
  slave.reset();
  char byte;
  EXPECT_EQ(::read(master.get(), &byte, 1), -1);
  EXPECT_EQ(errno, EIO);
}

TEST_F(TerminalKeeperTest, IsConfined) {
  ASSERT_TRUE(keeper.wait_until_confined());
  const std::vector<std::string> confined = confinement_of_keepers();
  EXPECT_FALSE(confined.empty());
  for (const std::string& mode : confined) {
    EXPECT_EQ(mode, "2") << "a filter (proc_pid_status(5))";
  }
}

TEST_F(TerminalKeeperTest, RefusesWithoutAProcess) {
  UniqueFd channel;
  EXPECT_EQ(TerminalKeeper().hold(slave.get(), 0, channel), -EPERM);
}

}  // namespace
}  // namespace kx::hv
