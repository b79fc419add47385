// Sandbox: the view of the file system that a family gets, made of mounts before the first pVM exists.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hypervisor/error.hpp"
#include "hypervisor/network/network.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv {

// A host directory or file shown at another place of the view.
struct Volume {
  std::string source;       // host path
  std::string destination;  // absolute path in the view; created if missing
  bool read_only = false;
};

struct SandboxConfig {
  std::string root = "/";               // host directory that becomes the view's "/", read-only
  bool default_root = true;             // root is the host's own "/": the caller's working directory is kept
  std::vector<Volume> volumes{};        // in the order given; a later one wins at the same destination
  std::vector<std::string> rw_paths{};  // host paths shown writable at the same place
  std::string workdir{};                // empty: the caller's with the default root if it is visible, otherwise "/"
  std::optional<uid_t> uid{};           // identity of the program; empty: the caller's
  std::optional<gid_t> gid{};
  std::string runtime_directory{};  // host directory to stay within reach of this process alone; empty: none
  NetworkConfig network{};
  std::string hostname{};  // what uname(2) tells the program; the sandbox itself makes no UTS namespace
};

// The view: the root read-only, without devices and set-user-ID; a private, empty /tmp and /dev/shm; /proc covered, as
// the library OS emulates it; /sys read-only, and without what is mounted in it if the caller is root; then the rw
// paths and the volumes, also below the private /tmp. All of it lives in a mount namespace of the process's own, and
// message queues in an IPC namespace.
//
// No procfs can be reached in it, wherever one is mounted below the root or a volume: it is covered by something empty.
// Sockets and FIFOs of the host are visible, also in read-only mounts; the file and network services decide whether
// they may be used.
class Sandbox {
 public:
  // Moves the calling process into the view: changes its mount namespace (and user namespace when it may not mount),
  // root and working directory. Call once, before the process has threads or a VM. On failure the process is in no
  // usable state and should report and exit.
  static Result<Sandbox> enter(const SandboxConfig& config);

  // A view that has nothing, neither root nor devices nor /proc: for tests that enter none.
  static Sandbox none() { return Sandbox(); }

  // Takes on the identity asked for, gives up every capability that the program's files do not need, and forbids to
  // gain any (no_new_privs). Call after enter() and before threads are made: capabilities belong to threads.
  Result<void> drop_privileges() const;

  // Opens a device by its name below /dev: null zero full random urandom tty ptmx pts/N. ENOENT for any other; the view
  // itself is nodev. `flags` as in open(2); O_CLOEXEC and O_NOCTTY are added. The error's errno_value is for the
  // program.
  [[nodiscard]] Result<UniqueFd> open_device(std::string_view name, int flags) const;

  // True if open_device would know this name below /dev.
  static bool is_device_name(std::string_view name);

  // O_PATH descriptors, valid while the sandbox lives. root_fd: the view's "/" for openat2(2) with RESOLVE_IN_ROOT.
  // proc_fd: the host's /proc for our own use (a new procfs if the host has none there); ".." does not lead out of it.
  [[nodiscard]] int root_fd() const { return root_.get(); }
  [[nodiscard]] int proc_fd() const { return proc_.get(); }

  // Gives up the descriptor of the runtime directory, if there is one. Its ".." does not lead out of it either.
  [[nodiscard]] UniqueFd take_runtime_directory() { return std::move(runtime_); }

  // The program's first working directory, as a path in the view.
  [[nodiscard]] const std::string& working_directory() const { return working_directory_; }

  // True if a user namespace was needed: the caller is not privileged, and only its own user and group exist inside.
  [[nodiscard]] bool in_user_namespace() const { return in_user_namespace_; }

  // True if POSIX message queues are the family's own; without an IPC namespace they would be the host's.
  [[nodiscard]] bool has_own_ipc() const { return has_own_ipc_; }

 private:
  Sandbox() = default;

  UniqueFd root_;
  UniqueFd dev_;
  UniqueFd proc_;
  UniqueFd runtime_;
  std::string working_directory_ = "/";
  std::optional<uid_t> uid_;
  std::optional<gid_t> gid_;
  bool in_user_namespace_ = false;
  bool has_own_ipc_ = false;
};

}  // namespace kx::hv
