// What terminals are asked about processes: groups and sessions are the family's, as on the host all of it is one
// process. The rules are those of Linux's tty_jobctrl.c; ioctl_tty(2) and termios(3) describe them.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "hypervisor/services/call_support.hpp"

namespace kx::hv {

namespace {

constexpr unsigned slave_major = 136;  // of pseudo-terminals (Linux's devices.txt)
const dev_t master_device = makedev(5, 2);

bool is_pseudo_terminal(dev_t device) {
  return major(device) == slave_major;
}

// Whether kx was started on the terminal behind `fd`, and is in its foreground.
bool is_in_foreground_with_kx(int fd) {
  pid_t group = 0;
  return ::ioctl(fd, TIOCGPGRP, &group) == 0 && group == ::getpgrp();
}

// What lies behind a descriptor.
struct Asked {
  std::int64_t error = 0;
  bool by_master = false;
  dev_t device = 0;                    // of the slave, if it is a pseudo-terminal
  std::shared_ptr<Terminal> terminal;  // if it is a session's
};

Asked look_at(const CallContext& context, int fd) {
  JobControl* const jobs = context.services.jobs;
  struct stat status {};
  if (jobs == nullptr || ::fstat(fd, &status) != 0 || !S_ISCHR(status.st_mode)) {
    return {.error = -ENOTTY, .terminal = nullptr};
  }
  Asked asked{.device = status.st_rdev, .terminal = nullptr};
  if (status.st_rdev == master_device) {
    unsigned number = 0;
    if (::ioctl(fd, TIOCGPTN, &number) != 0) {
      return {.error = -errno, .terminal = nullptr};
    }
    asked.device = makedev(slave_major, number);
    asked.by_master = true;
  }
  pid_t group = 0;
  const bool is_of_kx = !asked.by_master && ::ioctl(fd, TIOCGPGRP, &group) == 0;
  if (!asked.by_master && !is_of_kx && errno != ENOTTY) {
    return {.error = -errno, .terminal = nullptr};  // it has been hung up
  }
  if (is_of_kx) {
    asked.terminal = jobs->terminal_of(0);
  } else if (is_pseudo_terminal(asked.device)) {
    asked.terminal = jobs->terminal_of(asked.device);
  }
  return asked;
}

bool is_background_of(const CallContext& context, int fd, dev_t device) {
  JobControl* const jobs = context.services.jobs;
  const std::shared_ptr<Terminal> own = jobs == nullptr ? nullptr : jobs->terminal();
  if (own == nullptr) {
    return false;
  }
  // When kx itself is in the background, the host's kernel says so to all of the family.
  const bool is_own = own->device != 0 ? own->device == device : is_in_foreground_with_kx(fd);
  const std::int32_t foreground = own->foreground;
  return is_own && foreground != 0 && jobs->group() != foreground;
}

// TIOCSPGRP on the host, where kx's group stands for each of the family's.
std::int64_t bring_kx_to_foreground(const CallContext& context, int fd) {
  if (is_in_foreground_with_kx(fd)) {
    return 0;
  }
  const pid_t own = ::getpgrp();
  return host_syscall_blocking(context, SYS_ioctl, {static_cast<std::uint64_t>(fd), TIOCSPGRP, address_of(&own)});
}

}  // namespace

bool reads_in_background(const CallContext& context, int fd, const struct stat& status) {
  return S_ISCHR(status.st_mode) && is_background_of(context, fd, status.st_rdev);
}

bool writes_in_background(const CallContext& context, int fd, const struct stat& status) {
  termios modes{};
  return reads_in_background(context, fd, status) && ::tcgetattr(fd, &modes) == 0 && (modes.c_lflag & TOSTOP) != 0;
}

bool changes_in_background(const CallContext& context, int fd) {
  const Asked asked = look_at(context, fd);
  return asked.terminal != nullptr && is_background_of(context, fd, asked.device);
}

std::int64_t get_terminal_group(const CallContext& context, int fd, std::uint64_t offset) {
  const Asked asked = look_at(context, fd);
  if (asked.error != 0) {
    return asked.error;
  }
  if (!asked.by_master && (asked.terminal == nullptr || asked.terminal != context.services.jobs->terminal())) {
    return -ENOTTY;
  }
  std::int32_t group = asked.terminal == nullptr ? 0 : asked.terminal->foreground.load();
  if (asked.terminal != nullptr && asked.terminal->device == 0 && !is_in_foreground_with_kx(fd)) {
    group = INT32_MAX;  // somebody else's must not look like one of the family's
  }
  return copy_out(context, offset, group) ? 0 : -EFAULT;
}

std::int64_t set_terminal_group(const CallContext& context, int fd, std::uint64_t offset) {
  const Asked asked = look_at(context, fd);
  if (asked.error != 0) {
    return -ENOTTY;
  }
  std::int32_t group;
  if (!copy_in(context, offset, group)) {
    return -EFAULT;
  }
  JobControl& jobs = *context.services.jobs;
  const std::shared_ptr<Terminal> own = jobs.terminal();
  if (own != nullptr && own == asked.terminal && own->device == 0) {
    if (const std::int64_t result = bring_kx_to_foreground(context, fd); result != 0) {
      return result;
    }
  }
  if (group < 0) {
    return -EINVAL;
  }
  if (own == nullptr || own != asked.terminal || own->session != jobs.session()) {
    return -ENOTTY;
  }
  return jobs.set_foreground_group(*own, group);
}

std::int64_t get_terminal_session(const CallContext& context, int fd, std::uint64_t offset) {
  const Asked asked = look_at(context, fd);
  if (asked.error != 0) {
    return asked.error;
  }
  if (asked.terminal == nullptr || (!asked.by_master && asked.terminal != context.services.jobs->terminal())) {
    return -ENOTTY;
  }
  const std::int32_t session = asked.terminal->session;
  return copy_out(context, offset, session) ? 0 : -EFAULT;
}

std::int64_t take_terminal(const CallContext& context, int fd) {
  const Asked asked = look_at(context, fd);
  termios modes;
  if (asked.error != 0 || ::tcgetattr(fd, &modes) != 0) {
    return asked.error != 0 ? asked.error : -ENOTTY;
  }
  JobControl& jobs = *context.services.jobs;
  if (asked.terminal != nullptr && asked.terminal == jobs.terminal() &&
      asked.terminal->session == process_id(context)) {
    return 0;  // its leader has it already
  }
  // One that is a session's of the host, or no pseudo-terminal, is out of the family's reach.
  if (!jobs.may_take_terminal() || asked.terminal != nullptr || !is_pseudo_terminal(asked.device)) {
    return -EPERM;
  }
  return context.may_block() ? jobs.take_terminal(fd, asked.device) : abi::result_must_exit;
}

bool takes_by_opening(const CallContext& context, std::uint64_t flags) {
  JobControl* const jobs = context.services.jobs;
  return (flags & (O_NOCTTY | O_PATH)) == 0 && (flags & O_ACCMODE) != O_WRONLY && jobs != nullptr &&
         jobs->may_take_terminal();
}

void take_by_opening(const CallContext& context, int fd) {
  const Asked asked = look_at(context, fd);
  if (asked.error == 0 && !asked.by_master && asked.terminal == nullptr && is_pseudo_terminal(asked.device)) {
    // Nothing is said if it is not to be had (open(2)).
    static_cast<void>(context.services.jobs->take_terminal(fd, asked.device));
  }
}

std::int64_t leave_terminal(const CallContext& context, int fd) {
  const Asked asked = look_at(context, fd);
  if (asked.error != 0) {
    return asked.error;
  }
  JobControl& jobs = *context.services.jobs;
  if (asked.by_master || asked.terminal == nullptr || asked.terminal != jobs.terminal()) {
    return -ENOTTY;
  }
  jobs.leave_terminal();
  return 0;
}

Result<UniqueFd> open_own_terminal(const CallContext& context, int flags) {
  JobControl* const jobs = context.services.jobs;
  const std::shared_ptr<Terminal> own = jobs == nullptr ? nullptr : jobs->terminal();
  if (jobs != nullptr && own == nullptr) {
    return Unexpected{system_error_from(ENXIO, "open /dev/tty")};
  }
  if (own == nullptr || own->device == 0) {
    return context.services.sandbox->open_device("tty", flags);
  }
  const std::string name = "pts/" + std::to_string(minor(own->device));
  KX_TRY_ASSIGN(UniqueFd fd, context.services.sandbox->open_device(name, flags));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || status.st_rdev != own->device) {
    return Unexpected{system_error_from(EIO, "open /dev/tty")};
  }
  return fd;
}

}  // namespace kx::hv
