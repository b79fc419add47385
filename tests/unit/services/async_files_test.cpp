// Files with O_ASYNC: which events become signals, and to whom.
#include "hypervisor/ipc/async_files.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <vector>

namespace {

using kx::hv::UniqueFd;
using kx::hv::ipc::AsyncFiles;

class AsyncFilesTest : public ::testing::Test {
 protected:
  AsyncFilesTest() {
    EXPECT_TRUE(files_.start([this](const AsyncFiles::Owner& owner, const kx::abi::InboxSignal& information) {
      told_.push_back({owner.id, information});
    }));
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    reader_ = std::make_shared<UniqueFd>(ends[0]);
    writer_ = UniqueFd(ends[1]);
  }
  void write_byte() { EXPECT_EQ(::write(writer_.get(), "x", 1), 1); }
  bool has_news() {
    pollfd entry{files_.fd(), POLLIN, 0};
    return ::poll(&entry, 1, 0) == 1;
  }

  struct Told {
    std::int32_t owner;
    kx::abi::InboxSignal information;
  };
  AsyncFiles files_;
  std::vector<Told> told_;
  std::shared_ptr<const UniqueFd> reader_;
  UniqueFd writer_;
};

TEST_F(AsyncFilesTest, TellsTheOwnerOfEachEvent) {
  files_.set_owner(reader_, {F_OWNER_PID, 42, 1, {}});
  ASSERT_EQ(files_.set_enabled(reader_, true, 5), 0);
  EXPECT_FALSE(has_news());
  for (int i = 0; i < 2; ++i) {
    write_byte();
    EXPECT_TRUE(has_news());
    files_.dispatch();
  }
  ASSERT_EQ(told_.size(), 2U);
  EXPECT_EQ(told_[0].owner, 42);
  EXPECT_EQ(told_[0].information.signo, SIGIO);
  EXPECT_EQ(told_[0].information.code, SI_KERNEL);
  EXPECT_FALSE(has_news());
}

TEST_F(AsyncFilesTest, AChosenSignalTellsMore) {
  files_.set_owner(reader_, {F_OWNER_PID, 42, 1, {}});
  files_.set_signal(reader_, SIGRTMIN);
  ASSERT_EQ(files_.set_enabled(reader_, true, 5), 0);
  write_byte();
  files_.dispatch();
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(told_[0].information.signo, SIGRTMIN);
  EXPECT_EQ(told_[0].information.code, POLL_IN);
  EXPECT_EQ(told_[0].information.value, 5U);
  EXPECT_EQ(told_[0].information.user_ticks, POLLIN | POLLRDNORM);
}

TEST_F(AsyncFilesTest, WhatWasReadyBeforeIsNoNews) {
  files_.set_owner(reader_, {F_OWNER_PID, 42, 1, {}});
  write_byte();
  ASSERT_EQ(files_.set_enabled(reader_, true, 5), 0);
  files_.dispatch();
  EXPECT_TRUE(told_.empty());
}

TEST_F(AsyncFilesTest, NobodyIsToldWithoutAnOwnerOrWhenItIsOff) {
  ASSERT_EQ(files_.set_enabled(reader_, true, 5), 0);
  EXPECT_TRUE(files_.enabled(reader_));
  write_byte();
  files_.dispatch();
  files_.set_owner(reader_, {F_OWNER_PID, 42, 1, {}});
  ASSERT_EQ(files_.set_enabled(reader_, false, 5), 0);
  EXPECT_FALSE(files_.enabled(reader_));
  write_byte();
  files_.dispatch();
  EXPECT_TRUE(told_.empty());
}

TEST_F(AsyncFilesTest, AFileOfTheSamePlaceInheritsNothing) {
  files_.set_owner(reader_, {F_OWNER_PID, 42, 1, {}});
  files_.set_signal(reader_, SIGUSR1);
  ASSERT_EQ(files_.set_enabled(reader_, true, 5), 0);
  reader_.reset();
  for (int i = 0; i < 200; ++i) {
    const auto other = std::make_shared<const UniqueFd>(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    EXPECT_EQ(files_.owner(other).id, 0);
    EXPECT_EQ(files_.signal(other), 0);
    EXPECT_FALSE(files_.enabled(other));
  }
  files_.dispatch();
  EXPECT_TRUE(told_.empty());
}

TEST_F(AsyncFilesTest, AFileThatIsAlwaysReadyNeverTells) {
  const auto file = std::make_shared<const UniqueFd>(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
  files_.set_owner(file, {F_OWNER_PID, 42, 1, {}});
  EXPECT_EQ(files_.set_enabled(file, true, 5), 0);
  EXPECT_FALSE(files_.enabled(file));
}

TEST_F(AsyncFilesTest, RoomInASocketIsNewsOnlyWhereThereWasNone) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
  const auto first = std::make_shared<const UniqueFd>(ends[0]);
  const UniqueFd second(ends[1]);
  files_.set_owner(first, {F_OWNER_PID, 42, 1, {}});
  files_.set_signal(first, SIGRTMIN);
  ASSERT_EQ(files_.set_enabled(first, true, 5), 0);
  char bytes[4096] = {};
  const auto drain = [&] {
    while (::read(second.get(), bytes, sizeof bytes) > 0) {
    }
    files_.dispatch();
  };
  ASSERT_EQ(::write(first->get(), bytes, 1), 1);
  drain();
  EXPECT_TRUE(told_.empty());
  while (::write(first->get(), bytes, sizeof bytes) > 0) {
  }
  files_.found_full(first);
  files_.dispatch();
  EXPECT_TRUE(told_.empty());
  drain();
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(told_[0].information.code, POLL_OUT);
  drain();
  EXPECT_EQ(told_.size(), 1U);
}

}  // namespace
