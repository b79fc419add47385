// System V IPC of a family: two processes, blocking calls and kicks, what ends with a process.
#include <signal.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <kx/abi/syscall_shapes.hpp>
#include <set>
#include <thread>

#include "call_fixture.hpp"
#include "hypervisor/ipc/family_ipc.hpp"

namespace kx::hv {
namespace {

using abi::HostCall;
using abi::IpcOperation;

constexpr std::int32_t parent = 2, child = 3;

std::uint64_t op(IpcOperation operation) {
  return static_cast<std::uint64_t>(operation);
}

ipc::Caller caller(std::int32_t pid, std::uint32_t uid = 1000, std::uint32_t gid = 1000) {
  ipc::Caller result;
  result.pid = pid;
  result.identity.uid = uid;
  result.identity.gid = gid;
  return result;
}

ipc::Message message(std::int64_t type, std::size_t size) {
  return {type, std::vector<std::byte>(size, std::byte{'x'})};
}

// A vCPU that waits; ends of the test kick it.
class Kicked {
 public:
  [[nodiscard]] ipc::Patience patience() const { return {&word_, {}}; }
  void kick(std::thread& thread) {
    std::atomic_ref(word_).store(1);
    ::pthread_kill(thread.native_handle(), kick_signal());
  }

 private:
  std::uint32_t word_ = 0;
};

void settle() {
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

class Ipc : public CallFixture {
 protected:
  std::int64_t operate(std::int32_t pid, std::int64_t set, std::initializer_list<sembuf> steps) {
    return ipc.semaphores.operate(caller(pid), set, {steps.begin(), steps.size()}, {});
  }
  std::int64_t value(std::int64_t set, std::int64_t number = 0) {
    ipc::SemaphoreControl data;
    return ipc.semaphores.control(caller(parent), set, number, GETVAL, 0, data);
  }
  std::uint64_t attached(std::int64_t segment) {
    ipc::SegmentControl data;
    return ipc.segments.control(caller(parent), segment, IPC_STAT, data) == 0 ? data.segment.shm_nattch : ~0ull;
  }
  std::int64_t attach(std::int32_t pid, std::int64_t segment, UniqueFd& fd) {
    std::uint64_t size = 0;
    return ipc.segments.attach(caller(pid), segment, 0, -1, fd, size);
  }
};

TEST_F(Ipc, DecodesMessages) {
  put(0, abi::IpcCaller{});
  const std::int64_t queue = call(HostCall::Ipc, {op(IpcOperation::MessageGet), IPC_PRIVATE, 0600});
  ASSERT_GE(queue, 0);
  const auto id = static_cast<std::uint64_t>(queue);
  put_text(abi::ipc_data_offset, "hello");
  EXPECT_EQ(call(HostCall::Ipc, {op(IpcOperation::MessageSend), id, 7, 6, 0}), 0);
  EXPECT_EQ(call(HostCall::Ipc, {op(IpcOperation::MessageSend), id, 7, abi::ipc_max_message + 1, 0}), -EINVAL);
  EXPECT_EQ(call(HostCall::Ipc, {op(IpcOperation::MessageSend), id, 0, 6, 0}), -EINVAL);
  put_text(abi::ipc_data_offset, "other");
  EXPECT_EQ(call(HostCall::Ipc, {op(IpcOperation::MessageReceive), id, 0, 3, 0}), -E2BIG);
  EXPECT_EQ(call(HostCall::Ipc, {op(IpcOperation::MessageReceive), id, 0, 3, MSG_NOERROR}), 3);
  EXPECT_EQ(slot.extra[0], 7u);
  EXPECT_STREQ((get<std::array<char, 6>>(abi::ipc_data_offset).data()), "heler");
  EXPECT_EQ(call(HostCall::Ipc, {op(IpcOperation::MessageSend), id, 7, 0, 0}), 0) << "no text";
  EXPECT_EQ(call(HostCall::Ipc, {op(IpcOperation::MessageReceive), id, 0, 0, 0}), 0);
  on_service = true;
  EXPECT_EQ(call(HostCall::Ipc, {op(IpcOperation::MessageReceive), id, 0, 3, 0}), abi::result_must_exit);
  EXPECT_EQ(call(HostCall::Ipc, {op(IpcOperation::MessageReceive), id, 0, 3, IPC_NOWAIT}), -ENOMSG);
  EXPECT_EQ(call(HostCall::Ipc, {op(IpcOperation::Last)}), -ENOSYS);
  EXPECT_EQ(call(HostCall::Ipc, {~0ull, id}), -ENOSYS);
}

TEST_F(Ipc, QueuesOfTheHostAreRefused) {
  put_text(0, "queue");
  EXPECT_EQ(call(SYS_mq_open, {0, O_RDWR | O_CREAT, 0600, abi::null_offset}), -ENOSYS);
  EXPECT_EQ(call(SYS_mq_unlink, {0}), -ENOSYS);
}

TEST_F(Ipc, ValuesOfSemaphoresLieInRam) {
  put(0, caller(parent).identity);
  const auto set = static_cast<std::uint64_t>(call(HostCall::Ipc, {op(IpcOperation::SemaphoreGet), 0, 1000, 0600}));
  EXPECT_EQ(call(HostCall::Ipc, {op(IpcOperation::SemaphoreValues), set, SETALL, 0, 0}), 1000);
  guest(ram, 2000)[0] = std::byte{5};
  EXPECT_EQ(call(HostCall::Ipc, {op(IpcOperation::SemaphoreValues), set, SETALL, ram, 1000}), 1000);
  EXPECT_EQ(value(static_cast<std::int64_t>(set)), 5);
  EXPECT_EQ(call(HostCall::Ipc, {op(IpcOperation::SemaphoreValues), set, SETALL, ram, 999}), -EINVAL);
  EXPECT_EQ(call(HostCall::Ipc, {op(IpcOperation::SemaphoreValues), set, GETALL, ram + 4096, 1000}), 1000);
  EXPECT_EQ(guest(ram + 4096)[0], std::byte{5});
  EXPECT_EQ(call(HostCall::Ipc, {op(IpcOperation::SemaphoreValues), set, GETALL, ~0ull, 1000}), -EFAULT);
  EXPECT_EQ(call(HostCall::Ipc, {op(IpcOperation::SemaphoreValues), set, GETALL, ram, 1ull << 40}), -EINVAL);
  EXPECT_EQ(call(HostCall::Ipc, {op(IpcOperation::SemaphoreValues), set, SETALL, ram, 0}), -EINVAL);
}

TEST_F(Ipc, PermissionsAreThoseOfOwnerGroupAndOthers) {
  const std::int64_t queue = ipc.queues.get(caller(parent), 77, IPC_CREAT | 0640);
  EXPECT_EQ(ipc.queues.get(caller(child, 1001), 77, 0400), queue) << "the group may read";
  EXPECT_EQ(ipc.queues.get(caller(child, 1001), 77, 0600), -EACCES);
  EXPECT_EQ(ipc.queues.get(caller(child, 1001, 1001), 77, 0400), -EACCES);
  ipc::Caller member = caller(child, 1001, 1001);
  member.identity.group_count = 2;
  member.identity.groups[1] = 1000;
  EXPECT_EQ(ipc.queues.get(member, 77, 0400), queue);
  member.identity.group_count = ~0u;  // a lie of the guest's
  EXPECT_EQ(ipc.queues.get(member, 77, 0400), queue);
  ipc::MessageControl data{};
  EXPECT_EQ(ipc.queues.control(member, queue, IPC_RMID, data), -EPERM);
  EXPECT_EQ(ipc.queues.control(member, queue, IPC_SET, data), -EPERM);
  data.queue.msg_qbytes = 1 << 20;
  EXPECT_EQ(ipc.queues.control(caller(parent, 0), queue, IPC_SET, data), -EPERM);
  data.queue.msg_qbytes = 100;
  EXPECT_EQ(ipc.queues.control(caller(parent, 0), queue, IPC_SET, data), 0);
  EXPECT_EQ(ipc.queues.control(caller(parent, 0), queue, IPC_RMID, data), 0);
}

TEST_F(Ipc, IdsComeBackLate) {
  std::set<std::int64_t> seen;
  ipc::MessageControl data{};
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t queue = ipc.queues.get(caller(parent), IPC_PRIVATE, 0600);
    EXPECT_TRUE(seen.insert(queue).second);
    EXPECT_EQ(ipc.queues.control(caller(parent), queue, IPC_RMID, data), 0);
  }
}

TEST_F(Ipc, AKickEndsTheWaitAndLeavesNothingBehind) {
  const std::int64_t queue = ipc.queues.get(caller(parent), IPC_PRIVATE, 0600);
  Kicked vcpu;
  std::int64_t result = 0;
  std::thread waiting([&] {
    ipc::Message received;
    result = ipc.queues.receive(caller(child), queue, 0, 100, 0, vcpu.patience(), received);
  });
  settle();
  vcpu.kick(waiting);
  waiting.join();
  EXPECT_EQ(result, -EINTR);
  ipc::Message sent = message(1, 10), received;
  EXPECT_EQ(ipc.queues.send(caller(parent), queue, sent, 0, {}), 0);
  EXPECT_EQ(ipc.queues.receive(caller(parent), queue, 0, 100, 0, {}, received), 10);
}

TEST_F(Ipc, ReceiversAreServedInOrder) {
  const std::int64_t queue = ipc.queues.get(caller(parent), IPC_PRIVATE, 0600);
  Kicked vcpu;
  std::int64_t sizes[3] = {};
  std::vector<std::thread> threads;
  for (std::int64_t& size : sizes) {
    threads.emplace_back([&] {
      ipc::Message received;
      size = ipc.queues.receive(caller(child), queue, 0, 100, 0, vcpu.patience(), received);
    });
    settle();
  }
  for (std::size_t size = 1; size <= 3; ++size) {
    ipc::Message sent = message(1, size);
    EXPECT_EQ(ipc.queues.send(caller(parent), queue, sent, 0, {}), 0);
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(sizes[0], 1);
  EXPECT_EQ(sizes[1], 2);
  EXPECT_EQ(sizes[2], 3);
}

TEST_F(Ipc, SendersGoOnInOrderAndWithTheQueue) {
  const std::int64_t queue = ipc.queues.get(caller(parent), IPC_PRIVATE, 0600);
  for (int i = 0; i < 2; ++i) {
    ipc::Message full = message(1, 8192);
    EXPECT_EQ(ipc.queues.send(caller(parent), queue, full, 0, {}), 0);
  }
  Kicked vcpu;
  std::int64_t results[2] = {1, 1};
  std::thread first([&] {
    ipc::Message late = message(2, 8000);
    results[0] = ipc.queues.send(caller(child), queue, late, 0, vcpu.patience());
  });
  settle();
  std::thread second([&] {
    ipc::Message late = message(3, 8000);
    results[1] = ipc.queues.send(caller(child), queue, late, 0, vcpu.patience());
  });
  settle();
  ipc::Message received;
  EXPECT_EQ(ipc.queues.receive(caller(parent), queue, 1, 8192, 0, {}, received), 8192);
  first.join();
  EXPECT_EQ(results[0], 0);
  ipc::MessageControl data{};
  EXPECT_EQ(ipc.queues.control(caller(parent), queue, IPC_RMID, data), 0);
  second.join();
  EXPECT_EQ(results[1], -EIDRM);
}

TEST_F(Ipc, UndoIsOfTheProcess) {
  const std::int64_t set = ipc.semaphores.get(caller(parent), IPC_PRIVATE, 2, 0600);
  EXPECT_EQ(operate(parent, set, {{0, 5, 0}}), 0);
  EXPECT_EQ(operate(child, set, {{0, -3, SEM_UNDO}, {1, 4, SEM_UNDO}}), 0);
  EXPECT_EQ(operate(parent, set, {{0, 1, SEM_UNDO}}), 0);
  ipc.process_forked(parent, child + 1);
  ipc.process_gone(child + 1);
  EXPECT_EQ(value(set), 3) << "a child does not inherit adjustments";
  ipc.process_exec(child);
  EXPECT_EQ(value(set), 3);
  EXPECT_EQ(operate(parent, set, {{1, -3, 0}}), 0);
  ipc.process_gone(child);
  EXPECT_EQ(value(set, 0), 6);
  EXPECT_EQ(value(set, 1), 0) << "never below zero";
  ipc.process_gone(child);
  EXPECT_EQ(value(set, 0), 6);
  ipc.process_gone(parent);
  EXPECT_EQ(value(set, 0), 5);
}

TEST_F(Ipc, AnAdjustmentWakesWhoWaits) {
  const std::int64_t set = ipc.semaphores.get(caller(parent), IPC_PRIVATE, 1, 0600);
  EXPECT_EQ(operate(child, set, {{0, 1, 0}}), 0);
  EXPECT_EQ(operate(child, set, {{0, -1, SEM_UNDO}}), 0);
  Kicked vcpu;
  std::int64_t result = 1;
  std::thread waiting([&] {
    const sembuf step{0, -1, 0};
    result = ipc.semaphores.operate(caller(parent), set, {&step, 1}, vcpu.patience());
  });
  settle();
  ipc.process_gone(child);
  waiting.join();
  EXPECT_EQ(result, 0);
  EXPECT_EQ(value(set), 0);
}

TEST_F(Ipc, AFailedOperationChangesNothing) {
  const std::int64_t set = ipc.semaphores.get(caller(parent), IPC_PRIVATE, 2, 0600);
  EXPECT_EQ(operate(child, set, {{0, 5, SEM_UNDO}, {1, -1, IPC_NOWAIT}}), -EAGAIN);
  EXPECT_EQ(operate(child, set, {{0, 5, SEM_UNDO}, {1, -1, 0}}), abi::result_must_exit);
  EXPECT_EQ(operate(child, set, {{0, 5, SEM_UNDO}, {0, 32767, 0}}), -ERANGE);
  EXPECT_EQ(value(set), 0);
  EXPECT_EQ(operate(parent, set, {{0, 7, 0}}), 0);
  ipc.process_gone(child);
  EXPECT_EQ(value(set), 7);
}

TEST_F(Ipc, SegmentsLiveAsLongAsAttachments) {
  const std::int64_t segment = ipc.segments.get(caller(parent), 5, 5000, IPC_CREAT | 0600);
  ASSERT_GE(segment, 0);
  UniqueFd fd;
  EXPECT_EQ(attach(parent, segment, fd), 0);
  EXPECT_LT(::ftruncate(fd.get(), 4096), 0) << "sealed";
  ipc.process_forked(parent, child);
  EXPECT_EQ(attached(segment), 2u);
  ipc.process_exec(child);
  EXPECT_EQ(attached(segment), 1u);
  EXPECT_EQ(ipc.segments.detach(child, segment), -EINVAL) << "not more than it has";
  ipc::SegmentControl data{};
  EXPECT_EQ(ipc.segments.control(caller(parent), segment, IPC_RMID, data), 0);
  EXPECT_EQ(attached(segment), 1u);
  EXPECT_EQ(ipc.segments.get(caller(parent), 5, 0, 0), -ENOENT) << "the key is free";
  ipc.process_gone(parent);
  EXPECT_EQ(attached(segment), ~0ull);
}

TEST_F(Ipc, SegmentsHaveALimit) {
  EXPECT_EQ(ipc.segments.get(caller(parent), IPC_PRIVATE, (64 << 20) + 1, 0600), -ENOSPC);
  const std::int64_t first = ipc.segments.get(caller(parent), IPC_PRIVATE, 64 << 20, 0600);
  EXPECT_GE(first, 0);
  EXPECT_EQ(ipc.segments.get(caller(parent), IPC_PRIVATE, 1, 0600), -ENOSPC);
  ipc::SegmentControl data{};
  EXPECT_EQ(ipc.segments.control(caller(parent), first, IPC_RMID, data), 0);
  EXPECT_GE(ipc.segments.get(caller(parent), IPC_PRIVATE, 1, 0600), 0);
  EXPECT_EQ(ipc.segments.get(caller(parent), IPC_PRIVATE, ~0ull - (1ull << 24), 0600), -ENOSPC);
}

}  // namespace
}  // namespace kx::hv
