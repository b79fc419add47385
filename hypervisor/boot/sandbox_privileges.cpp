// Sandbox, second half: identity, capabilities and the few devices that the view offers.
#include <cap-ng.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/openat2.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "hypervisor/boot/sandbox.hpp"

namespace kx::hv {
namespace {

// What a program run as root needs for its files, its identity and its ports. Of the set that containers keep by
// default, these are missing: KILL (no process outside the family can be named), SETPCAP, SETFCAP, MKNOD and
// AUDIT_WRITE (they reach the host, not the view, which is nosuid and nodev), SYS_CHROOT (the program's chroot is a
// matter of the hypervisor's path lookups, and this process must not leave its own), NET_RAW (no raw sockets).
constexpr std::array kept_by_root{
    CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_SETGID, CAP_SETUID, CAP_NET_BIND_SERVICE,
};

constexpr std::array<std::string_view, 7> device_names{"null", "zero", "full", "random", "urandom", "tty", "ptmx"};

Result<void> change_identity(uid_t uid, gid_t gid) {
  // Groups first: without CAP_SETGID, which goes with the user, they can no longer be changed.
  if (::setgroups(1, &gid) != 0 || ::setresgid(gid, gid, gid) != 0 || ::setresuid(uid, uid, uid) != 0) {
    return Unexpected{system_error("become user ", uid, ":", gid).with_cure("run kx as root, or leave --user out")};
  }
  return {};
}

}  // namespace

Result<void> Sandbox::drop_privileges() const {
  // In a user namespace the only identity there is was taken on with it.
  if (!in_user_namespace_ && (uid_ || gid_)) {
    KX_TRY(change_identity(uid_.value_or(::geteuid()), gid_.value_or(::getegid())));
  }
  // A user's program must be refused what the user is refused, so capabilities over the user's own files go too.
  const bool as_root = ::geteuid() == 0 && !in_user_namespace_;
  capng_clear(CAPNG_SELECT_BOTH);
  if (as_root) {
    // Only what is held can be kept: a container's root may lack some.
    capng_get_caps_process();
    std::array<bool, kept_by_root.size()> held{};
    std::ranges::transform(kept_by_root, held.begin(), [](int capability) {
      return capng_have_capability(CAPNG_PERMITTED, static_cast<unsigned>(capability)) != 0;
    });
    capng_clear(CAPNG_SELECT_BOTH);
    for (std::size_t i = 0; i < held.size(); ++i) {
      if (held[i]) {
        capng_update(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET),
                     static_cast<unsigned>(kept_by_root[i]));
      }
    }
  }
  // The bounding set needs no change: it limits execve(2), and with no_new_privs execve gains nothing.
  if (capng_apply(CAPNG_SELECT_CAPS) != 0) {
    return Unexpected{system_error("drop capabilities")};
  }
  // Not dumpable: no other process of this user may attach to the family or read its memory through a procfs.
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return Unexpected{system_error("forbid new privileges")};
  }
  return {};
}

bool Sandbox::is_device_name(std::string_view name) {
  if (std::ranges::find(device_names, name) != device_names.end()) {
    return true;
  }
  constexpr std::string_view pts = "pts/";
  if (!name.starts_with(pts) || name.size() == pts.size()) {
    return false;
  }
  return std::ranges::all_of(name.substr(pts.size()), [](char c) { return c >= '0' && c <= '9'; });
}

Result<UniqueFd> Sandbox::open_device(std::string_view name, int flags) const {
  if (!is_device_name(name) || !dev_) {
    return Unexpected{system_error_from(ENOENT, "open /dev/", name)};
  }
  // /dev/ptmx is often a link to pts/ptmx; nothing may lead out of /dev.
  open_how how{};
  how.flags = static_cast<std::uint64_t>(static_cast<unsigned>(flags) | O_CLOEXEC | O_NOCTTY);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const std::string path(name);
  UniqueFd fd(static_cast<int>(::syscall(SYS_openat2, dev_.get(), path.c_str(), &how, sizeof how)));
  if (!fd) {
    return Unexpected{system_error("open /dev/", name)};
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || !S_ISCHR(status.st_mode)) {
    return Unexpected{system_error_from(ENXIO, "open /dev/", name, ", which is no device")};
  }
  return fd;
}

}  // namespace kx::hv
