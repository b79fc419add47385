// The part of `kx check` that asks the host kernel, and looks for the software lane's tools.
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "hypervisor/error.hpp"
#include "hypervisor/unique_fd.hpp"
#include "toolstack/check.hpp"
#include "toolstack/lane_initramfs.hpp"

namespace kx::toolstack {
namespace {

std::string first_line_of(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// Namespaces cannot be tried without entering them, so a child does. Returns the errno of the failure, 0 if it worked.
int try_in_child(int (*attempt)()) {
  const pid_t child = ::fork();
  if (child < 0) {
    return errno;
  }
  if (child == 0) {
    ::_exit(attempt() == 0 ? 0 : errno);
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) {
    return ECHILD;
  }
  return WEXITSTATUS(status);
}

Finding probe_namespaces() {
  Finding finding{"mount namespace"};
  if (try_in_child([] { return ::unshare(CLONE_NEWNS); }) == 0) {
    finding.detail = "as a privileged user";
    return finding;
  }
  const int error = try_in_child([] { return ::unshare(CLONE_NEWUSER | CLONE_NEWNS); });
  if (error == 0) {
    finding.detail = "through a user namespace";
    return finding;
  }
  finding.verdict = Verdict::Missing;
  finding.detail = std::string("refused: ") + ::strerrordesc_np(error);
  finding.cure =
      "run kx as root, or set user.max_user_namespaces, kernel.unprivileged_userns_clone=1, "
      "kernel.apparmor_restrict_unprivileged_userns=0 by sysctl";
  return finding;
}

Finding probe_mount_calls() {
  Finding finding{"mount_setattr(2)", Verdict::Good, "available"};
  if (::syscall(SYS_mount_setattr, -1, nullptr, 0, nullptr, 0) != 0 && errno == ENOSYS) {
    finding = {"mount_setattr(2)", Verdict::Missing, "not in this kernel", "Linux 5.12 or newer"};
  }
  return finding;
}

Finding probe_seccomp() {
  std::uint32_t action = SECCOMP_RET_KILL_PROCESS;
  if (::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0) {
    return {"seccomp filter", Verdict::Good, "available"};
  }
  return {"seccomp filter", Verdict::Missing, hv::system_error("seccomp").message(),
          "a kernel with CONFIG_SECCOMP_FILTER"};
}

Finding probe_landlock() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version > 0) {
    return {"Landlock", Verdict::Good, "version " + std::to_string(version)};
  }
  return {"Landlock", Verdict::Slower, "not available: one wall fewer around the hypervisor",
          "boot with landlock in the lsm= parameter"};
}

// The value of a sysfs choice: "always [madvise] never" is "madvise".
std::string chosen_of(const std::string& line) {
  const std::size_t open = line.find('[');
  const std::size_t close = line.find(']', open);
  return open == std::string::npos || close == std::string::npos ? "" : line.substr(open + 1, close - open - 1);
}

}  // namespace

bool Section::works() const {
  for (const Finding& finding : findings) {
    if (finding.verdict == Verdict::Missing) {
      return false;
    }
  }
  return true;
}

Section probe_isolation() {
  return {"Isolation", {probe_namespaces(), probe_mount_calls(), probe_seccomp(), probe_landlock()}};
}

Section probe_memory() {
  Section section{"Memory"};
  const std::string huge = chosen_of(first_line_of("/sys/kernel/mm/transparent_hugepage/enabled"));
  if (huge == "always" || huge == "madvise") {
    section.findings.push_back({"transparent huge pages", Verdict::Good, huge});
  } else {
    section.findings.push_back({"transparent huge pages", Verdict::Slower,
                                huge.empty() ? "not in this kernel, or /sys is not mounted" : huge,
                                "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"});
  }
  constexpr std::uint64_t comfortable_mib = 256;
  std::ifstream meminfo("/proc/meminfo");
  for (std::string line; std::getline(meminfo, line);) {
    std::istringstream words(line);
    std::string key;
    std::uint64_t kib = 0;
    if (words >> key >> kib && key == "MemAvailable:") {
      const std::uint64_t mib = kib / 1024;
      section.findings.push_back({"available memory", mib >= comfortable_mib ? Verdict::Good : Verdict::Slower,
                                  std::to_string(mib) + " MiB", mib >= comfortable_mib ? "" : "end other programs"});
    }
  }
  return section;
}

Section probe_software_lane() {
  Section section{"Software lane"};
  const auto add_program = [&](const char* name, const char* package) {
    const auto found = lane::find_program(name, package);
    section.findings.push_back(
        found ? Finding{name, Verdict::Good, found.value()}
              : Finding{name, Verdict::Missing, found.error().message, std::string("apt-get install ") + package});
  };
  add_program("qemu-system-x86_64", "qemu-system-x86");
  add_program("virtiofsd", "qemu-system-common");
  const auto files = lane::find_lane_files();
  section.findings.push_back(files ? Finding{"kernel", Verdict::Good, files.value().kernel}
                                   : Finding{"kernel", Verdict::Missing, files.error().message});
  return section;
}

}  // namespace kx::toolstack
