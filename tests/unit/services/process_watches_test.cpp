// What pidfds are on the host: told of the end of their own process, once and for all.
#include "hypervisor/process/process_watches.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <vector>

namespace kx::hv {
namespace {

constexpr ProcessReference first{5, 50};
constexpr ProcessReference with_its_number{5, 51};

class ProcessWatchesTest : public ::testing::Test {
 protected:
  void SetUp() override { ::signal(SIGPIPE, SIG_IGN); }

  UniqueFd open(const ProcessReference& process, ProcessWatches::Stage stage = ProcessWatches::Stage::Running) {
    UniqueFd fd;
    EXPECT_EQ(watches.open(process, stage, false, fd), 0);
    return fd;
  }

  static int events_of(const UniqueFd& fd) {
    pollfd entry{fd.get(), POLLIN | POLLOUT, 0};
    EXPECT_GE(::poll(&entry, 1, 0), 0);
    return entry.revents;
  }

  ProcessWatches watches;
};

TEST_F(ProcessWatchesTest, TellsTheEndOfItsProcessAlone) {
  const UniqueFd one = open(first), two = open(first), other = open(with_its_number);
  EXPECT_EQ(events_of(one), 0);
  watches.ended(first);
  EXPECT_EQ(events_of(one), POLLIN);
  EXPECT_EQ(events_of(two), POLLIN);
  EXPECT_EQ(events_of(other), 0) << "another process that has its number";
  watches.gone(first);
  EXPECT_EQ(events_of(one), POLLIN | POLLHUP);
  EXPECT_EQ(events_of(other), 0);
}

TEST_F(ProcessWatchesTest, TellsOfAZombieAtOnce) {
  EXPECT_EQ(events_of(open(first, ProcessWatches::Stage::Ended)), POLLIN);
}

TEST_F(ProcessWatchesTest, IsKnownAgainAfterAJourney) {
  const UniqueFd one = open(first);
  const UniqueFd passed(::fcntl(one.get(), F_DUPFD_CLOEXEC, 0));
  EXPECT_EQ(watches.find(passed.get()), first);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd reader(ends[0]), writer(ends[1]);
  EXPECT_EQ(watches.find(reader.get()), std::nullopt) << "some pipe";
  EXPECT_EQ(watches.find(-1), std::nullopt);
}

TEST_F(ProcessWatchesTest, KeepsNothingOfWhatNobodyReads) {
  const UniqueFd kept = open(first);
  const int lowest = ::dup(kept.get());
  ::close(lowest);
  for (int i = 0; i < 1000; ++i) {
    open(first);
  }
  const UniqueFd next(::dup(kept.get()));
  EXPECT_LT(next.get(), lowest + 200) << "descriptors are given back";
  watches.ended(first);
  EXPECT_EQ(events_of(kept), POLLIN);
}

}  // namespace
}  // namespace kx::hv
