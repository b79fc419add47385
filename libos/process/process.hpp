// Identity and limits of the process.
#pragma once

#include "arch/x86_64/context.hpp"
#include "process/limits.hpp"
#include "process/lock.hpp"

namespace kx::libos {

struct Process {
  u32 pid = 0;
  u64 limits[limit_count][2] = {};
  Mutex limits_mutex;
  u32 personality = 0;
  i32 parent_death_signal = 0;
  u32 dumpable = 1;
  u64 bounding_capabilities = 0;
  u32 no_new_privileges = 1;
  u32 child_subreaper = 0;
  u64 timer_slack_ns = 50'000;
  u32 cpu_count = 1;
  u64 start_time_ns = 0;
  bool uses_membarrier = false;  // MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED; until execve(2)
  bool has_relatives = false;    // it forked, or was forked
  char hostname[65] = {};

  // In a forked child: who it is now, and what it does not inherit.
  void start_in_child(u32 own_pid);
  static Process& instance();
};

// The parent's number now; it changes when the parent ends.
u32 parent_pid();
// Group and session of a process of the family, or of this one (0); -ESRCH.
i64 process_group(u32 pid);
i64 process_session(u32 pid);

// The controlling terminal of a process, or of this one (0), as proc_pid_stat(5) tells it.
struct ProcessTerminal {
  u64 number = 0;
  i64 foreground_group = -1;
};
ProcessTerminal process_terminal(u32 pid);

// Entropy of this pVM, refilled from the host.
void random_bytes(void* to, u64 size);

}  // namespace kx::libos
