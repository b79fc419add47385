// What event loops are saved: connections read ahead, and the queue of what is taken from them and answered.
#include "hypervisor/services/write_behind.hpp"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <kx/abi/syscall_shapes.hpp>

#include "call_fixture.hpp"
#include "hypervisor/services/epoll_targets.hpp"
#include "hypervisor/services/service_thread.hpp"

namespace kx::hv {
namespace {

struct WriteBehindTest : CallFixture {
  void SetUp() override {
    CallFixture::SetUp();
    services.write_behind = &write_behind;
    services.epoll_targets = &targets;
    area = reinterpret_cast<abi::EventLoopArea*>(guest(area_gpa, sizeof(abi::EventLoopArea)));  // SAFETY: its place
    ASSERT_NE(area, nullptr);
    std::memset(static_cast<void*>(area), 0, sizeof *area);
    listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* name = reinterpret_cast<sockaddr*>(&address);  // SAFETY: as bind(2) wants it
    socklen_t size = sizeof address;
    ASSERT_EQ(::bind(listener, name, size), 0);
    ASSERT_EQ(::listen(listener, 8), 0);
    ASSERT_EQ(::getsockname(listener, name, &size), 0);
    peer = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::connect(peer, name, size), 0);
  }
  void TearDown() override {
    write_behind.finish(services);
    ::close(listener);
    ::close(peer);
    CallFixture::TearDown();
  }

  // By the calls that a library OS makes; the handle.
  void accept() {
    const auto listening = static_cast<std::uint64_t>(handles.add(UniqueFd(::dup(listener))));
    const std::int64_t accepted = call(SYS_accept4, {listening, abi::null_offset, abi::null_offset, SOCK_NONBLOCK});
    ASSERT_GE(accepted, 0);
    connection = static_cast<std::uint64_t>(accepted);
  }
  void watch() {
    const std::int64_t made = call(SYS_epoll_create1, {0});
    ASSERT_GE(made, 0);
    epoll = static_cast<std::uint64_t>(made);
    epoll_event event{.events = EPOLLIN, .data = {.u64 = 77}};
    put(0, event);
    ASSERT_EQ(call(SYS_epoll_ctl, {epoll, EPOLL_CTL_ADD, connection, 0}), 0);
  }
  std::int64_t attach() { return call(abi::HostCall::WriteBehind, {area_gpa}); }
  std::int64_t wait() { return call(abi::HostCall::WaitEvents, {epoll, 8, static_cast<std::uint64_t>(-1), 1}); }
  void enqueue(std::uint32_t kind, std::uint64_t handle, std::uint32_t offset, std::uint32_t size) {
    area->entries[area->queued % abi::write_behind_entries] = {
        kind, static_cast<std::uint32_t>(handle), offset, size, 0, 0};
    std::atomic_ref(area->queued).fetch_add(1);
  }
  void enqueue(abi::WriteBehindKind kind, std::uint64_t handle, std::uint32_t offset, std::uint32_t size) {
    enqueue(static_cast<std::uint32_t>(kind), handle, offset, size);
  }
  std::int64_t any_call() { return call(SYS_uname, {0}); }
  std::string received() {
    char text[64];
    const ssize_t size = ::recv(peer, text, sizeof text, MSG_DONTWAIT);
    return {text, static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }
  void put_sent(std::uint32_t offset, const char* text) { std::memcpy(area->sent + offset, text, std::strlen(text)); }

  static constexpr std::uint64_t area_gpa = ram + (1 << 20);
  WriteBehind write_behind;
  EpollTargets targets;
  abi::EventLoopArea* area = nullptr;
  int listener = -1;
  int peer = -1;
  std::uint64_t connection = 0;
  std::uint64_t epoll = 0;
};

using enum abi::WriteBehindKind;

TEST_F(WriteBehindTest, WhatIsQueuedIsDoneBeforeTheNextCall) {
  accept();
  ASSERT_EQ(attach(), 0);
  put_sent(0, "hello");
  put_sent(5, " world");
  enqueue(Write, connection, 0, 5);
  enqueue(Write, connection, 5, 6);
  EXPECT_EQ(received(), "");
  EXPECT_EQ(any_call(), 0);
  EXPECT_EQ(received(), "hello world");
  EXPECT_EQ(area->done, 2u);
  EXPECT_EQ(any_call(), 0);
  EXPECT_EQ(received(), "");
}

TEST_F(WriteBehindTest, WhatWasReceivedComesWithTheEventsAndStaysUntilItIsTaken) {
  accept();
  watch();
  ASSERT_EQ(::send(peer, "request", 7, 0), 7);
  EXPECT_EQ(wait(), 1);
  EXPECT_EQ(slot.extra[0], 1u) << "there could be some";
  ASSERT_EQ(attach(), 0);
  EXPECT_EQ(wait(), 1);
  EXPECT_EQ(get<epoll_event>(0).data.u64, 77u);
  ASSERT_EQ(slot.extra[0], 1u);
  EXPECT_EQ(area->ahead[0].handle, connection);
  ASSERT_EQ(area->ahead[0].result, 7);
  EXPECT_EQ(area->ahead[0].is_all, 1);
  EXPECT_GT(area->ahead[0].room, 1000);
  EXPECT_EQ(std::string(reinterpret_cast<char*>(area->received + area->ahead[0].offset), 7), "request");
  enqueue(Consume, connection, 0, 3);
  EXPECT_EQ(wait(), 1);
  EXPECT_EQ(area->ahead[0].result, 4);
  ASSERT_EQ(::shutdown(peer, SHUT_WR), 0);
  enqueue(Consume, connection, 0, 4);
  EXPECT_EQ(wait(), 1);
  EXPECT_EQ(area->ahead[0].result, 0) << "the end";
}

TEST_F(WriteBehindTest, OnlyConnectionsThatAreItsOwnAreReadAhead) {
  accept();
  watch();
  ASSERT_EQ(attach(), 0);
  ASSERT_EQ(::send(peer, "x", 1, 0), 1);
  HandleTable child;
  child.copy_from(handles);
  EXPECT_EQ(wait(), 1);
  EXPECT_EQ(slot.extra[0], 0u) << "a child has it too";
  child.clear();
  EXPECT_EQ(wait(), 1);
  EXPECT_EQ(slot.extra[0], 1u);
  handles.mark_passed_on(connection);
  EXPECT_EQ(wait(), 1);
  EXPECT_EQ(slot.extra[0], 0u);
}

TEST_F(WriteBehindTest, OthersAreNotReadAhead) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  connection = static_cast<std::uint64_t>(handles.add(UniqueFd(ends[0])));
  const UniqueFd other(ends[1]);
  watch();
  ASSERT_EQ(attach(), 0);
  ASSERT_EQ(::send(other.get(), "x", 1, 0), 1);
  EXPECT_EQ(wait(), 1);
  EXPECT_EQ(slot.extra[0], 0u);
}

TEST_F(WriteBehindTest, WhatAGuestInventsIsRefused) {
  accept();
  EXPECT_EQ(call(abi::HostCall::WriteBehind, {ram + (64ull << 20)}), -EFAULT);
  EXPECT_EQ(call(abi::HostCall::WriteBehind, {area_gpa + 4}), -EFAULT);
  ASSERT_EQ(attach(), 0);
  put_sent(0, "hello");
  enqueue(Write, connection, abi::sent_size - 2, 3);
  enqueue(Write, connection, ~0u, 5);
  enqueue(Write, connection, 0, abi::write_behind_limit + 1);
  enqueue(Consume, connection, 0, abi::read_ahead_limit + 1);
  enqueue(7, connection, 0, 5);
  enqueue(Write, directory, 0, 5);
  enqueue(Write, 1 << 30, 0, 5);
  EXPECT_EQ(any_call(), 0);
  EXPECT_EQ(received(), "");
  EXPECT_EQ(area->failures, 7u);
  for (std::uint32_t i = 0; i < 7; ++i) {
    EXPECT_EQ(area->entries[i].result, i < 5 ? -EINVAL : -EBADF) << i;
  }
  area->queued += 4'000'000'000u;
  EXPECT_EQ(any_call(), 0) << "at most as many as the queue holds";
  EXPECT_LE(area->failures, 7u + abi::write_behind_entries);
}

TEST_F(WriteBehindTest, WhatFindsNoRoomIsHeldBackAndOvertakenByNothing) {
  const int small = 4608;
  ASSERT_EQ(::setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
  ASSERT_EQ(::setsockopt(peer, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
  accept();
  const int accepted = handles.get(connection)->get();
  ASSERT_EQ(::setsockopt(accepted, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
  ASSERT_EQ(attach(), 0);
  constexpr std::uint32_t part = 4096;
  constexpr std::size_t total = 64 * part;
  for (std::uint32_t i = 0; i < 64; ++i) {
    std::memset(area->sent, static_cast<int>(i), part);
    enqueue(Write, connection, 0, part);
    ASSERT_EQ(any_call(), 0);
  }
  EXPECT_EQ(area->failures, 0u);
  put(0, abi::Segment{ram, 4});
  EXPECT_EQ(call(abi::HostCall::Write, {connection, 0, 1, ~0ull, 0}), -EAGAIN);
  std::size_t seen = 0;
  for (int i = 0; i < 10'000 && seen < total; ++i) {
    unsigned char bytes[1024];
    const ssize_t size = ::recv(peer, bytes, sizeof bytes, MSG_DONTWAIT);
    for (ssize_t k = 0; k < size; ++k, ++seen) {
      ASSERT_EQ(bytes[k], seen / part);
    }
    if (size <= 0) {
      ::usleep(1000);
      ASSERT_EQ(any_call(), 0);
    }
  }
  EXPECT_EQ(seen, total);
  put(0, abi::Segment{ram, 4});
  EXPECT_EQ(call(abi::HostCall::Write, {connection, 0, 1, ~0ull, 0}), 4);
}

TEST_F(WriteBehindTest, TheServiceThreadLooksWhileItIsArmed) {
  prepare_signals();
  auto started = ServiceThread::start({.slow_exits = false, .tsc_khz = 1000}, [](const abi::InboxSignal&) {});
  ASSERT_TRUE(started);
  services.service = started->get();
  accept();
  watch();
  ASSERT_EQ(attach(), 0);
  ASSERT_EQ(::send(peer, "x", 1, 0), 1);
  ASSERT_EQ(wait(), 1);
  EXPECT_EQ(area->armed, 1u);
  put_sent(0, "hello");
  enqueue(Write, connection, 0, 5);
  char text[8];
  EXPECT_EQ(::recv(peer, text, sizeof text, 0), 5) << "without a call";
  for (int i = 0; i < 5000 && std::atomic_ref(area->armed).load() != 0; ++i) {
    ::usleep(1000);
  }
  EXPECT_EQ(area->armed, 0u) << "not for ever";
  write_behind.stop(services.service);
  services.service = nullptr;
}

TEST_F(WriteBehindTest, WhatIsHeldBackIsSentWithoutACall) {
  prepare_signals();
  auto started = ServiceThread::start({.slow_exits = false, .tsc_khz = 1000}, [](const abi::InboxSignal&) {});
  ASSERT_TRUE(started);
  services.service = started->get();
  const int small = 4608;
  ASSERT_EQ(::setsockopt(peer, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
  accept();
  ASSERT_EQ(::setsockopt(handles.get(connection)->get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
  ASSERT_EQ(attach(), 0);
  constexpr std::uint32_t part = 16 << 10;
  for (int i = 0; i < 10; ++i) {
    enqueue(Write, connection, 0, part);
    ASSERT_EQ(any_call(), 0);
  }
  EXPECT_TRUE(write_behind.holds_back(handles.get(connection)));
  std::size_t seen = 0;
  std::array<char, 4096> bytes{};
  for (ssize_t size = 0; seen < 10 * part; seen += static_cast<std::size_t>(size)) {
    size = ::recv(peer, bytes.data(), bytes.size(), 0);
    ASSERT_GT(size, 0);
  }
  write_behind.stop(services.service);
  services.service = nullptr;
}

TEST(EpollTargetsTest, FindsTheLastThatWasGivenTheData) {
  EpollTargets targets;
  targets.set(1, 10, 100);
  targets.set(1, 11, 101);
  targets.set(2, 10, 100);
  EXPECT_TRUE(targets.has_any(1));
  EXPECT_FALSE(targets.has_any(3));
  EXPECT_EQ(targets.find(1, 100), 10u);
  targets.set(1, 10, 102);
  EXPECT_EQ(targets.find(1, 100), std::nullopt);
  EXPECT_EQ(targets.find(1, 102), 10u);
  EXPECT_EQ(targets.find(2, 100), 10u);
  targets.set(1, 12, 101);
  targets.remove(1, 11);
  EXPECT_EQ(targets.find(1, 101), 12u);
  targets.forget(10);
  EXPECT_EQ(targets.find(1, 102), std::nullopt);
  EXPECT_FALSE(targets.has_any(2));
  targets.forget(1);
  EXPECT_FALSE(targets.has_any(1));
  targets.set(1, 12, 5);
  EXPECT_EQ(targets.find(1, 5), 12u);
}

}  // namespace
}  // namespace kx::hv
