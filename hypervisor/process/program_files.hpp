// The files of the programs that a family runs: none of the family may write to one (ETXTBSY of open(2)). The host
// does not know: to it nobody executes them.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "hypervisor/process/handle_table.hpp"

namespace kx::hv {

// A program's file, busy as long as anybody holds this. Held open, so that no other file gets its inode number.
struct RunningProgram {
  HandleTable::File file;
};
using Program = std::shared_ptr<const RunningProgram>;

class ProgramFiles {
 public:
  // Null for what has no inode.
  Program add(HandleTable::File file);
  [[nodiscard]] bool is_running(dev_t device, ino_t inode);

 private:
  std::mutex mutex_;
  std::multimap<std::pair<dev_t, ino_t>, std::weak_ptr<const RunningProgram>> programs_;
  std::size_t sweep_at_ = 64;  // so many are looked through for those that nobody runs any more
};

}  // namespace kx::hv
