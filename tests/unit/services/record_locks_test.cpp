// Record locks of processes: conflicts within the family and with the host, deadlocks, what ends them.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <random>
#include <thread>
#include <vector>

#include "call_fixture.hpp"
#include "hypervisor/ipc/family_ipc.hpp"

namespace kx::hv {
namespace {

using abi::HostCall;

constexpr std::int32_t parent = 2, child = 3;

void settle() {
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

class RecordLocks : public CallFixture {
 protected:
  void SetUp() override {
    CallFixture::SetUp();
    fd = UniqueFd(::open((path + "/f").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    second = UniqueFd(::open((path + "/g").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    proc = UniqueFd(::open("/proc", O_PATH | O_CLOEXEC));
  }

  std::int64_t set(std::int32_t pid, short type, std::int64_t start, std::int64_t end, int file = -1) {
    return ipc.locks.set(file < 0 ? fd.get() : file, {start, end, type, pid}, false, {}, proc.get());
  }
  std::int64_t wait(std::int32_t pid, short type, std::int64_t start, std::int64_t end, int file,
                    const std::uint32_t* word) {
    return ipc.locks.set(file, {start, end, type, pid}, true, {word, {}}, proc.get());
  }
  // What another process of the host sees: the type of the first lock in [start, end].
  short host_sees(std::int64_t start, std::int64_t end) {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_start = start;
    lock.l_len = end - start + 1;
    const UniqueFd other(::open((path + "/f").c_str(), O_RDWR | O_CLOEXEC));
    EXPECT_EQ(::fcntl(other.get(), F_OFD_GETLK, &lock), 0);
    return lock.l_type;
  }

  UniqueFd fd, second, proc;
};

TEST_F(RecordLocks, RelativesConflict) {
  EXPECT_EQ(set(parent, F_WRLCK, 0, 9), 0);
  EXPECT_EQ(set(child, F_RDLCK, 9, 9), -EAGAIN);
  EXPECT_EQ(set(child, F_WRLCK, 10, 19), 0);
  EXPECT_EQ(set(parent, F_RDLCK, 0, 4), 0);
  EXPECT_EQ(set(child, F_RDLCK, 2, 3), 0);
  EXPECT_EQ(set(parent, F_WRLCK, 3, 3), -EAGAIN);
  ipc::LockRange found{0, INT64_MAX, F_WRLCK, parent};
  EXPECT_EQ(ipc.locks.find_conflict(fd.get(), found, proc.get()), 0);
  EXPECT_EQ(found.pid, child);
  EXPECT_EQ(found.start, 2);
  EXPECT_EQ(found.end, 3);
}

TEST_F(RecordLocks, TheHostSeesTheUnion) {
  EXPECT_EQ(set(parent, F_RDLCK, 0, 9), 0);
  EXPECT_EQ(set(child, F_RDLCK, 5, 14), 0);
  EXPECT_EQ(host_sees(14, 14), F_RDLCK);
  EXPECT_EQ(set(parent, F_UNLCK, 0, INT64_MAX), 0);
  EXPECT_EQ(host_sees(0, 4), F_UNLCK);
  EXPECT_EQ(host_sees(5, 9), F_RDLCK) << "the child still has it";
  ipc.process_gone(child);
  EXPECT_EQ(host_sees(0, 1000), F_UNLCK);
  EXPECT_EQ(set(child, F_WRLCK, 3, INT64_MAX), 0);
  EXPECT_EQ(host_sees(1000, 1000), F_WRLCK);
}

TEST_F(RecordLocks, TheHostsOwnLocksCount) {
  const UniqueFd other(::open((path + "/f").c_str(), O_RDWR | O_CLOEXEC));
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_len = 5;
  ASSERT_EQ(::fcntl(other.get(), F_OFD_SETLK, &lock), 0);
  EXPECT_EQ(set(parent, F_RDLCK, 4, 6), -EAGAIN);
  EXPECT_EQ(set(parent, F_RDLCK, 5, 6), 0);
  ipc::LockRange found{0, 100, F_RDLCK, parent};
  EXPECT_EQ(ipc.locks.find_conflict(fd.get(), found, proc.get()), 0);
  EXPECT_EQ(found.pid, -1);
  EXPECT_EQ(found.end, 4);
  std::uint32_t word = 0;
  std::int64_t result = 1;
  std::thread waiting([&] { result = wait(child, F_WRLCK, 0, 4, fd.get(), &word); });
  settle();
  lock.l_type = F_UNLCK;
  ASSERT_EQ(::fcntl(other.get(), F_OFD_SETLK, &lock), 0);
  waiting.join();
  EXPECT_EQ(result, 0);
  EXPECT_EQ(host_sees(0, 4), F_WRLCK);
}

TEST_F(RecordLocks, AReadOnlyFileBecomesWritable) {
  const UniqueFd reader(::open((path + "/f").c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(set(parent, F_RDLCK, 0, 9, reader.get()), 0);
  EXPECT_EQ(set(child, F_WRLCK, 20, 29), 0);
  EXPECT_EQ(host_sees(0, 9), F_RDLCK);
  EXPECT_EQ(host_sees(20, 29), F_WRLCK);
}

TEST_F(RecordLocks, WaitersGoOnWhenItIsFree) {
  EXPECT_EQ(set(parent, F_WRLCK, 0, 9), 0);
  std::uint32_t word = 0;
  std::int64_t result = 1;
  std::thread waiting([&] { result = wait(child, F_WRLCK, 5, 5, fd.get(), &word); });
  settle();
  EXPECT_EQ(set(parent, F_UNLCK, 0, 4), 0);
  settle();
  EXPECT_EQ(set(child, F_WRLCK, 5, 5), -EAGAIN);
  ipc.process_gone(parent);
  waiting.join();
  EXPECT_EQ(result, 0);
  EXPECT_EQ(set(parent, F_WRLCK, 5, 5), -EAGAIN);
}

TEST_F(RecordLocks, AKickEndsTheWait) {
  EXPECT_EQ(set(parent, F_WRLCK, 0, 9), 0);
  EXPECT_EQ(ipc.locks.set(fd.get(), {0, 9, F_WRLCK, child}, true, {}, proc.get()), abi::result_must_exit);
  std::uint32_t word = 0;
  std::int64_t result = 1;
  std::thread waiting([&] { result = wait(child, F_WRLCK, 5, 5, fd.get(), &word); });
  settle();
  std::atomic_ref(word).store(1);
  ::pthread_kill(waiting.native_handle(), kick_signal());
  waiting.join();
  EXPECT_EQ(result, -EINTR);
}

TEST_F(RecordLocks, ADeadlockIsAnError) {
  EXPECT_EQ(set(parent, F_WRLCK, 0, 0), 0);
  EXPECT_EQ(set(child, F_WRLCK, 0, 0, second.get()), 0);
  std::uint32_t word = 0;
  std::int64_t result = 1;
  std::thread waiting([&] { result = wait(parent, F_WRLCK, 0, 0, second.get(), &word); });
  settle();
  EXPECT_EQ(wait(child, F_WRLCK, 0, 0, fd.get(), &word), -EDEADLK);
  EXPECT_EQ(set(child, F_UNLCK, 0, 0, second.get()), 0);
  waiting.join();
  EXPECT_EQ(result, 0);
}

// Processes of the family and one of the host take turns on eight bytes.
TEST_F(RecordLocks, NobodyEverSharesAWriteLock) {
  constexpr int processes = 4, rounds = 300, bytes = 8;
  std::atomic<int> writers[bytes] = {}, readers[bytes] = {}, violations = 0;
  std::uint32_t word = 0;
  const auto turn = [&](std::minstd_rand& random, auto&& take, auto&& leave) {
    const int start = static_cast<int>(random() % bytes);
    const int end = start + static_cast<int>(random() % static_cast<unsigned>(bytes - start));
    const bool writes = random() % 2 != 0;
    take(static_cast<short>(writes ? F_WRLCK : F_RDLCK), start, end);
    for (int i = start; i <= end; ++i) {
      const int others = writes ? writers[i]++ + readers[i] : (readers[i]++, writers[i].load());
      violations += others != 0;
    }
    for (int i = start; i <= end; ++i) {
      writes ? --writers[i] : --readers[i];
    }
    leave(start, end);
  };
  std::vector<std::thread> threads;
  for (int process = 0; process < processes; ++process) {
    threads.emplace_back([&, pid = parent + process] {
      std::minstd_rand random(static_cast<unsigned>(pid));
      for (int i = 0; i < rounds; ++i) {
        turn(
            random,
            [&](short type, int start, int end) { violations += wait(pid, type, start, end, fd.get(), &word) != 0; },
            [&](int, int) { violations += set(pid, F_UNLCK, 0, INT64_MAX) != 0; });
      }
    });
  }
  threads.emplace_back([&] {
    const UniqueFd other(::open((path + "/f").c_str(), O_RDWR | O_CLOEXEC));
    const auto host = [&](int command, short type, int start, int end) {
      struct flock lock {};
      lock.l_type = type;
      lock.l_start = start;
      lock.l_len = end - start + 1;
      violations += ::fcntl(other.get(), command, &lock) != 0;
    };
    std::minstd_rand random(1);
    for (int i = 0; i < rounds; ++i) {
      turn(
          random, [&](short type, int start, int end) { host(F_OFD_SETLKW, type, start, end); },
          [&](int start, int end) { host(F_OFD_SETLK, F_UNLCK, start, end); });
    }
  });
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(violations, 0);
  EXPECT_EQ(host_sees(0, 1000), F_UNLCK) << "nothing is left";
}

TEST_F(RecordLocks, RangesAreCheckedAsByTheHost) {
  ipc::LockRange range;
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_start = -1;
  EXPECT_EQ(ipc::lock_range(fd.get(), lock, range), -EINVAL);
  lock.l_start = INT64_MAX;
  lock.l_len = 2;
  EXPECT_EQ(ipc::lock_range(fd.get(), lock, range), -EOVERFLOW);
  lock.l_len = INT64_MIN;
  EXPECT_EQ(ipc::lock_range(fd.get(), lock, range), -EINVAL);
  lock = {};
  lock.l_type = F_WRLCK;
  lock.l_start = 10;
  lock.l_len = -4;
  EXPECT_EQ(ipc::lock_range(fd.get(), lock, range), 0);
  EXPECT_EQ(range.start, 6);
  EXPECT_EQ(range.end, 9);
}

TEST_F(RecordLocks, ByHostCall) {
  const std::uint64_t file = open_host(path + "/f", O_RDWR);
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_pid = 1234;
  put(0, lock);
  EXPECT_EQ(call(HostCall::Fcntl, {file, F_SETLK, 0}), 0);
  EXPECT_EQ(call(HostCall::Fcntl, {file, F_GETLK, 0}), 0);
  EXPECT_EQ(get<struct flock>(0).l_type, F_UNLCK);
  services.process_id = child;
  put(0, lock);
  EXPECT_EQ(call(HostCall::Fcntl, {file, F_SETLK, 0}), -EAGAIN);
  EXPECT_EQ(call(HostCall::Fcntl, {file, F_GETLK, 0}), 0);
  EXPECT_EQ(get<struct flock>(0).l_pid, parent);
  on_service = true;
  put(0, lock);
  EXPECT_EQ(call(HostCall::Fcntl, {file, F_SETLKW, 0}), abi::result_must_exit);
  EXPECT_EQ(call(HostCall::Fcntl, {file, F_SETLKW, ~0ull}), -EFAULT);
}

}  // namespace
}  // namespace kx::hv
