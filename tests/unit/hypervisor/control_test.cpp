// Names and permissions of control sockets.
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "hypervisor/control/runtime_directory.hpp"

namespace kx::hv::control {
namespace {

class RuntimeDirectory : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(::mkdtemp(base_.data()), nullptr); }
  void TearDown() override {
    ::unlink((directory() + "/" + socket_name(::getpid())).c_str());
    ::rmdir(directory().c_str());
    ::unlink(directory().c_str());
    ::rmdir(base_.c_str());
  }
  [[nodiscard]] std::string directory() const { return base_ + "/kx"; }

  std::string base_ = "/tmp/kx-control-test-XXXXXX";
};

TEST(ControlSocketName, IsThatOfTheFamily) {
  EXPECT_EQ(socket_name(4711), "4711.sock");
  EXPECT_EQ(family_of_socket("4711.sock"), 4711);
  for (const char* name : {"", ".sock", "4711", "-1.sock", "0.sock", "47x.sock", "4711.sock2", "99999999999.sock"}) {
    EXPECT_EQ(family_of_socket(name), std::nullopt) << name;
  }
}

TEST_F(RuntimeDirectory, IsMadeForItsUserAlone) {
  const auto listener = listen_in(directory());
  ASSERT_TRUE(listener) << listener.error().message();
  struct stat status {};
  ASSERT_EQ(::stat(directory().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0700u);
  ASSERT_EQ(::stat((directory() + "/" + socket_name(::getpid())).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  EXPECT_TRUE(is_trustworthy(directory()));
}

TEST_F(RuntimeDirectory, TakesThePlaceOfAStaleSocket) {
  { ASSERT_TRUE(listen_in(directory())); }
  EXPECT_TRUE(listen_in(directory()));
}

// Whoever looks meanwhile would remove a socket that nobody listens on.
TEST_F(RuntimeDirectory, NamesASocketOnceItListens) {
  ASSERT_EQ(::mkdir(directory().c_str(), 0700), 0);
  const UniqueFd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  ASSERT_GE(::inotify_add_watch(watch.get(), directory().c_str(), IN_CREATE | IN_MOVED_TO), 0);
  ASSERT_TRUE(listen_in(directory()));
  alignas(inotify_event) char events[4096];
  const ssize_t length = ::read(watch.get(), events, sizeof events);
  int moved = 0;
  for (ssize_t at = 0; at < length;) {
    const auto* const event = reinterpret_cast<const inotify_event*>(events + at);
    if (family_of_socket(event->name)) {
      EXPECT_EQ(event->mask, static_cast<std::uint32_t>(IN_MOVED_TO));
      ++moved;
    }
    at += static_cast<ssize_t>(sizeof *event + event->len);
  }
  EXPECT_EQ(moved, 1);
}

TEST_F(RuntimeDirectory, IsRefusedIfOthersMayUseIt) {
  ASSERT_EQ(::mkdir(directory().c_str(), 0700), 0);
  ASSERT_EQ(::chmod(directory().c_str(), 0777), 0);
  EXPECT_FALSE(listen_in(directory()));
  EXPECT_FALSE(is_trustworthy(directory()));
}

TEST_F(RuntimeDirectory, IsRefusedIfItIsALink) {
  ASSERT_EQ(::symlink("/run", directory().c_str()), 0);
  EXPECT_FALSE(listen_in(directory()));
  EXPECT_FALSE(is_trustworthy(directory()));
}

}  // namespace
}  // namespace kx::hv::control
