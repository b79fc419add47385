// What of the host's a pVM may not talk to: procfs, abstract names, sockets and FIFOs on read-only mounts.
#include <linux/openat2.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <functional>
#include <thread>

#include "call_fixture.hpp"
#include "tests/unit/mounts.hpp"

namespace kx::hv {
namespace {

using abi::HostCall;

class HostObjects : public CallFixture {
 protected:
  std::uint64_t unix_socket(std::uint64_t type) {
    return static_cast<std::uint64_t>(call(SYS_socket, {AF_UNIX, type, 0}));
  }
  std::uint64_t put_address(const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof(address.sun_path));
    put(0, address);
    return sizeof(sa_family_t) + name.size();
  }
  std::int64_t send_to(std::uint64_t socket, const std::string& name) {
    const auto size = static_cast<std::uint32_t>(put_address(name));
    put(256, abi::MessageHeader{0, size, 0, 0, 320, 0});
    return call(HostCall::SendMessage, {socket, 256, 0, 0}, directory);
  }
  std::int64_t connect_to(std::uint64_t socket, const std::string& name) {
    const std::uint64_t size = put_address(name);
    return call(SYS_connect, {socket, 0, size}, directory);
  }
  // In a thread of its own: the calls change its working directory, and the body perhaps its mounts.
  static void in_thread(const std::function<void()>& body) { std::thread(body).join(); }
};

TEST_F(HostObjects, ProcfsIsNeverOpened) {
  put_text(0, "/proc/self/status");
  EXPECT_EQ(call(HostCall::Open, {directory, 0, O_RDONLY, 0, 0}), -EACCES);
  put_text(0, "/proc");
  EXPECT_EQ(call(HostCall::Open, {directory, 0, O_PATH | O_DIRECTORY, 0, 0}), -EACCES);
  put_text(0, "/proc/self/root");
  EXPECT_EQ(call(HostCall::Open, {directory, 0, O_RDONLY, 0, 0}), -ELOOP) << "a magic link";
  EXPECT_EQ(call(HostCall::Open, {directory, 0, O_RDONLY, 0, RESOLVE_NO_XDEV}), -EXDEV);
}

TEST_F(HostObjects, AFileIsOpenedAgainWithTheAccessItHas) {
  const std::string name = path + "/file";
  const std::uint64_t writer = open_host(name, O_RDWR | O_CREAT), reader = open_host(name, O_RDONLY);
  const std::uint64_t only_writer = open_host(name, O_WRONLY), only_path = open_host(name, O_PATH);
  ASSERT_EQ(::unlink(name.c_str()), 0);
  EXPECT_GE(call(HostCall::OpenAgain, {writer, O_RDWR | O_TRUNC}), 0);
  const auto again = static_cast<std::uint64_t>(call(HostCall::OpenAgain, {reader, O_RDONLY}));
  EXPECT_EQ(::write(handles.get(writer)->get(), "text", 4), 4);
  char text[8];
  EXPECT_EQ(::read(handles.get(reader)->get(), text, sizeof text), 4);
  EXPECT_EQ(::read(handles.get(again)->get(), text, sizeof text), 4) << "an offset of its own";
  EXPECT_EQ(call(HostCall::OpenAgain, {reader, O_RDWR}), -EACCES);
  EXPECT_EQ(call(HostCall::OpenAgain, {reader, O_WRONLY}), -EACCES);
  EXPECT_EQ(call(HostCall::OpenAgain, {reader, O_RDONLY | O_TRUNC}), -EACCES);
  EXPECT_EQ(call(HostCall::OpenAgain, {only_writer, O_RDONLY}), -EACCES);
  EXPECT_EQ(call(HostCall::OpenAgain, {only_path, O_RDONLY}), -EACCES);
  EXPECT_GE(call(HostCall::OpenAgain, {reader, O_PATH}), 0);
  EXPECT_EQ(call(HostCall::OpenAgain, {directory, O_RDONLY}), -EINVAL);
  EXPECT_EQ(call(HostCall::OpenAgain, {99, O_RDONLY}), -EBADF);
  on_service = true;
  EXPECT_EQ(call(HostCall::OpenAgain, {reader, O_RDONLY}), abi::result_must_exit);
}

TEST_F(HostObjects, AbstractNamesAreTheFamilysOwn) {
  in_thread([&] {
    const std::string name = std::string(1, '\0') + path;
    const int host = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const std::uint64_t size = put_address(name);
    sockaddr_un address = get<sockaddr_un>(0);
    ASSERT_EQ(::bind(host, reinterpret_cast<sockaddr*>(&address), static_cast<socklen_t>(size)), 0);  // SAFETY: sockets
    EXPECT_EQ(connect_to(unix_socket(SOCK_DGRAM), name), -ECONNREFUSED) << "the host's";
    EXPECT_EQ(send_to(unix_socket(SOCK_DGRAM), name), -ECONNREFUSED);
    put_address(name);
    const std::uint64_t server = unix_socket(SOCK_DGRAM);
    EXPECT_EQ(call(SYS_bind, {server, 0, size}), 0) << "the family's, though the host has the same";
    EXPECT_EQ(connect_to(unix_socket(SOCK_DGRAM), name), 0);
    EXPECT_EQ(send_to(unix_socket(SOCK_DGRAM), name), 0);
    char byte;
    EXPECT_EQ(::recv(host, &byte, 1, MSG_DONTWAIT), -1) << "nothing reached the host's";
    ::close(host);
  });
}

TEST_F(HostObjects, SocketsAndFifosNeedAWritableMount) {
  in_thread([&] {
    if (!root_is_a_mount() || ::unshare(CLONE_NEWNS) != 0) {
      GTEST_SKIP() << "needs the right to mount, and a root that is a mount point";
    }
    const std::uint64_t server = unix_socket(SOCK_DGRAM);
    const std::uint64_t size = put_address("s");
    ASSERT_EQ(call(SYS_bind, {server, 0, size}, directory), 0);
    ASSERT_EQ(::mkfifo((path + "/fifo").c_str(), 0600), 0);
    ASSERT_EQ(::mkdir((path + "/ro").c_str(), 0700), 0);
    ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    ASSERT_EQ(::mount(path.c_str(), (path + "/ro").c_str(), nullptr, MS_BIND, nullptr), 0);
    ASSERT_EQ(::mount(nullptr, (path + "/ro").c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr), 0);
    directory = open_host(path, O_RDONLY | O_DIRECTORY);  // as this namespace sees it
    for (const std::string& name : {std::string("s"), path + "/s"}) {
      EXPECT_EQ(connect_to(unix_socket(SOCK_DGRAM), name), 0) << name;
      EXPECT_EQ(send_to(unix_socket(SOCK_DGRAM), name), 0) << name;
    }
    EXPECT_EQ(::symlink("ro/s", (path + "/link").c_str()), 0);
    for (const std::string& name : {std::string("ro/s"), path + "/ro/s", std::string("link")}) {
      EXPECT_EQ(connect_to(unix_socket(SOCK_DGRAM), name), -EACCES) << name;
      EXPECT_EQ(send_to(unix_socket(SOCK_DGRAM), name), -EACCES) << name;
    }
    EXPECT_EQ(connect_to(unix_socket(SOCK_DGRAM), "missing"), -ENOENT);
    put_text(0, "fifo");
    EXPECT_GE(call(HostCall::Open, {directory, 0, O_RDWR, 0, 0}), 0);
    put_text(0, "ro/fifo");
    EXPECT_EQ(call(HostCall::Open, {directory, 0, O_RDWR, 0, 0}), -EROFS);
    EXPECT_EQ(call(HostCall::Open, {directory, 0, O_WRONLY, 0, 0}), -EROFS);
    EXPECT_EQ(call(HostCall::Open, {directory, 0, O_RDWR | O_NONBLOCK, 0, 0}), -EROFS);
    EXPECT_GE(call(HostCall::Open, {directory, 0, O_RDONLY | O_NONBLOCK, 0, 0}), 0);
  });
}

}  // namespace
}  // namespace kx::hv
