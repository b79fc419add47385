// Who of the family is behind a socket, as far as it can be known.
#include "hypervisor/ipc/socket_peers.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hypervisor/unique_fd.hpp"

namespace kx::hv::ipc {
namespace {

constexpr pid_t first = 10, second = 20;

struct SocketPeersTest : ::testing::Test {
  void SetUp() override {
    int fds[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    const int on = 1;
    ASSERT_EQ(::setsockopt(fds[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on), 0);
    reader = UniqueFd(fds[0]);
    writer = UniqueFd(fds[1]);
    peers.watch_senders();
    if (send(first) != 1 || peers.receiving(reader.get()).peer_inode == 0) {
      GTEST_SKIP() << "the kernel has no sock_diag for UNIX sockets";
    }
    drain();
  }
  std::int64_t send(pid_t pid) {
    return peers.send_at_once(writer.get(), pid, [&] { return ::write(writer.get(), "x", 1); });
  }
  void drain() {
    char bytes[64];
    ASSERT_GT(::read(reader.get(), bytes, sizeof bytes), 0);
  }

  UniqueFd reader, writer;
  SocketPeers peers;
};

TEST_F(SocketPeersTest, PeersOfAPairAreKnown) {
  EXPECT_EQ(peers.peer(reader.get()), 0);
  peers.paired(reader.get(), first);
  EXPECT_EQ(peers.peer(reader.get()), first);
  EXPECT_EQ(peers.peer(writer.get()), 0);
}

TEST_F(SocketPeersTest, SendersInTurnAreToldApart) {
  for (const pid_t pid : {second, first, first, second}) {
    ASSERT_EQ(send(pid), 1);
    const auto before = peers.receiving(reader.get());
    drain();
    EXPECT_EQ(peers.sender(before), pid);
  }
}

TEST_F(SocketPeersTest, WhoSentBehindAnotherIsNotGuessed) {
  ASSERT_EQ(send(first), 1);
  ASSERT_EQ(send(second), 1);
  EXPECT_EQ(peers.sender(peers.receiving(reader.get())), 0);
}

TEST_F(SocketPeersTest, AMessageThatWasWaitedForIsOfTheOnlyBatch) {
  auto before = peers.receiving(reader.get());
  ASSERT_EQ(send(second), 1);
  drain();
  EXPECT_EQ(peers.sender(before), second);
  ASSERT_EQ(send(first), 1);
  EXPECT_EQ(peers.sender(before), 0) << "it may be of either";
  drain();
  before = peers.receiving(reader.get());
  {
    const SocketPeers::Sending waits(peers, writer.get(), first);
    ASSERT_EQ(send(second), 1);
    EXPECT_EQ(peers.sender(before), 0);
  }
}

TEST_F(SocketPeersTest, AFailureChangesNothing) {
  ASSERT_EQ(send(first), 1);
  EXPECT_EQ(peers.send_at_once(writer.get(), second, [] { return -EAGAIN; }), -EAGAIN);
  EXPECT_EQ(peers.sender(peers.receiving(reader.get())), first);
}

TEST(RecentMap, ForgetsTheOldest) {
  RecentMap<int> map;
  for (std::uint64_t key = 0; key < 100'000; ++key) {
    map[key] = 1;
  }
  EXPECT_EQ(map.find(0), nullptr);
  EXPECT_NE(map.find(99'999), nullptr);
}

}  // namespace
}  // namespace kx::hv::ipc
