// Pipes with rings in the family segment: what is in a ring gets to the host's pipe before anything else may see it,
// whatever a guest writes into the ring.
#include "hypervisor/ipc/pipe_rings.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <random>
#include <string>
#include <thread>

#include "call_fixture.hpp"

namespace kx::hv {
namespace {

class PipeRingTest : public CallFixture {
 protected:
  void SetUp() override {
    CallFixture::SetUp();
    std::signal(SIGPIPE, SIG_IGN);
    ASSERT_EQ(make_pipe(), 0);
  }

  std::int64_t make_pipe(std::uint64_t flags = 0) {
    const std::int64_t result = call(SYS_pipe2, {0, flags});
    ring = slot.extra[0];
    reading = static_cast<std::uint64_t>(get<std::int32_t>(0));
    writing = static_cast<std::uint64_t>(get<std::int32_t>(4));
    return result;
  }
  abi::RingHeader& header() { return ipc.rings->header(static_cast<std::uint32_t>(ring - 1)); }
  std::byte* data() { return ipc.rings->segment() + abi::ring_data_offset(static_cast<std::uint32_t>(ring - 1)); }
  bool in_guest() { return header().mode == static_cast<std::uint32_t>(abi::RingMode::Guest); }

  // As a guest does.
  void put_into_ring(const std::string& text) {
    const std::uint32_t place = header().filled++ % abi::ring_pages;
    std::memcpy(data() + place * abi::page_size, text.data(), text.size());
    header().pages[place] = {0, static_cast<std::uint16_t>(text.size())};
    ++header().operations;
  }
  std::int64_t read(std::uint64_t size) {
    put(1024, abi::Segment{ram, size});
    return call(abi::HostCall::Read, {reading, 1024, 1, ~0ull, 0});
  }
  std::int64_t write(const std::string& text) {
    std::memcpy(guest(ram, text.size()), text.data(), text.size());
    put(1024, abi::Segment{ram, text.size()});
    return call(abi::HostCall::Write, {writing, 1024, 1, ~0ull, 0});
  }
  std::string got(std::int64_t size) {
    return {reinterpret_cast<const char*>(guest(ram, 1)), static_cast<std::size_t>(size)};
  }
  std::int64_t unread() {
    return call(abi::HostCall::Ioctl, {reading, FIONREAD, 0, 0}) == 0 ? get<std::int32_t>(0) : -1;
  }

  std::uint64_t ring = 0, reading = 0, writing = 0;
};

TEST_F(PipeRingTest, WhoAsksTheHostFindsWhatIsInTheRing) {
  ASSERT_EQ(ring, 1u);
  ASSERT_TRUE(in_guest());
  put_into_ring("one ");
  put_into_ring("two");
  EXPECT_EQ(got(read(100)), "one two");
  EXPECT_FALSE(in_guest());
  EXPECT_EQ(write("three"), 5);
  EXPECT_EQ(got(read(100)), "three");
}

TEST_F(PipeRingTest, TheServiceThreadLeavesARingInUseToOthers) {
  put_into_ring("x");
  on_service = true;
  EXPECT_EQ(read(100), abi::result_must_exit);
  EXPECT_TRUE(in_guest());
}

TEST_F(PipeRingTest, PagesStayPages) {
  // As many writes of 3000 bytes as a pipe of Linux takes: none shares a page with another.
  for (std::uint32_t i = 0; i < abi::ring_pages; ++i) {
    put_into_ring(std::string(3000, 'x'));
  }
  ASSERT_EQ(call(abi::HostCall::Fcntl, {writing, F_SETFL, O_NONBLOCK}), 0);
  EXPECT_EQ(write(std::string(3000, 'y')), -EAGAIN);
  EXPECT_EQ(unread(), 16 * 3000);
}

TEST_F(PipeRingTest, QuestionsThatNoRingChangesLeaveItAlone) {
  put_into_ring("x");
  EXPECT_EQ(call(abi::HostCall::Fcntl, {reading, F_GETFL}), O_RDONLY);
  EXPECT_EQ(call(abi::HostCall::Fcntl, {reading, F_SETFL, O_NONBLOCK}), 0);
  EXPECT_EQ(call(SYS_fstat, {reading, 0}), 0);
  EXPECT_EQ(call(SYS_lseek, {reading, 0, SEEK_CUR}), -ESPIPE);
  EXPECT_EQ(call(abi::HostCall::Ioctl, {reading, TCGETS, 0, 0}), -ENOTTY);
  EXPECT_TRUE(in_guest());
}

TEST_F(PipeRingTest, WhoWaitsForDataOrCountsThemKeepsThePipeWithTheHost) {
  put_into_ring("abc");
  EXPECT_EQ(unread(), 3);
  for (int i = 0; i < 100; ++i) {
    EXPECT_GT(read(100), 0);
    EXPECT_EQ(write("x"), 1);
  }
  EXPECT_FALSE(in_guest());
  ASSERT_EQ(make_pipe(), 0);
  put_into_ring("abc");
  const HandleTable::File waited_for = handles.get_to_wait(reading);
  pollfd poll{.fd = waited_for->get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&poll, 1, 0), 1);
  ASSERT_EQ(make_pipe(), 0);
  put_into_ring("abc");
  EXPECT_EQ(call(abi::HostCall::Fcntl, {reading, F_SETFL, O_DIRECT}), 0);
  EXPECT_FALSE(in_guest());
}

TEST_F(PipeRingTest, AnEndThatClosesIsTheHostsToTell) {
  put_into_ring("last");
  EXPECT_EQ(call(abi::HostCall::Close, {writing}), 0);
  EXPECT_EQ(got(read(100)), "last");
  EXPECT_EQ(read(100), 0);
  ASSERT_EQ(make_pipe(), 0);
  put_into_ring("for nobody");
  EXPECT_EQ(call(abi::HostCall::Close, {reading}), 0);
  EXPECT_EQ(write("x"), -EPIPE);
}

TEST_F(PipeRingTest, ARelativesCopyKeepsAnEndOpen) {
  HandleTable relative;
  relative.copy_from(handles);
  put_into_ring("x");
  EXPECT_EQ(call(abi::HostCall::Close, {writing}), 0);
  EXPECT_TRUE(in_guest());
  relative.clear();
  EXPECT_FALSE(in_guest());
  EXPECT_EQ(got(read(100)), "x");
  EXPECT_EQ(read(100), 0);
}

TEST_F(PipeRingTest, QuickCallsBringTheRingBack) {
  const auto exchanges_until_in_guest = [&] {
    int exchanges = 0;
    while (exchanges < 1000 && !in_guest()) {
      write("x");
      read(1);
      ++exchanges;
    }
    return exchanges;
  };
  EXPECT_EQ(write("x"), 1);
  EXPECT_FALSE(in_guest());
  read(1);
  const int first = exchanges_until_in_guest();
  EXPECT_LT(first, 1000);
  // Nobody used it: it comes back later than before.
  write("x");
  read(1);
  const int second = exchanges_until_in_guest();
  EXPECT_LT(second, 1000);
  EXPECT_GT(second, first);
}

TEST_F(PipeRingTest, NoRingForPackets) {
  ASSERT_EQ(make_pipe(O_DIRECT), 0);
  EXPECT_EQ(ring, 0u);
}

TEST_F(PipeRingTest, RingsRunOutAndComeBack) {
  std::vector<std::uint64_t> ends;
  std::uint32_t with_ring = 0;
  for (std::uint32_t i = 0; i < abi::ring_count + 3; ++i) {
    ASSERT_EQ(make_pipe(), 0);
    with_ring += ring != 0 ? 1 : 0;
    ends.insert(ends.end(), {reading, writing});
  }
  EXPECT_EQ(with_ring, abi::ring_count - 1) << "SetUp has one";
  EXPECT_EQ(write("through the host"), 16);
  for (const std::uint64_t end : ends) {
    EXPECT_EQ(call(abi::HostCall::Close, {end}), 0);
  }
  ASSERT_EQ(make_pipe(), 0);
  EXPECT_NE(ring, 0u);
  EXPECT_TRUE(in_guest());
}

TEST_F(PipeRingTest, TheLockOfAProcessThatEndedIsFree) {
  header().lock = 77;
  ipc.rings->process_gone(78);
  EXPECT_EQ(header().lock, 77u);
  ipc.rings->process_gone(77);
  EXPECT_EQ(header().lock, 0u);
}

TEST_F(PipeRingTest, WhoNeverUnlocksStopsNobodyForGood) {
  header().lock = 77;
  put_into_ring("x");
  EXPECT_EQ(got(read(100)), "x");
  EXPECT_EQ(header().lock, 0u);
}

TEST_F(PipeRingTest, AWaitingHostGetsTheLockWhenItIsFree) {
  header().lock = 77;
  put_into_ring("x");
  std::thread holder([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    put_into_ring("y");
    std::atomic_ref(header().lock).store(0);
  });
  EXPECT_EQ(got(read(100)), "xy");
  holder.join();
}

TEST_F(PipeRingTest, WhereThePipeIsNoGuestDecides) {
  // Full at the host's: who believed the ring would write more and wait for ever.
  ASSERT_EQ(call(abi::HostCall::Fcntl, {writing, F_SETFL, O_NONBLOCK}), 0);
  while (write(std::string(4096, 'x')) > 0) {
  }
  ASSERT_EQ(call(abi::HostCall::Fcntl, {writing, F_SETFL, 0}), 0);
  put_into_ring("forged");
  header().mode = static_cast<std::uint32_t>(abi::RingMode::Guest);
  EXPECT_EQ(got(read(100)), std::string(100, 'x'));
  EXPECT_EQ(call(abi::HostCall::Close, {writing}), 0);
  // The other way round nothing is lost.
  ASSERT_EQ(make_pipe(), 0);
  put_into_ring("kept");
  header().mode = static_cast<std::uint32_t>(abi::RingMode::Host);
  EXPECT_EQ(got(read(100)), "kept");
}

TEST_F(PipeRingTest, WhateverIsInARingHarmsOnlyThePipe) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    ASSERT_EQ(make_pipe(O_NONBLOCK), 0);
    ASSERT_TRUE(in_guest());
    auto* words = reinterpret_cast<std::uint32_t*>(&header());
    for (std::size_t i = 2; i < sizeof(abi::RingHeader) / sizeof *words; ++i) {
      words[i] = round % 3 == 0 ? static_cast<std::uint32_t>(random() % 40) : static_cast<std::uint32_t>(random());
    }
    const std::int64_t bytes = read(100'000);
    EXPECT_TRUE(bytes == -EAGAIN || (bytes > 0 && bytes <= static_cast<std::int64_t>(abi::ring_data_size))) << bytes;
    EXPECT_FALSE(in_guest());
    EXPECT_EQ(call(abi::HostCall::Close, {reading}), 0);
    EXPECT_EQ(call(abi::HostCall::Close, {writing}), 0);
  }
}

}  // namespace
}  // namespace kx::hv
