// fork(2), vfork(2), and clone(2) where it makes a process.
#pragma once

#include "arch/x86_64/context.hpp"

namespace kx::libos {

class OpenFile;

struct ForkOptions {
  u32 exit_signal = 0;
  bool of_parent = false;       // CLONE_PARENT
  bool waits = false;           // CLONE_VFORK
  bool shares_memory = false;   // CLONE_VM: what the child writes is carried over when the wait ends
  bool clear_handlers = false;  // CLONE_CLEAR_SIGHAND
  u64 stack = 0;                // the child's stack pointer; 0: the caller's
  bool set_tls = false;
  u64 tls = 0;
  u64 set_child_tid = 0;  // addresses; 0: none
  u64 clear_child_tid = 0;
  OpenFile* child_file = nullptr;  // CLONE_PIDFD: gets the handle of the child, which itself has it closed
  u32 child_fd = 0;                // its descriptor
};

// Makes a copy of this process. The child's number; in the child 0, and `caller` is its own context by then. -EAGAIN at
// the limit of processes or slots of memory, -ENOMEM.
i64 fork_process(const ForkOptions& options, Context& caller);

}  // namespace kx::libos
