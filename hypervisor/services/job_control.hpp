// What the services ask about the process that calls: its group and session, its terminal, its use of the processor.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "hypervisor/unique_fd.hpp"

namespace kx::hv {

// A terminal that may be the controlling one of a session of the family. Changed under the lock of the table of
// processes.
struct Terminal {
  dev_t device = 0;                          // of the side that programs use; 0: the one that kx was started on
  std::uint32_t number = 0;                  // of TerminalKeeper
  std::atomic<std::int32_t> session = 0;     // 0: it is nobody's any more
  std::atomic<std::int32_t> foreground = 0;  // process group; 0: none
  UniqueFd channel;                          // to the process that has it on the host

  // Lets go of it on the host, which takes a moment.
  void release() const {
    const char any = 0;
    [[maybe_unused]] const ssize_t written = channel ? ::write(channel.get(), &any, sizeof any) : 0;
  }
};

class JobControl {
 public:
  virtual ~JobControl() = default;

  [[nodiscard]] virtual std::int32_t group() = 0;
  [[nodiscard]] virtual std::int32_t session() = 0;
  // The caller's controlling terminal; null: it has none.
  [[nodiscard]] virtual std::shared_ptr<Terminal> terminal() = 0;
  // The one with this device if it is a session's of the family; 0: the one that kx was started on.
  [[nodiscard]] virtual std::shared_ptr<Terminal> terminal_of(dev_t device) = 0;
  // The caller leads its session, and has no terminal.
  [[nodiscard]] virtual bool may_take_terminal() = 0;
  // Makes the pseudo-terminal behind `fd` the caller's. 0 or -errno, as TIOCSCTTY. Waits for the host.
  virtual std::int64_t take_terminal(int fd, dev_t device) = 0;
  // The caller has no terminal any more; nor has its session, if it leads it (TIOCNOTTY).
  virtual void leave_terminal() = 0;
  // 0; -ESRCH: there is no such group; -EPERM: it is of another session than the caller's.
  virtual std::int64_t set_foreground_group(Terminal& terminal, std::int32_t group) = 0;
  // Processor time and the rest of getrusage(2), of this pVM's threads.
  [[nodiscard]] virtual rusage usage() = 0;
  // The host thread of one of its vCPUs; nothing if there is no such vCPU, or its thread is about to end.
  struct HostThread {
    pid_t id;
    rusage usage;
  };
  [[nodiscard]] virtual std::optional<HostThread> host_thread(std::uint32_t vcpu) = 0;
};

}  // namespace kx::hv
