// Several host calls in one.
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <kx/abi/batch.hpp>
#include <kx/abi/result.hpp>

#include "call_fixture.hpp"

namespace kx::hv {
namespace {

using abi::BatchEntry;
using abi::HostCall;

struct Batches : CallFixture {
  static constexpr std::uint64_t entries = 8192;

  void add(std::uint32_t number, std::uint32_t handle_from, std::initializer_list<std::uint64_t> args) {
    BatchEntry entry{};
    entry.number = number;
    entry.handle_from = handle_from;
    std::copy(args.begin(), args.end(), entry.args);
    put(entries + count++ * sizeof entry, entry);
  }
  void add(HostCall number, std::uint32_t handle_from, std::initializer_list<std::uint64_t> args) {
    add(static_cast<std::uint32_t>(number), handle_from, args);
  }
  std::int64_t run() { return call(HostCall::Batch, {entries, count}); }
  BatchEntry entry(std::uint64_t i) { return get<BatchEntry>(entries + i * sizeof(BatchEntry)); }

  std::uint64_t count = 0;
};

TEST_F(Batches, LaterCallsTakeTheHandleOfEarlierOnes) {
  const std::uint64_t file = open_host(path + "/file", O_RDWR | O_CREAT);
  ASSERT_EQ(::pwrite(handles.get(file)->get(), "content", 7, 0), 7);
  put_text(0, "file");
  put(512, abi::Segment{ram, 100});
  add(SYS_faccessat2, 0, {directory, 0, R_OK, 0});
  add(HostCall::Open, 0, {directory, 0, O_RDONLY, 0, 0});
  add(SYS_fstat, 2, {~0ull, 1024});
  add(HostCall::Read, 2, {~0ull, 512, 1, 0, 0});
  ASSERT_EQ(run(), 4);
  EXPECT_EQ(entry(0).result, 0);
  EXPECT_GE(entry(1).result, 0);
  EXPECT_TRUE(S_ISREG(entry(1).extra[0]));
  EXPECT_EQ(entry(2).result, 0);
  EXPECT_EQ(get<struct stat>(1024).st_size, 7);
  EXPECT_EQ(entry(3).result, 7);
  EXPECT_EQ(std::memcmp(guest(ram, 7), "content", 7), 0);
}

TEST_F(Batches, EndsWithTheFirstThatFails) {
  put_text(0, "missing");
  add(HostCall::Open, 0, {directory, 0, O_RDONLY, 0, 0});
  add(SYS_fstat, 1, {0, 1024});
  put(1024, std::uint64_t{12345});
  EXPECT_EQ(run(), 1);
  EXPECT_EQ(entry(0).result, -ENOENT);
  EXPECT_EQ(get<std::uint64_t>(1024), 12345u) << "the second call was made";
}

TEST_F(Batches, RefusesWhatIsNoPartOfOne) {
  for (const auto number : {static_cast<std::uint32_t>(HostCall::Batch), static_cast<std::uint32_t>(HostCall::Exit),
                            static_cast<std::uint32_t>(HostCall::Write), 0xffff'ffffu}) {
    count = 0;
    add(number, 0, {entries, 1});
    EXPECT_EQ(run(), -EINVAL) << number;
  }
  count = 0;
  add(SYS_fstat, 1, {0, 0});  // its own result
  EXPECT_EQ(run(), -EINVAL);
  EXPECT_EQ(call(HostCall::Batch, {entries, abi::most_batched + 1}), -EINVAL);
  EXPECT_EQ(call(HostCall::Batch, {entries, 0}), 0);
}

TEST_F(Batches, LieInsideTheBuffer) {
  const std::uint64_t last = abi::vcpu_call_buffer_size - sizeof(BatchEntry);
  BatchEntry entry{};
  entry.number = SYS_fstat;
  entry.args[0] = directory;
  put(last, entry);
  EXPECT_EQ(call(HostCall::Batch, {last, 1}), 1);
  EXPECT_EQ(call(HostCall::Batch, {last, 2}), -EFAULT);
  EXPECT_EQ(call(HostCall::Batch, {last + 1, 1}), -EFAULT);
  EXPECT_EQ(call(HostCall::Batch, {~0ull, 1}), -EFAULT);
}

TEST_F(Batches, AreNothingForTheServiceThread) {
  on_service = true;
  add(SYS_fstat, 0, {directory, 1024});
  EXPECT_EQ(run(), abi::result_must_exit);
}

}  // namespace
}  // namespace kx::hv
