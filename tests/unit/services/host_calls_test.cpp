// Host calls as a guest makes them, well-meant and hostile.
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <kx/abi/ioctl_shapes.hpp>
#include <kx/abi/syscall_shapes.hpp>
#include <thread>

#include "call_fixture.hpp"
#include "hypervisor/process/process_watches.hpp"

namespace kx::hv {
namespace {

using abi::HostCall;
using abi::null_offset;
using abi::Segment;
using HostCalls = CallFixture;

constexpr std::uint64_t no_offset = ~0ull;
constexpr std::uint64_t at_fdcwd = static_cast<std::uint64_t>(-100);

TEST_F(HostCalls, UnknownNumbersAreNotImplemented) {
  EXPECT_EQ(call(SYS_ptrace, {}), -ENOSYS);
  EXPECT_EQ(call(600, {}), -ENOSYS);
  EXPECT_EQ(call(HostCall::Select, {}), -ENOSYS);
  EXPECT_EQ(call(HostCall::Last, {}), -ENOSYS);
  EXPECT_EQ(call(0xffff'ffffu, {}), -ENOSYS);
  EXPECT_EQ(call(HostCall::Exit, {}), -ENOSYS) << "no pVM";
}

TEST_F(HostCalls, OpensWritesAndReadsAFile) {
  put_text(0, "file");
  const std::int64_t file = call(HostCall::Open, {directory, 0, O_RDWR | O_CREAT, 0640, 0});
  ASSERT_GE(file, 0);
  EXPECT_TRUE(S_ISREG(slot.extra[0]));
  std::memcpy(guest(ram, 11), "hello world", 11);
  put(64, Segment{ram, 6});
  put(80, Segment{ram + 6, 5});
  const auto handle = static_cast<std::uint64_t>(file);
  EXPECT_EQ(call(HostCall::Write, {handle, 64, 2, no_offset, 0}), 11);
  put(64, Segment{ram + 4096, 100});
  EXPECT_EQ(call(HostCall::Read, {handle, 64, 1, no_offset, 0}), 0);
  EXPECT_EQ(call(HostCall::Read, {handle, 64, 1, 6, 0}), 5);
  EXPECT_EQ(std::memcmp(guest(ram + 4096, 5), "world", 5), 0);
  EXPECT_EQ(call(SYS_fstat, {handle, 512}), 0);
  EXPECT_EQ(get<struct stat>(512).st_size, 11);
  EXPECT_EQ(call(HostCall::Close, {handle}), 0);
  EXPECT_EQ(call(HostCall::Close, {handle}), -EBADF);
  EXPECT_EQ(call(SYS_fstat, {handle, 512}), -EBADF);
}

TEST_F(HostCalls, OpenTellsTheStatusWhereThereIsRoomForIt) {
  put_text(0, "file");
  const std::int64_t file = call(HostCall::Open, {directory, 0, O_RDWR | O_CREAT, 0640, 0, 64});
  ASSERT_GE(file, 0);
  struct stat status {};
  ASSERT_EQ(::stat((path + "/file").c_str(), &status), 0);
  EXPECT_EQ(get<struct stat>(64).st_ino, status.st_ino);
  const std::size_t before = handles.count();
  put_text(0, "file");
  EXPECT_EQ(call(HostCall::Open, {directory, 0, O_RDONLY, 0, 0, abi::vcpu_call_buffer_size - 8}), -EFAULT);
  EXPECT_EQ(handles.count(), before);
}

TEST_F(HostCalls, SegmentsOutsideGuestMemoryAreRefused) {
  const std::uint64_t file = open_host(path + "/f", O_RDWR | O_CREAT);
  const Segment bad[] = {{ram + memory.ram_size(), 1}, {ram + memory.ram_size() - 1, 2}, {ram, ~0ull}, {~0ull - 1, 3},
                         {abi::system_size, 1},        {abi::shared_gpa - 1, 2}};
  for (const Segment& segment : bad) {
    put(0, segment);
    EXPECT_EQ(call(HostCall::Read, {file, 0, 1, no_offset, 0}), -EFAULT) << segment.gpa;
  }
  EXPECT_EQ(call(HostCall::Read, {file, 0, abi::max_segments + 1, no_offset, 0}), -EINVAL);
  EXPECT_EQ(call(HostCall::Read, {file, abi::vcpu_call_buffer_size - 15, 1, no_offset, 0}), -EFAULT);
  EXPECT_EQ(call(HostCall::Read, {file, ~0ull, 1, no_offset, 0}), -EFAULT);
  put(0, Segment{abi::shared_gpa, 16});  // the window, but nothing is mapped there
  EXPECT_EQ(call(HostCall::Write, {file, 0, 1, no_offset, 0}), -EFAULT);
}

TEST_F(HostCalls, PathsMustEndInsideTheBuffer) {
  std::memset(buffer(), 'a', abi::vcpu_call_buffer_size);
  EXPECT_EQ(call(HostCall::Open, {directory, 0, O_RDONLY, 0, 0}), -ENAMETOOLONG);
  EXPECT_EQ(call(HostCall::Open, {directory, abi::vcpu_call_buffer_size - 10, O_RDONLY, 0, 0}), -EFAULT);
  EXPECT_EQ(call(HostCall::Open, {directory, abi::vcpu_call_buffer_size, O_RDONLY, 0, 0}), -EFAULT);
  EXPECT_EQ(call(SYS_mkdirat, {directory, no_offset - 1, 0700}), -EFAULT);
  put_text(0, "relative");
  EXPECT_EQ(call(HostCall::Open, {at_fdcwd, 0, O_RDONLY, 0, 0}), -EBADF);
  EXPECT_EQ(call(SYS_mkdirat, {at_fdcwd, 0, 0700}), -EBADF);
}

TEST_F(HostCalls, CwdPathsResolveAgainstTheGivenDirectory) {
  const std::uint64_t file = open_host(path + "/f", O_RDWR | O_CREAT);
  ASSERT_EQ(::ftruncate(handles.get(file)->get(), 100), 0);
  std::filesystem::create_directory(path + "/d");
  const std::uint64_t other = open_host(path + "/d", O_RDONLY | O_DIRECTORY);
  const std::string before = std::filesystem::current_path();
  std::thread([&] {
    put_text(0, "f");
    EXPECT_EQ(call(SYS_truncate, {0, 7}, directory), 0);
    EXPECT_EQ(call(SYS_truncate, {0, 7}, other), -ENOENT);
    EXPECT_EQ(call(SYS_truncate, {0, 8}, directory), 0);
    put_text(0, "../f");
    EXPECT_EQ(call(SYS_truncate, {0, 9}, other), 0);
    EXPECT_EQ(call(SYS_truncate, {0, 9}, 4711), -EBADF);
  }).join();
  EXPECT_EQ(std::filesystem::current_path(), before) << "the directory belongs to the serving thread alone";
  EXPECT_EQ(std::filesystem::file_size(path + "/f"), 9u);
}

TEST_F(HostCalls, PassedThroughDirectoryCalls) {
  put_text(0, "new");
  EXPECT_EQ(call(SYS_mkdirat, {directory, 0, 0700}), 0);
  EXPECT_EQ(call(SYS_mkdirat, {directory, 0, 0700}), -EEXIST);
  EXPECT_EQ(call(SYS_newfstatat, {directory, 0, 64, 0}), 0);
  EXPECT_TRUE(S_ISDIR(get<struct stat>(64).st_mode));
  EXPECT_GT(call(SYS_getdents64, {directory, 64, 4096}), 0);
  EXPECT_EQ(call(SYS_getdents64, {directory, 64, abi::vcpu_call_buffer_size}), -EFAULT);
  put_text(300, "link");
  EXPECT_EQ(call(SYS_symlinkat, {0, directory, 300}), 0);
  EXPECT_EQ(call(SYS_readlinkat, {directory, 300, 400, 100}), 3);
  EXPECT_EQ(call(SYS_utimensat, {directory, 0, null_offset, 0}), 0);
  EXPECT_EQ(call(SYS_unlinkat, {directory, 0, AT_REMOVEDIR}), 0);
}

TEST_F(HostCalls, PipesBlockOnlyOnTheVcpusOwnThread) {
  ASSERT_EQ(call(SYS_pipe2, {0, 0}), 0);
  const auto reader = static_cast<std::uint64_t>(get<std::int32_t>(0));
  const auto writer = static_cast<std::uint64_t>(get<std::int32_t>(4));
  EXPECT_NE(::fcntl(handles.get(reader)->get(), F_GETFD) & FD_CLOEXEC, 0);
  put(64, Segment{ram, 4});
  kicked = 1;
  EXPECT_EQ(call(HostCall::Read, {reader, 64, 1, no_offset, 0}), abi::result_not_begun);
  on_service = true;
  EXPECT_EQ(call(HostCall::Read, {reader, 64, 1, no_offset, 0}), abi::result_must_exit);
  on_service = false;
  kicked = 0;
  std::memcpy(guest(ram, 4), "data", 4);
  EXPECT_EQ(call(HostCall::Write, {writer, 64, 1, no_offset, 0}), 4);
  put(128, abi::PollEntry{static_cast<std::int32_t>(reader), POLLIN, 0});
  put(136, abi::PollEntry{-1, POLLIN, 77});
  put(144, abi::PollEntry{4711, POLLIN, 0});
  on_service = true;
  EXPECT_EQ(call(HostCall::Poll, {128, 3, no_offset}), 2);
  EXPECT_EQ(get<abi::PollEntry>(128).revents, POLLIN);
  EXPECT_EQ(get<abi::PollEntry>(136).revents, 0);
  EXPECT_EQ(get<abi::PollEntry>(144).revents, POLLNVAL);
  put(64, Segment{ram + 64, 10});
  const std::int64_t read = call(HostCall::Read, {reader, 64, 1, no_offset, 0});
  EXPECT_TRUE(read == 4 || read == abi::result_must_exit) << "older kernels know no RWF_NOWAIT on pipes";
}

TEST_F(HostCalls, AKickEndsABlockingCall) {
  ASSERT_EQ(call(SYS_pipe2, {0, 0}), 0);
  const auto reader = static_cast<std::uint64_t>(get<std::int32_t>(0));
  put(64, Segment{ram, 4});
  std::thread vcpu([&] { EXPECT_EQ(call(HostCall::Read, {reader, 64, 1, no_offset, 0}), -EINTR); });
  ::usleep(20'000);
  std::atomic_ref(kicked).store(1);
  ::pthread_kill(vcpu.native_handle(), kick_signal());
  vcpu.join();
}

TEST_F(HostCalls, OpeningAFifoIsLeftToTheVcpusThread) {
  ASSERT_EQ(::mkfifo((path + "/fifo").c_str(), 0600), 0);
  put_text(0, "fifo");
  on_service = true;
  EXPECT_EQ(call(HostCall::Open, {directory, 0, O_RDONLY, 0, 0}), abi::result_must_exit);
  EXPECT_GE(call(HostCall::Open, {directory, 0, O_RDONLY | O_NONBLOCK, 0, 0}), 0);
  put_text(0, "plain");
  const std::int64_t file = call(HostCall::Open, {directory, 0, O_RDWR | O_CREAT | O_APPEND, 0600, 0});
  ASSERT_GE(file, 0);
  const std::int64_t flags = call(HostCall::Fcntl, {static_cast<std::uint64_t>(file), F_GETFL, 0});
  EXPECT_EQ(flags & (O_NONBLOCK | O_APPEND), O_APPEND);
}

TEST_F(HostCalls, SocketOptionsThatCarryPointersAreRefused) {
  ASSERT_EQ(call(SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, 0}), 0);
  const auto first = static_cast<std::uint64_t>(get<std::int32_t>(0));
  EXPECT_EQ(call(SYS_setsockopt, {first, SOL_SOCKET, SO_ATTACH_FILTER, 64, 16}), -ENOPROTOOPT);
  EXPECT_EQ(call(SYS_getsockopt, {first, SOL_SOCKET, 77 /* SO_PEERPIDFD */, 64, 128}), -ENOPROTOOPT);
  put(128, std::uint32_t{4});
  EXPECT_EQ(call(SYS_getsockopt, {first, SOL_SOCKET, SO_TYPE, 64, 128}), 0);
  EXPECT_EQ(get<int>(64), SOCK_STREAM);
  put(128, std::uint32_t{0xffff'ffff});
  EXPECT_EQ(call(SYS_getsockopt, {first, SOL_SOCKET, SO_TYPE, 64, 128}), -EINVAL);
  put(128, std::uint32_t{4096});
  EXPECT_EQ(call(SYS_getsockopt, {first, SOL_SOCKET, SO_TYPE, abi::vcpu_call_buffer_size - 100, 128}), -EFAULT);
  EXPECT_EQ(call(SYS_socket, {AF_ALG, SOCK_SEQPACKET, 0}), -EAFNOSUPPORT);
}

// cmsg(3) with one handle, without the flexible array.
struct HandleControl {
  std::uint64_t size = CMSG_LEN(sizeof(std::int32_t));
  std::int32_t level = SOL_SOCKET;
  std::int32_t type = SCM_RIGHTS;
  std::int32_t handle = -1;
  std::int32_t padding = 0;
};

TEST_F(HostCalls, MessagesPassHandles) {
  ASSERT_EQ(call(SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, 0}), 0);
  const auto first = static_cast<std::uint64_t>(get<std::int32_t>(0));
  const auto second = static_cast<std::uint64_t>(get<std::int32_t>(4));
  HandleControl control;
  control.handle = static_cast<std::int32_t>(directory);
  std::memcpy(guest(ram, 1), "x", 1);
  put(256, Segment{ram, 1});
  put(512, control);
  put(0, abi::MessageHeader{0, 0, 512, sizeof(control), 256, 0});
  ASSERT_EQ(call(HostCall::SendMessage, {first, 0, 1, 0}), 1);
  put(0, abi::MessageHeader{0, 0, 512, 64, 256, 0});
  ASSERT_EQ(call(HostCall::ReceiveMessage, {second, 0, 1, 0}), 1);
  EXPECT_EQ(get<abi::MessageHeader>(0).control_size, CMSG_SPACE(sizeof(std::int32_t)));
  const auto received = static_cast<std::uint64_t>(get<decltype(control)>(512).handle);
  EXPECT_NE(received, directory);
  EXPECT_EQ(call(SYS_fstat, {received, 1024}), 0);
  EXPECT_TRUE(S_ISDIR(get<struct stat>(1024).st_mode));
  control.handle = 4711;
  put(512, control);
  put(0, abi::MessageHeader{0, 0, 512, sizeof(control), 256, 0});
  EXPECT_EQ(call(HostCall::SendMessage, {first, 0, 1, 0}), -EBADF);
  control.size = 3;
  put(512, control);
  EXPECT_EQ(call(HostCall::SendMessage, {first, 0, 1, 0}), -EINVAL);
  on_service = true;
  put(0, abi::MessageHeader{0, 0, 0, 0, 256, 0});
  EXPECT_EQ(call(HostCall::ReceiveMessage, {second, 0, 1, 0}), abi::result_must_exit);
}

TEST_F(HostCalls, UnixAddressesAreRelativeToTheGivenDirectory) {
  const std::int64_t socket = call(SYS_socket, {AF_UNIX, SOCK_STREAM, 0});
  ASSERT_GE(socket, 0);
  sockaddr_un address{AF_UNIX, "sock"};
  put(0, address);
  std::thread([&] { EXPECT_EQ(call(SYS_bind, {static_cast<std::uint64_t>(socket), 0, 7}, directory), 0); }).join();
  EXPECT_TRUE(std::filesystem::is_socket(path + "/sock"));
}

TEST_F(HostCalls, FutexesWaitAndWake) {
  auto& word = *reinterpret_cast<std::uint32_t*>(guest(ram, 4));  // SAFETY: aligned guest RAM
  std::atomic_ref(word).store(1);
  EXPECT_EQ(call(HostCall::FutexWait, {ram, 2, 0xffff'ffff, no_offset, 0}), -EAGAIN);
  EXPECT_EQ(call(HostCall::FutexWait, {ram, 1, 0xffff'ffff, 1000, 0}), -ETIMEDOUT);
  EXPECT_EQ(call(HostCall::FutexWait, {ram, 1, 0xffff'ffff, 1000, abi::futex_wait_absolute}), -ETIMEDOUT);
  EXPECT_EQ(call(HostCall::FutexWait, {ram + 1, 1, 0xffff'ffff, 1000, 0}), -EINVAL);
  EXPECT_EQ(call(HostCall::FutexWait, {1ull << 50, 1, 0xffff'ffff, 1000, 0}), -EFAULT);
  EXPECT_EQ(call(HostCall::FutexWake, {ram, 1, 0xffff'ffff}), 0);
  on_service = true;
  EXPECT_EQ(call(HostCall::FutexWait, {ram, 2, 0xffff'ffff, no_offset, 0}), -EAGAIN);
  EXPECT_EQ(call(HostCall::FutexWait, {ram, 1, 0xffff'ffff, no_offset, 0}), abi::result_must_exit);
  on_service = false;
  kicked = 1;
  EXPECT_EQ(call(HostCall::FutexWait, {ram, 1, 0xffff'ffff, no_offset, 0}), -EINTR);
}

TEST_F(HostCalls, SharedMappingsComeAndGo) {
  const std::uint64_t file = open_host(path + "/f", O_RDWR | O_CREAT);
  ASSERT_EQ(::ftruncate(handles.get(file)->get(), 8192), 0);
  const std::int64_t gpa = call(HostCall::MapShared, {file, 0, 8192, 3});
  ASSERT_GE(gpa, static_cast<std::int64_t>(abi::shared_gpa));
  const auto start = static_cast<std::uint64_t>(gpa);
  std::memcpy(memory.translate(Gpa{start}, 4), "abcd", 4);
  EXPECT_EQ(call(HostCall::SyncShared, {start, 8192, 4 /* MS_SYNC */}), 0);
  char text[4];
  EXPECT_EQ(::pread(handles.get(file)->get(), text, 4, 0), 4);
  EXPECT_EQ(std::memcmp(text, "abcd", 4), 0);
  EXPECT_EQ(call(HostCall::UnmapShared, {start, 4096}), -EINVAL);
  EXPECT_EQ(call(HostCall::UnmapShared, {start, 8192}), 0);
  EXPECT_EQ(call(HostCall::UnmapShared, {start, 8192}), -EINVAL);
  EXPECT_EQ(call(HostCall::MapShared, {file, 1, 8192, 3}), -EINVAL);
  EXPECT_EQ(call(HostCall::MapShared, {file, 0, ~0ull << 12, 3}), -EINVAL);
  const std::uint64_t read_only = open_host(path + "/f", O_RDONLY);
  EXPECT_EQ(call(HostCall::MapShared, {read_only, 0, 4096, 3}), -EACCES);
}

TEST_F(HostCalls, MemoryGrowsToItsLimit) {
  const std::int64_t gpa = call(HostCall::MemoryGrow, {1 << 20});
  EXPECT_EQ(static_cast<std::uint64_t>(gpa), ram + (4 << 20));
  const std::uint64_t size = slot.extra[0];
  EXPECT_GE(size, 1u << 20);
  std::memset(guest(static_cast<std::uint64_t>(gpa), size), 1, 4096);
  EXPECT_EQ(call(HostCall::MemoryRelease, {static_cast<std::uint64_t>(gpa), 4096}), 0);
  EXPECT_EQ(*guest(static_cast<std::uint64_t>(gpa)), std::byte{0});
  EXPECT_EQ(call(HostCall::MemoryRelease, {ram + 1, 4096}), -EINVAL);
  EXPECT_EQ(call(HostCall::MemoryRelease, {0, 4096}), -EINVAL);
  EXPECT_EQ(call(HostCall::MemoryGrow, {1ull << 40}), -ENOMEM);
}

TEST_F(HostCalls, NoSignalsOfFiles) {
  const std::uint64_t file = open_host(path + "/f", O_RDWR | O_CREAT);
  EXPECT_EQ(call(HostCall::Fcntl, {file, F_SETOWN, 1}), -EINVAL);
}

TEST_F(HostCalls, UnlistedIoctlsAreRefused) {
  const std::uint64_t file = open_host(path + "/f", O_RDWR | O_CREAT);
  EXPECT_EQ(call(HostCall::Ioctl, {file, 0x5412 /* TIOCSTI */, 0}), -ENOTTY);
  EXPECT_EQ(abi::find_ioctl(0x5412), nullptr);
  EXPECT_EQ(call(HostCall::Ioctl, {file, 0x5401, 0}), -ENOTTY);
  EXPECT_EQ(call(HostCall::Ioctl, {file, 0x5413, abi::vcpu_call_buffer_size - 4}), -EFAULT);
  ASSERT_EQ(call(SYS_pipe2, {0, 0}), 0);
  EXPECT_EQ(call(HostCall::Ioctl, {static_cast<std::uint64_t>(get<std::int32_t>(0)), 0x541b, 64}), 0);
}

TEST_F(HostCalls, MemFilesAreSealed) {
  put_text(0, "maps");
  put_text(16, "content");
  const std::int64_t file = call(HostCall::MemFile, {16, 7, 0});
  ASSERT_GE(file, 0);
  put(64, Segment{ram, 100});
  EXPECT_EQ(call(HostCall::Read, {static_cast<std::uint64_t>(file), 64, 1, 0, 0}), 7);
  EXPECT_EQ(call(HostCall::Write, {static_cast<std::uint64_t>(file), 64, 1, 0, 0}), -EPERM);
}

TEST_F(HostCalls, DecodesInstructions) {
  // mov $1,%eax; lea 0(%rip),%rax; nop; syscall; nop; jmp to the nop before; endbr64; call *%rax; an incomplete jmp
  const std::uint8_t code[] = {0xb8, 1,    0,    0,    0,    0x48, 0x8d, 0x05, 0,    0,    0,    0,    0x90,
                               0x0f, 0x05, 0x90, 0xeb, 0xfd, 0xf3, 0x0f, 0x1e, 0xfa, 0xff, 0xd0, 0xe9, 0};
  put(0, code);
  ASSERT_EQ(call(HostCall::Decode, {0, sizeof(code), 0, 4096}), 8);  // the site first: nothing before it
  auto decoded = get<std::array<abi::DecodedInstruction, 8>>(4096);
  EXPECT_EQ(decoded[0].length, 5);
  EXPECT_EQ(decoded[0].relative, 0);
  EXPECT_EQ(decoded[1].relative, 1);
  EXPECT_EQ(decoded[2].nop, 1);
  EXPECT_EQ(decoded[2].branch_target, 1);  // the address the lea takes
  EXPECT_EQ(decoded[3].length, 2);
  EXPECT_EQ(decoded[4].branch_target, 1);
  EXPECT_EQ(decoded[5].ends_flow, 1);
  EXPECT_EQ(decoded[6].nop, 0);
  EXPECT_EQ(decoded[7].relative, 1);
  EXPECT_EQ(call(HostCall::Decode, {0, abi::decode_size_limit + 1, 0, 128}), -EINVAL);
  EXPECT_EQ(call(HostCall::Decode, {0, 8, 8, 128}), -EINVAL);
}

TEST_F(HostCalls, DecodesBackwardsOnlyWhatIsCertain) {
  // 32 nops, mov 8(%rsp),%r9, syscall, ret: the runs begin at the first 16 nops and agree from the last of these on.
  std::array<std::uint8_t, 40> code;
  code.fill(0x90);
  const std::uint8_t call_code[] = {0x4c, 0x8b, 0x4c, 0x24, 0x08, 0x0f, 0x05, 0xc3};
  std::copy(std::begin(call_code), std::end(call_code), code.begin() + 32);
  put(0, code);
  ASSERT_EQ(call(HostCall::Decode, {0, code.size(), 37, 4096}), 17 + 1 + 2);
  const auto decoded = get<std::array<abi::DecodedInstruction, 20>>(4096);
  EXPECT_EQ(decoded[17].length, 5);
  EXPECT_EQ(decoded[18].length, 2);
  EXPECT_EQ(decoded[19].ends_flow, 1);
  // Two nops as the tail of a movabs: the runs from inside it do not agree with the one from its start.
  const std::uint8_t hidden[] = {0x48, 0xb8, 1, 2, 3, 4, 5, 0x48, 0x90, 0xb8, 0x0f, 0x05, 0xc3};
  put(0, hidden);
  EXPECT_LE(call(HostCall::Decode, {0, sizeof(hidden), 10, 4096}), 3);
}

TEST_F(HostCalls, ThreadAttributesAndSlowCallsNeedAnExit) {
  EXPECT_GT(call(SYS_sched_getaffinity, {0, 128, 0}), 0);
  EXPECT_EQ(call(SYS_sched_getaffinity, {1, 128, 0}), -ESRCH);
  EXPECT_EQ(call(SYS_setpriority, {2, 0, 5}), -EINVAL);
  on_service = true;
  EXPECT_EQ(call(SYS_sched_getaffinity, {0, 128, 0}), abi::result_must_exit);
  EXPECT_EQ(call(SYS_fsync, {directory}), abi::result_must_exit);
  EXPECT_EQ(call(SYS_flock, {directory, 2}), abi::result_must_exit);
}

TEST_F(HostCalls, EpollFindsWhatIsReady) {
  const auto epoll = static_cast<std::uint64_t>(call(SYS_epoll_create1, {0}));
  const auto event = static_cast<std::uint64_t>(call(SYS_eventfd2, {1, 0}));
  put(0, std::array<std::uint32_t, 3>{1 /* EPOLLIN */, 42, 0});
  ASSERT_EQ(call(SYS_epoll_ctl, {epoll, 1, event, 0}), 0);
  on_service = true;
  EXPECT_EQ(call(SYS_epoll_wait, {epoll, 64, 4, no_offset}), 1);
  EXPECT_EQ((get<std::array<std::uint32_t, 3>>(64)[1]), 42u);
  EXPECT_EQ(call(SYS_epoll_wait, {epoll, 64, 1 << 20, no_offset}), -EFAULT);
}

TEST_F(HostCalls, TheFileDecidesWhatBecomesOfEmptyAndImpossibleReads) {
  const auto event = static_cast<std::uint64_t>(call(SYS_eventfd2, {1, 04000 /* EFD_NONBLOCK */}));
  put(64, Segment{0, 0});
  EXPECT_EQ(call(HostCall::Read, {event, 64, 1, no_offset, 0}), -EINVAL);
  EXPECT_EQ(call(HostCall::Write, {event, 64, 1, no_offset, 0}), -EINVAL);
  EXPECT_EQ(call(HostCall::Read, {event, 64, 0, no_offset, 0}), 0) << "as readv(2)";
  put(64, Segment{abi::no_memory, 1 << 30});
  EXPECT_EQ(call(HostCall::Read, {event, 64, 1, no_offset, 0}), -EFAULT);
  put(64, Segment{abi::no_memory, 8});
  EXPECT_EQ(call(HostCall::Write, {event, 64, 1, no_offset, 0}), -EFAULT);
  on_service = true;
  put(64, Segment{0, 0});
  EXPECT_EQ(call(HostCall::Read, {event, 64, 1, no_offset, 0}), abi::result_must_exit);
}

TEST_F(HostCalls, HandlesOfProcessesAreForWaitingOnly) {
  const ProcessReference process{5, 50};
  ProcessWatches watches;
  services.watches = &watches;
  UniqueFd fd;
  ASSERT_EQ(watches.open(process, ProcessWatches::Stage::Ended, false, fd), 0);
  const auto handle = static_cast<std::uint64_t>(handles.add(std::move(fd), process));
  put(64, Segment{ram, 1});
  EXPECT_EQ(call(HostCall::Read, {handle, 64, 1, no_offset, 0}), -EBADF);
  EXPECT_EQ(call(HostCall::Ioctl, {handle, FIONREAD, 128}), -EBADF);
  EXPECT_EQ(call(HostCall::Fcntl, {handle, F_SETPIPE_SZ, 1 << 16}), -EBADF);
  EXPECT_EQ(call(SYS_fstat, {handle, 128}), -EBADF);
  EXPECT_EQ(call(SYS_epoll_wait, {handle, 64, 4, 0}), -EBADF);
  ASSERT_EQ(call(SYS_pipe2, {0, 0}), 0);
  EXPECT_EQ(call(SYS_splice, {handle, null_offset, get<std::uint32_t>(4), null_offset, 1, 0}), -EBADF);
  EXPECT_EQ(call(SYS_tee, {handle, get<std::uint32_t>(4), 1, 0}), -EBADF);
  EXPECT_EQ(call(HostCall::Fcntl, {handle, F_SETFL, O_NONBLOCK}), 0);
  EXPECT_EQ(call(HostCall::Fcntl, {handle, F_GETFL}), O_NONBLOCK);
  put(0, abi::PollEntry{static_cast<std::int32_t>(handle), POLLIN, 0});
  EXPECT_EQ(call(HostCall::Poll, {0, 1, 0}), 1);
  EXPECT_EQ(get<abi::PollEntry>(0).revents, POLLIN);
  const auto epoll = static_cast<std::uint64_t>(call(SYS_epoll_create1, {0}));
  put(0, std::array<std::uint32_t, 3>{1 /* EPOLLIN */, 42, 0});
  EXPECT_EQ(call(SYS_epoll_ctl, {epoll, 1, handle, 0}), 0);
  EXPECT_EQ(call(SYS_epoll_wait, {epoll, 64, 4, 0}), 1);
  EXPECT_EQ(call(SYS_epoll_ctl, {handle, 1, epoll, 0}), -EBADF);
  EXPECT_EQ(call(HostCall::Close, {handle}), 0);
}

// A relative that takes the byte out of a pipe that came in a message would take it from all that wait.
TEST_F(HostCalls, HandlesOfProcessesStayThatInMessages) {
  const ProcessReference process{5, 50};
  ProcessWatches watches;
  services.watches = &watches;
  UniqueFd fd;
  ASSERT_EQ(watches.open(process, ProcessWatches::Stage::Running, false, fd), 0);
  const std::int32_t handle = handles.add(std::move(fd), process);
  ASSERT_EQ(call(SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, 0}), 0);
  const auto first = static_cast<std::uint64_t>(get<std::int32_t>(0));
  const auto second = static_cast<std::uint64_t>(get<std::int32_t>(4));
  HandleControl control;
  control.handle = handle;
  put(256, Segment{ram, 1});
  put(512, control);
  put(0, abi::MessageHeader{0, 0, 512, sizeof(control), 256, 0});
  ASSERT_EQ(call(HostCall::SendMessage, {first, 0, 1, 0}), 1);
  put(0, abi::MessageHeader{0, 0, 512, 64, 256, 0});
  ASSERT_EQ(call(HostCall::ReceiveMessage, {second, 0, 1, 0}), 1);
  const auto received = static_cast<std::uint64_t>(get<decltype(control)>(512).handle);
  EXPECT_NE(received, static_cast<std::uint64_t>(handle));
  EXPECT_EQ(handles.process_of(received), process);
  EXPECT_EQ(call(HostCall::Read, {received, 256, 1, no_offset, 0}), -EBADF);
}

// What a pVM may not use it cannot ask for itself either.
TEST_F(HostCalls, ComponentsThatAreNotAllowedAreRefused) {
  services.components = abi::needed_components | abi::component_bit(abi::Component::Poll);
  EXPECT_EQ(call(SYS_socket, {AF_UNIX, SOCK_STREAM, 0}), -ENOSYS);
  EXPECT_EQ(call(SYS_timerfd_create, {CLOCK_MONOTONIC, 0}), -ENOSYS);
  EXPECT_EQ(call(HostCall::Ipc, {0, 0, 0, 0, 0}), -ENOSYS);
  EXPECT_EQ(call(HostCall::HostInfo, {0, 0, 64, 0}), -ENOSYS);
  EXPECT_GE(call(SYS_epoll_create1, {0}), 0);
  EXPECT_GE(call(SYS_eventfd2, {0, 0}), 0);
  services.components |= abi::component_bit(abi::Component::Net);
  EXPECT_GE(call(SYS_socket, {AF_UNIX, SOCK_STREAM, 0}), 0);
}

}  // namespace
}  // namespace kx::hv
