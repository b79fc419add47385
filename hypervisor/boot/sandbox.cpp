#include "hypervisor/boot/sandbox.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "hypervisor/boot/sandbox_mounts.hpp"
#include "hypervisor/boot/sandbox_procfs.hpp"

namespace kx::hv {
namespace {

// One host file or directory to be shown in the view; its mounts are cloned while the host is still visible.
struct Bind {
  std::string source;
  std::string destination;  // normal path in the view
  UniqueFd tree;
  bool is_directory = false;
  std::string alias{};  // another name that must lead there: the --rw path as given, where that has symbolic links
};

Result<void> write_proc_file(const char* path, const std::string& text) {
  const UniqueFd fd(::open(path, O_WRONLY | O_CLOEXEC));
  if (!fd || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return Unexpected{system_error("write ", path).with_cure("user namespaces need /proc; or run kx as root")};
  }
  return {};
}

// Maps the caller to itself: in a user namespace where it may mount, files keep the owners they have outside.
Result<void> enter_user_namespace(const SandboxConfig& config) {
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  if (config.uid.value_or(uid) != uid || config.gid.value_or(gid) != gid) {
    return Unexpected{make_error(ErrorKind::Usage, "cannot become user ", config.uid.value_or(uid), ":",
                                 config.gid.value_or(gid), ": only root can change its identity")
                          .with_cure("run kx as root, or leave --user out")};
  }
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
    return Unexpected{system_error("create a user namespace")
                          .with_cure("run kx as root, or let users create namespaces: sysctl user.max_user_namespaces, "
                                     "kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns; "
                                     "inside a chroot only root can")};
  }
  KX_TRY(write_proc_file("/proc/self/uid_map", std::to_string(uid) + " " + std::to_string(uid) + " 1\n"));
  KX_TRY(write_proc_file("/proc/self/setgroups", "deny"));
  return write_proc_file("/proc/self/gid_map", std::to_string(gid) + " " + std::to_string(gid) + " 1\n");
}

Result<bool> enter_mount_namespace(const SandboxConfig& config) {
  if (::unshare(CLONE_NEWNS) == 0) {
    return false;
  }
  if (errno != EPERM) {
    return Unexpected{system_error("create a mount namespace")};
  }
  KX_TRY(enter_user_namespace(config));
  return true;
}

// False where the kernel has none.
bool enter_ipc_namespace() {
  return ::unshare(CLONE_NEWIPC) == 0;
}

Result<Bind> make_bind(const std::string& option, const std::string& source, Access access) {
  struct stat status {};
  if (::stat(source.c_str(), &status) != 0) {
    return Unexpected{system_error(option, ": cannot show ", source).with_cure("the path must exist on the host")};
  }
  KX_TRY(refuse_procfs(option, source));
  KX_TRY_ASSIGN(UniqueFd tree, clone_tree(AT_FDCWD, source, TreeDepth::WithSubmounts));
  KX_TRY(confine_tree(tree.get(), access, source));
  return Bind{source, "", std::move(tree), S_ISDIR(status.st_mode)};
}

Result<void> check_destination(const std::string& option, const std::string& destination) {
  if (path_is_within(destination, "/proc")) {
    return Unexpected{make_error(ErrorKind::Usage, option, " ", destination,
                                 ": nothing can be mounted in /proc, which the library OS provides")};
  }
  return {};
}

Result<Bind> make_rw_bind(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), &std::free);
  if (!real) {
    return Unexpected{system_error("--rw ", path).with_cure("the path must exist on the host")};
  }
  KX_TRY(check_destination("--rw", real.get()));
  KX_TRY_ASSIGN(Bind bind, make_bind("--rw", real.get(), Access::Writable));
  bind.destination = real.get();
  if (std::string given = path.front() == '/' ? normal_path(path) : bind.destination; given != bind.destination) {
    bind.alias = std::move(given);
  }
  return bind;
}

Result<Bind> make_volume_bind(const Volume& volume) {
  if (volume.destination.empty() || volume.destination.front() != '/') {
    return Unexpected{
        make_error(ErrorKind::Usage, "--volume: destination ", volume.destination, " is not an absolute path")};
  }
  const std::string destination = normal_path(volume.destination);
  if (destination == "/") {
    return Unexpected{make_error(ErrorKind::Usage, "--volume: / cannot be a destination").with_cure("use --root")};
  }
  KX_TRY(check_destination("--volume", destination));
  KX_TRY_ASSIGN(Bind bind,
                make_bind("--volume", volume.source, volume.read_only ? Access::ReadOnly : Access::Writable));
  bind.destination = destination;
  return bind;
}

// Whether `--rw /` was given; a writable root is the root itself, not a bind.
Result<Access> root_access(const SandboxConfig& config) {
  const bool writable = std::ranges::any_of(config.rw_paths, [](const std::string& path) {
    return !path.empty() && path[0] == '/' && normal_path(path) == "/";
  });
  if (writable && !config.default_root) {
    return Unexpected{make_error(ErrorKind::Usage, "--rw / contradicts --root ", config.root)
                          .with_cure("use --volume to show a host directory elsewhere")};
  }
  return writable ? Access::Writable : Access::ReadOnly;
}

// In mounting order: what lies deeper comes later, so that nothing is covered by its own parent.
Result<std::vector<Bind>> collect_binds(const SandboxConfig& config) {
  std::vector<Bind> binds;
  for (const std::string& path : config.rw_paths) {
    if (path.empty()) {
      return Unexpected{make_error(ErrorKind::Usage, "--rw: the path is empty")};
    }
    KX_TRY_ASSIGN(Bind bind, make_rw_bind(path));
    if (bind.destination != "/") {
      binds.push_back(std::move(bind));
    }
  }
  for (const Volume& volume : config.volumes) {
    KX_TRY_ASSIGN(Bind bind, make_volume_bind(volume));
    binds.push_back(std::move(bind));
  }
  std::ranges::stable_sort(binds, {}, [](const Bind& bind) { return path_depth(bind.destination); });
  return binds;
}

// Keeps mounts made over "/" from propagating to the host, where other processes would see them.
Result<void> make_root_private() {
  if (::mount(nullptr, "/", nullptr, MS_PRIVATE, nullptr) == 0) {
    return {};
  }
  if (errno != EINVAL) {
    return Unexpected{system_error("make / private")};
  }
  // In a chroot "/" need not be a mount point, and the mount that it is part of is out of sight. Joining our own, new
  // mount namespace once more takes the process to that namespace's true root (setns(2)), which is one.
  const UniqueFd self(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  if (!self || ::setns(self.get(), CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_PRIVATE, nullptr) != 0) {
    return Unexpected{system_error("leave the chroot's mount")};
  }
  return {};
}

Result<void> change_root(int tree_fd) {
  KX_TRY(make_root_private());
  KX_TRY_ASSIGN(const UniqueFd old_root, open_path("/"));
  KX_TRY(attach_tree(tree_fd, old_root.get(), "/"));
  if (::fchdir(tree_fd) != 0 || ::chroot(".") != 0) {
    return Unexpected{system_error("change the root directory")};
  }
  return {};
}

bool is_file_system(const char* path, long magic) {
  struct statfs status {};
  return ::statfs(path, &status) == 0 && status.f_type == magic;
}

Result<void> cover_with_tmpfs(const char* path, const char* mode, Access access) {
  const UniqueFd target(::open(path, O_PATH | O_CLOEXEC | O_DIRECTORY));
  if (!target) {
    return {};  // a root without this directory has nothing to cover
  }
  KX_TRY_ASSIGN(const UniqueFd tree, create_tmpfs(mode));
  if (access == Access::ReadOnly) {
    KX_TRY(confine_tree(tree.get(), access, path));
  }
  return attach_tree(tree.get(), target.get(), path);
}

Result<void> make_private_directories(bool in_user_namespace) {
  KX_TRY(cover_with_tmpfs("/tmp", "1777", Access::Writable));
  KX_TRY(cover_with_tmpfs("/dev/shm", "1777", Access::Writable));
  if (is_file_system("/proc", PROC_SUPER_MAGIC)) {
    KX_TRY(cover_with_tmpfs("/proc", "0555", Access::ReadOnly));
  }
  // sysfs stays, read-only: programs take the CPU topology and page sizes from it, and it holds no other process's
  // data. What is mounted in it (debugfs, tracefs, bpf, cgroups of the host) tells root far more, so a copy of sysfs
  // alone covers it. A user namespace may not uncover what lies below mounts, and its user has no access to them
  // anyway.
  if (!in_user_namespace && is_file_system("/sys", SYSFS_MAGIC)) {
    if (const auto sysfs = clone_tree(AT_FDCWD, "/sys", TreeDepth::ThisMountOnly)) {
      KX_TRY_ASSIGN(const UniqueFd target, open_path("/sys"));
      KX_TRY(attach_tree(sysfs.value().get(), target.get(), "/sys"));
    }
  }
  return {};
}

bool leads_to(const std::string& path, int fd) {
  struct stat there {};
  struct stat wanted {};
  return ::stat(path.c_str(), &there) == 0 && ::fstat(fd, &wanted) == 0 && there.st_dev == wanted.st_dev &&
         there.st_ino == wanted.st_ino;
}

Result<void> attach_binds(const std::vector<Bind>& binds) {
  MountPointMaker mount_points;
  const auto attach = [&](int tree_fd, const std::string& destination, bool is_directory) -> Result<void> {
    const auto kind = is_directory ? MountPointMaker::Kind::Directory : MountPointMaker::Kind::File;
    KX_TRY_ASSIGN(const UniqueFd target, mount_points.open_or_create(destination, kind));
    return attach_tree(tree_fd, target.get(), destination);
  };
  for (const Bind& bind : binds) {
    KX_TRY(attach(bind.tree.get(), bind.destination, bind.is_directory));
  }
  for (const Bind& bind : binds) {
    // The symbolic link in the path given may be hidden (it was in /tmp) or not part of another root.
    if (!bind.alias.empty() && !leads_to(bind.alias, bind.tree.get())) {
      KX_TRY_ASSIGN(const UniqueFd tree, clone_tree(AT_FDCWD, bind.destination, TreeDepth::WithSubmounts));
      KX_TRY(attach(tree.get(), bind.alias, bind.is_directory));
    }
  }
  return mount_points.seal();
}

// The file that a path of the view leads to in the end, which need not exist.
std::string follow_links(std::string path) {
  constexpr int most_links = 8;
  for (int i = 0; i < most_links; ++i) {
    char target[PATH_MAX];
    const ssize_t size = ::readlink(path.c_str(), target, sizeof target - 1);
    if (size <= 0) {
      break;
    }
    const std::string text(target, static_cast<std::size_t>(size));
    path = normal_path(text.front() == '/' ? text : path.substr(0, path.rfind('/')) + "/" + text);
  }
  return path;
}

// Covers /etc/resolv.conf with a file of our own. It is made in the private /tmp, as a tree that is attached nowhere
// cannot be cloned, and has no name in the end.
Result<void> show_resolver_configuration(const NetworkConfig& network) {
  if (network.name_servers.empty()) {
    return {};
  }
  const std::string text = resolver_configuration(network);
  const std::string made = "/tmp/resolv.conf";
  {
    const UniqueFd fd(::open(made.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!fd || ::fchmod(fd.get(), 0644) != 0 ||
        ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      return Unexpected{system_error("--dns: write a resolv.conf").with_cure("the root needs a directory /tmp")};
    }
  }
  KX_TRY_ASSIGN(UniqueFd tree, clone_tree(AT_FDCWD, made, TreeDepth::ThisMountOnly));
  KX_TRY(confine_tree(tree.get(), Access::ReadOnly, "/etc/resolv.conf"));
  std::vector<Bind> bind;
  bind.push_back({"", follow_links("/etc/resolv.conf"), std::move(tree), false});
  KX_TRY(attach_binds(bind));
  ::unlink(made.c_str());  // what is unlinked cannot be attached any more
  return {};
}

std::string current_directory() {
  const std::unique_ptr<char, void (*)(void*)> path(::getcwd(nullptr, 0), &std::free);
  return path && path.get()[0] == '/' ? path.get() : "/";
}

Result<std::string> change_directory(const SandboxConfig& config, const std::string& callers) {
  if (!config.workdir.empty()) {
    const std::string path = config.workdir.front() == '/' ? config.workdir : callers + "/" + config.workdir;
    if (::chdir(path.c_str()) != 0) {
      return Unexpected{
          system_error("--workdir ", config.workdir).with_cure("it must exist in the pVM's view of the files")};
    }
    return normal_path(path);
  }
  if (config.default_root && ::chdir(callers.c_str()) == 0) {
    return callers;
  }
  if (::chdir("/") != 0) {
    return Unexpected{system_error("change directory to /")};
  }
  return std::string("/");
}

}  // namespace

Result<Sandbox> Sandbox::enter(const SandboxConfig& config) {
  Sandbox sandbox;
  sandbox.uid_ = config.uid;
  sandbox.gid_ = config.gid;
  const std::string callers_directory = current_directory();
  KX_TRY_ASSIGN(const Access access, root_access(config));
  KX_TRY_ASSIGN(sandbox.in_user_namespace_, enter_mount_namespace(config));

  KX_TRY(enter_network(config.network));
  sandbox.has_own_ipc_ = enter_ipc_namespace();

  if (!config.runtime_directory.empty()) {
    if (auto runtime = clone_tree(AT_FDCWD, config.runtime_directory, TreeDepth::ThisMountOnly)) {
      sandbox.runtime_ = std::move(runtime).value();
    }
  }
  if (auto dev = clone_tree(AT_FDCWD, "/dev", TreeDepth::WithSubmounts)) {
    sandbox.dev_ = std::move(dev).value();
  }
  if (auto proc = clone_tree(AT_FDCWD, "/proc", TreeDepth::WithSubmounts); proc && is_procfs(proc.value().get())) {
    sandbox.proc_ = std::move(proc).value();
  } else {
    KX_TRY_ASSIGN(sandbox.proc_, create_procfs());
  }
  KX_TRY(refuse_procfs("--root", config.root));
  auto root = clone_tree(AT_FDCWD, config.root, TreeDepth::WithSubmounts);
  if (!root) {
    return Unexpected{std::move(root).error().with_cure("--root must be a directory with the program's files")};
  }
  struct stat status {};
  if (::fstat(root.value().get(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    return Unexpected{make_error(ErrorKind::Usage, "--root ", config.root, ": not a directory")};
  }
  KX_TRY(confine_tree(root.value().get(), access, config.root));
  KX_TRY_ASSIGN(const auto binds, collect_binds(config));

  KX_TRY(change_root(root.value().get()));
  KX_TRY(make_private_directories(sandbox.in_user_namespace_));
  KX_TRY(show_resolver_configuration(config.network));
  KX_TRY(attach_binds(binds));
  KX_TRY(cover_procfs_mounts(sandbox.proc_.get()));
  KX_TRY_ASSIGN(sandbox.working_directory_, change_directory(config, callers_directory));
  KX_TRY_ASSIGN(sandbox.root_, open_path("/"));
  return sandbox;
}

}  // namespace kx::hv
