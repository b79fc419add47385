// The call of a new version's kx_lib_update (kx/lib_update.h): the program's code, run in the middle of the library
// OS's work with the world stopped, and left whenever it does what it may not.
#pragma once

#include <kx/abi/library_update.hpp>

#include "libraries/update_block.hpp"
#include "process/thread.hpp"

namespace kx::libos {

struct HookMapping {
  u64 address, size;
};

// A hook while it runs, and what it has mapped until that is kept or given back.
struct HookRun {
  const Thread* thread = nullptr;
  const UpdateBlock* update = nullptr;
  u32 kept_pending = 0;  // what became pending and waits until it has returned
  abi::HookState state = abi::HookState::None;
  u64 value = 0, address = 0;  // as the header has them
  static constexpr u32 most_mappings = 64;
  HookMapping mappings[most_mappings];
  u32 mapping_count = 0;
};

// Null: none runs.
extern HookRun* running_hook;
inline bool in_hook() {
  return running_hook != nullptr && running_hook->thread == &Thread::current();
}

// Calls it. Afterwards `run` says how it ended.
void run_hook(const UpdateBlock& update, HookRun& run);
// Takes back what it has mapped.
void forget_mappings(HookRun& run);

// Leaves the hook that runs on this thread: what called run_hook() goes on.
[[noreturn]] void end_hook(abi::HookState state, u64 value, u64 address);
// Something is pending while it runs.
void look_in_hook();
// A write of the hook's, or for it, is a page fault; does not return if it may not write there.
void check_hook_write(u64 address);

}  // namespace kx::libos
