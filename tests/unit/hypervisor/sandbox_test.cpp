// The sandbox as a program in it sees it. Each case enters it in a child of its own, as entering cannot be undone.
#include "hypervisor/boot/sandbox.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <mqueue.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

#include "tests/unit/mounts.hpp"

namespace {

using kx::hv::Sandbox;
using kx::hv::SandboxConfig;
namespace fs = std::filesystem;

// In a child: the parent's test fails, with the place printed.
#define REQUIRE_IN_CHILD(condition)                                                                    \
  do {                                                                                                 \
    if (!(condition)) {                                                                                \
      std::fprintf(stderr, "%s:%d: not true: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno); \
      std::fflush(stderr);                                                                             \
      ::_exit(1);                                                                                      \
    }                                                                                                  \
  } while (false)

int status_of_child(const std::function<void()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Sandbox enter(const SandboxConfig& config) {
  auto sandbox = Sandbox::enter(config);
  if (!sandbox) {
    std::fprintf(stderr, "enter: %s\n", sandbox.error().message().c_str());
    ::_exit(1);
  }
  return std::move(sandbox).value();
}

std::string error_of(const SandboxConfig& config) {
  auto sandbox = Sandbox::enter(config);
  return sandbox ? "" : sandbox.error().message();
}

std::string content_of(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

bool write_file(const fs::path& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  return file.good();
}

int errno_of_create(const char* path) {
  const int fd = ::open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
  if (fd >= 0) {
    ::close(fd);
    return 0;
  }
  return errno;
}

bool is_root() {
  return ::geteuid() == 0;
}

class SandboxTest : public testing::Test {
 protected:
  void SetUp() override {
    if (status_of_child(
            [] { ::_exit(::unshare(CLONE_NEWNS) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 ? 0 : 1); }) != 0) {
      GTEST_SKIP() << "namespaces are not permitted here";
    }
    std::string pattern = "/tmp/kx-sandbox-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    fs::permissions(directory_, fs::perms::all);
    fs::create_directories(directory_ / "inner");
    ASSERT_TRUE(write_file(directory_ / "file", "host"));
    ASSERT_TRUE(write_file(directory_ / "inner" / "deep", "deep"));
  }
  void TearDown() override {
    if (!directory_.empty()) {
      fs::remove_all(directory_);
    }
  }

  void in_sandbox(const SandboxConfig& config, const std::function<void(Sandbox&)>& body) {
    EXPECT_EQ(status_of_child([&] {
                Sandbox sandbox = enter(config);
                body(sandbox);
              }),
              0);
  }
  void expect_error(const SandboxConfig& config, const std::string& part) {
    EXPECT_EQ(status_of_child([&] {
                const std::string message = error_of(config);
                if (message.find(part) == std::string::npos) {
                  std::fprintf(stderr, "message: '%s'\n", message.c_str());
                  ::_exit(1);
                }
              }),
              0);
  }

  fs::path directory_;
};

TEST_F(SandboxTest, RootIsReadOnly) {
  in_sandbox({}, [](Sandbox& sandbox) {
    REQUIRE_IN_CHILD(errno_of_create("/kx-test-file") == EROFS || errno_of_create("/kx-test-file") == EACCES);
    REQUIRE_IN_CHILD(fs::exists("/etc/passwd"));
    REQUIRE_IN_CHILD(sandbox.root_fd() >= 0);
  });
}

TEST_F(SandboxTest, TmpIsPrivateEmptyAndWritable) {
  const std::string name = "/tmp/" + directory_.filename().string() + "-private";
  in_sandbox({}, [&](Sandbox&) {
    REQUIRE_IN_CHILD(fs::is_empty("/tmp"));
    struct stat status {};
    REQUIRE_IN_CHILD(::stat("/tmp", &status) == 0 && (status.st_mode & 07777U) == 01777U);
    REQUIRE_IN_CHILD(write_file(name, "x"));
  });
  EXPECT_FALSE(fs::exists(name));
}

TEST_F(SandboxTest, MessageQueuesAreOurOwn) {
  const std::string name = "/kx-sandbox-" + std::to_string(::getpid());
  const int host = ::mq_open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600, nullptr);
  if (host < 0) {
    GTEST_SKIP() << "no message queues here";
  }
  in_sandbox({}, [&](Sandbox& sandbox) {
    REQUIRE_IN_CHILD(sandbox.has_own_ipc());
    REQUIRE_IN_CHILD(::mq_open(name.c_str(), O_RDWR) < 0 && errno == ENOENT);
  });
  ::mq_unlink(name.c_str());
  ::close(host);
}

TEST_F(SandboxTest, HostsProcIsHiddenAndStaysReachableForUs) {
  in_sandbox({}, [](Sandbox& sandbox) {
    REQUIRE_IN_CHILD(fs::is_empty("/proc"));
    REQUIRE_IN_CHILD(errno_of_create("/proc/x") != 0);
    REQUIRE_IN_CHILD(::faccessat(sandbox.proc_fd(), "self/status", R_OK, 0) == 0);
    REQUIRE_IN_CHILD(::faccessat(sandbox.proc_fd(), "../etc/passwd", R_OK, 0) != 0);
  });
}

TEST_F(SandboxTest, RwShowsDirectoryBelowPrivateTmp) {
  SandboxConfig config;
  config.rw_paths = {directory_.string()};
  in_sandbox(config, [&](Sandbox&) {
    REQUIRE_IN_CHILD(content_of(directory_ / "file") == "host");
    REQUIRE_IN_CHILD(write_file(directory_ / "new", "from inside"));
  });
  EXPECT_EQ(content_of(directory_ / "new"), "from inside");
}

TEST_F(SandboxTest, RwShowsSingleFileBelowPrivateTmp) {
  SandboxConfig config;
  config.rw_paths = {(directory_ / "file").string()};
  in_sandbox(config, [&](Sandbox&) {
    REQUIRE_IN_CHILD(!fs::exists(directory_ / "inner"));
    REQUIRE_IN_CHILD(write_file(directory_ / "file", "changed"));
  });
  EXPECT_EQ(content_of(directory_ / "file"), "changed");
}

TEST_F(SandboxTest, RwThroughHiddenSymbolicLinkShowsBothNames) {
  fs::create_directory_symlink(directory_ / "inner", directory_ / "link");
  SandboxConfig config;
  config.rw_paths = {(directory_ / "link").string()};
  in_sandbox(config, [&](Sandbox&) {
    REQUIRE_IN_CHILD(write_file(directory_ / "link" / "a", "1"));
    REQUIRE_IN_CHILD(content_of(directory_ / "inner" / "a") == "1");
  });
  EXPECT_EQ(content_of(directory_ / "inner" / "a"), "1");
}

TEST_F(SandboxTest, VolumesNestInAnyOrder) {
  SandboxConfig config;
  config.volumes = {{(directory_ / "inner").string(), "/tmp/v/file-side", true},
                    {directory_.string(), "/tmp/v", false}};
  fs::create_directory(directory_ / "file-side");
  in_sandbox(config, [&](Sandbox&) {
    REQUIRE_IN_CHILD(content_of("/tmp/v/file") == "host");
    REQUIRE_IN_CHILD(content_of("/tmp/v/file-side/deep") == "deep");
    REQUIRE_IN_CHILD(errno_of_create("/tmp/v/new") == 0);
    REQUIRE_IN_CHILD(errno_of_create("/tmp/v/file-side/new") == EROFS);
  });
}

TEST_F(SandboxTest, VolumeToMissingDestinationLeavesHostUntouched) {
  SandboxConfig config;
  config.volumes = {{directory_.string(), "/kx-test-volume/data", false}};
  in_sandbox(config, [&](Sandbox&) {
    REQUIRE_IN_CHILD(content_of("/kx-test-volume/data/file") == "host");
    REQUIRE_IN_CHILD(errno_of_create("/kx-test-volume/data/new") == 0);
    REQUIRE_IN_CHILD(errno_of_create("/kx-test-volume/new") == EROFS);
    REQUIRE_IN_CHILD(errno_of_create("/kx-test-new") == EROFS);
    REQUIRE_IN_CHILD(fs::exists("/etc/passwd") && fs::exists("/usr/bin"));
    REQUIRE_IN_CHILD(fs::is_empty("/tmp"));
  });
  EXPECT_FALSE(fs::exists("/kx-test-volume"));
  EXPECT_TRUE(fs::exists(directory_ / "new"));
}

TEST_F(SandboxTest, NoProcfsIsReachable) {
  if (!kx::hv::root_is_a_mount()) {
    GTEST_SKIP() << "in a chroot that is no mount point propagation cannot be turned off";
  }
  fs::create_directories(directory_ / "with space" / "proc");
  EXPECT_EQ(
      status_of_child([&] {
        // Without the right to mount, the host's own /proc is the only one there is.
        if (::unshare(CLONE_NEWNS) == 0) {
          REQUIRE_IN_CHILD(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
          const std::string inner = (directory_ / "with space" / "proc").string();
          REQUIRE_IN_CHILD(::mount("proc", inner.c_str(), "proc", 0, nullptr) == 0);
          REQUIRE_IN_CHILD(::mount("proc", inner.c_str(), "proc", 0, nullptr) == 0);  // one over the other
          REQUIRE_IN_CHILD(::mount("/proc/version", (directory_ / "file").c_str(), nullptr, MS_BIND, nullptr) == 0);
        }
        SandboxConfig config;
        config.rw_paths = {directory_.string()};
        config.volumes = {{"/", "/tmp/host", true}, {"/", "/tmp/host-rw", false}};
        const Sandbox sandbox = enter(config);
        for (const fs::path& top : {fs::path("/"), fs::path("/tmp/host"), fs::path("/tmp/host-rw")}) {
          REQUIRE_IN_CHILD(fs::is_empty(top / "proc"));
          REQUIRE_IN_CHILD(fs::is_empty(top / directory_.relative_path() / "with space" / "proc"));
          REQUIRE_IN_CHILD(content_of(top / directory_.relative_path() / "file").find("Linux") == std::string::npos);
        }
      }),
      0);
}

TEST_F(SandboxTest, SourcesOnProcfsAreRefused) {
  expect_error({.volumes = {{"/proc", "/p", true}}}, "--volume /proc: is on a procfs");
  expect_error({.volumes = {{"/proc/self/status", "/s", true}}}, "is on a procfs");
  expect_error({.root = "/proc/self", .default_root = false}, "--root /proc/self: is on a procfs");
  fs::create_directory_symlink("/proc", directory_ / "link");
  expect_error({.volumes = {{(directory_ / "link").string(), "/p", true}}}, "is on a procfs");
}

TEST_F(SandboxTest, OtherRoot) {
  fs::create_directory(directory_ / "tmp");
  SandboxConfig config;
  config.root = directory_.string();
  config.default_root = false;
  config.rw_paths = {(directory_ / "inner").string()};
  config.workdir = "/inner";
  in_sandbox(config, [&](Sandbox& sandbox) {
    REQUIRE_IN_CHILD(content_of("/file") == "host");
    REQUIRE_IN_CHILD(!fs::exists("/etc"));
    REQUIRE_IN_CHILD(errno_of_create("/inner/x") == EROFS);
    REQUIRE_IN_CHILD(errno_of_create((directory_ / "inner" / "x").c_str()) == 0);
    REQUIRE_IN_CHILD(sandbox.working_directory() == "/inner");
    REQUIRE_IN_CHILD(content_of("deep") == "deep");
  });
}

TEST_F(SandboxTest, WorkingDirectoryIsKeptWhereVisible) {
  EXPECT_EQ(status_of_child([&] {
              REQUIRE_IN_CHILD(::chdir("/usr/bin") == 0);
              REQUIRE_IN_CHILD(enter({}).working_directory() == "/usr/bin");
            }),
            0);
  EXPECT_EQ(status_of_child([&] {
              REQUIRE_IN_CHILD(::chdir(directory_.c_str()) == 0);
              REQUIRE_IN_CHILD(enter({}).working_directory() == "/");
            }),
            0);
}

TEST_F(SandboxTest, ErrorsNameTheThing) {
  expect_error({.rw_paths = {"/nonexistent/path"}}, "--rw /nonexistent/path: No such file");
  expect_error({.rw_paths = {"/proc/self"}}, "/proc");
  expect_error({.root = "/nonexistent", .default_root = false}, "/nonexistent");
  expect_error({.root = "/etc/passwd", .default_root = false}, "not a directory");
  expect_error({.volumes = {{"/etc", "relative", false}}}, "not an absolute path");
  expect_error({.volumes = {{"/etc", "/", false}}}, "--root");
  expect_error({.volumes = {{"/etc", "/etc/passwd", false}}}, "/etc/passwd");
  expect_error({.workdir = "/nonexistent"}, "--workdir /nonexistent");
}

TEST_F(SandboxTest, OnlyKnownDevicesOpen) {
  EXPECT_TRUE(Sandbox::is_device_name("null"));
  EXPECT_TRUE(Sandbox::is_device_name("pts/12"));
  EXPECT_FALSE(Sandbox::is_device_name("pts/"));
  EXPECT_FALSE(Sandbox::is_device_name("pts/../kvm"));
  EXPECT_FALSE(Sandbox::is_device_name("kvm"));
  EXPECT_FALSE(Sandbox::is_device_name("../dev/null"));
  if (!fs::exists("/dev/zero")) {
    GTEST_SKIP() << "no /dev here";
  }
  in_sandbox({}, [](Sandbox& sandbox) {
    auto zero = sandbox.open_device("zero", O_RDONLY);
    REQUIRE_IN_CHILD(zero.has_value());
    char byte = 1;
    REQUIRE_IN_CHILD(::read(zero.value().get(), &byte, 1) == 1 && byte == 0);
    const auto kvm = sandbox.open_device("kvm", O_RDWR);
    REQUIRE_IN_CHILD(!kvm && kvm.error().errno_value == ENOENT);
    REQUIRE_IN_CHILD(::open("/dev/zero", O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES);
  });
}

TEST_F(SandboxTest, PrivilegesAreGone) {
  in_sandbox({}, [](Sandbox& sandbox) {
    REQUIRE_IN_CHILD(sandbox.drop_privileges().has_value());
    REQUIRE_IN_CHILD(::mount("none", "/tmp", "tmpfs", 0, nullptr) != 0 && errno == EPERM);
    REQUIRE_IN_CHILD(::chroot("/tmp") != 0 && errno == EPERM);
    REQUIRE_IN_CHILD(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
  });
}

TEST_F(SandboxTest, RootKeepsPowerOverFiles) {
  if (!is_root()) {
    GTEST_SKIP() << "needs root";
  }
  SandboxConfig config;
  config.rw_paths = {directory_.string()};
  in_sandbox(config, [&](Sandbox& sandbox) {
    if (sandbox.in_user_namespace()) {
      return;
    }
    REQUIRE_IN_CHILD(sandbox.drop_privileges().has_value());
    REQUIRE_IN_CHILD(::chown((directory_ / "file").c_str(), 1234, 1235) == 0);
    REQUIRE_IN_CHILD(::chmod((directory_ / "file").c_str(), 0) == 0);
    REQUIRE_IN_CHILD(content_of(directory_ / "file") == "host");
    REQUIRE_IN_CHILD(::mknod((directory_ / "node").c_str(), S_IFCHR | 0600, makedev(1, 3)) != 0 && errno == EPERM);
  });
}

TEST_F(SandboxTest, UserIsTakenOn) {
  if (!is_root()) {
    GTEST_SKIP() << "needs root";
  }
  SandboxConfig config;
  config.uid = 1234;
  config.gid = 1235;
  in_sandbox(config, [](Sandbox& sandbox) {
    if (sandbox.in_user_namespace()) {
      return;
    }
    REQUIRE_IN_CHILD(sandbox.drop_privileges().has_value());
    REQUIRE_IN_CHILD(::getuid() == 1234 && ::geteuid() == 1234 && ::getgid() == 1235 && ::getegid() == 1235);
    REQUIRE_IN_CHILD(::setuid(0) != 0);
    gid_t group = 0;
    REQUIRE_IN_CHILD(::getgroups(1, &group) == 1 && group == 1235);
  });
}

TEST_F(SandboxTest, OrdinaryUserNeedsNoPrivileges) {
  if (!is_root()) {
    GTEST_SKIP() << "needs root";
  }
  constexpr uid_t ordinary = 65534;
  if (status_of_child([] {
        ::_exit(::setresuid(ordinary, ordinary, ordinary) == 0 && ::unshare(CLONE_NEWUSER) == 0 ? 0 : 1);
      }) != 0) {
    GTEST_SKIP() << "user namespaces are not permitted here";
  }
  EXPECT_EQ(status_of_child([&] {
              REQUIRE_IN_CHILD(::setresgid(ordinary, ordinary, ordinary) == 0);
              REQUIRE_IN_CHILD(::setresuid(ordinary, ordinary, ordinary) == 0);
              // A change of identity makes a process undumpable, and its files in /proc root's; exec(2) would undo
              // that.
              REQUIRE_IN_CHILD(::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
              SandboxConfig config;
              config.rw_paths = {directory_.string()};
              Sandbox sandbox = enter(config);
              REQUIRE_IN_CHILD(sandbox.in_user_namespace());
              REQUIRE_IN_CHILD(sandbox.has_own_ipc());
              REQUIRE_IN_CHILD(sandbox.drop_privileges().has_value());
              REQUIRE_IN_CHILD(::geteuid() == ordinary);
              REQUIRE_IN_CHILD(write_file(directory_ / "by-user", "x"));
              REQUIRE_IN_CHILD(errno_of_create("/tmp/x") == 0);
              REQUIRE_IN_CHILD(errno_of_create("/x") != 0);
            }),
            0);
  struct stat status {};
  ASSERT_EQ(::stat((directory_ / "by-user").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, ordinary);
}

// Mounts made over a chroot's "/" must not appear outside, even when that lies in a shared mount, as under systemd.
TEST_F(SandboxTest, NothingPropagatesOutOfChrootInSharedMount) {
  if (!is_root() || !kx::hv::root_is_a_mount()) {
    GTEST_SKIP() << "needs root, and a root that is a mount point";
  }
  EXPECT_EQ(status_of_child([&] {
              if (::unshare(CLONE_NEWNS) != 0) {
                ::_exit(0);
              }
              const std::string shared = (directory_ / "inner").string();
              REQUIRE_IN_CHILD(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
              REQUIRE_IN_CHILD(::mount("none", shared.c_str(), "tmpfs", 0, nullptr) == 0);
              REQUIRE_IN_CHILD(::mount(nullptr, shared.c_str(), nullptr, MS_SHARED, nullptr) == 0);
              const std::string jail = shared + "/jail";
              REQUIRE_IN_CHILD(fs::create_directories(jail + "/tmp"));
              const std::string before = content_of("/proc/self/mountinfo");
              int entered[2];
              int checked[2];
              REQUIRE_IN_CHILD(::pipe(entered) == 0 && ::pipe(checked) == 0);
              const pid_t child = ::fork();
              char byte = 0;
              if (child == 0) {
                REQUIRE_IN_CHILD(::chroot(jail.c_str()) == 0 && ::chdir("/") == 0);
                const Sandbox sandbox = enter({});
                REQUIRE_IN_CHILD(errno_of_create("/x") == EROFS);
                REQUIRE_IN_CHILD(errno_of_create("/tmp/x") == 0);
                REQUIRE_IN_CHILD(::write(entered[1], "x", 1) == 1);
                ::close(checked[1]);
                ::_exit(::read(checked[0], &byte, 1) == 1 ? 0 : 1);
              }
              ::close(entered[1]);
              REQUIRE_IN_CHILD(::read(entered[0], &byte, 1) == 1);
              REQUIRE_IN_CHILD(content_of("/proc/self/mountinfo") == before);
              REQUIRE_IN_CHILD(fs::is_empty(jail + "/tmp"));
              REQUIRE_IN_CHILD(::write(checked[1], "x", 1) == 1);
              int status = 0;
              REQUIRE_IN_CHILD(::waitpid(child, &status, 0) == child && status == 0);
            }),
            0);
}

}  // namespace
