// What pidfds are on the host: pipes, one for each call of pidfd_open(2), that become readable when a process ends.
//
// A pipe of its own for each makes each an open file of its own, as programs expect it of epoll(7) and O_NONBLOCK. The
// library OS never reads one: HandleTable hands it out for waiting only, as whoever reads it takes the news from all
// that share it.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "hypervisor/process/handle_table.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv {

class ProcessWatches {
 public:
  enum class Stage : std::uint8_t { Running, Ended };

  // A descriptor to wait for the process with. 0 or -errno.
  std::int64_t open(const ProcessReference& process, Stage stage, bool nonblocking, UniqueFd& reader);
  // The process has ended: its descriptors become readable.
  void ended(const ProcessReference& process);
  // It has been waited for: its descriptors hang up, as Linux's do.
  void gone(const ProcessReference& process);
  // The process that `fd`, which came in a message, is about; none if it is no descriptor of a process there is.
  [[nodiscard]] std::optional<ProcessReference> find(int fd);

 private:
  struct Watcher {
    ProcessReference process;
    dev_t device = 0;  // the pipe's, with its inode: the descriptor of a pipe that was passed about is known by them
    ino_t inode = 0;
    UniqueFd writer;
  };

  void forget_unread();

  std::mutex mutex_;
  std::multimap<std::uint64_t, Watcher> watchers_;  // by the process's serial number
  std::size_t sweep_at_ = 64;                       // so many are looked through for pipes that nobody reads any more
};

}  // namespace kx::hv
