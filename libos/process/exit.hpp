// The end of the pVM and of threads.
#pragma once

#include "arch/x86_64/context.hpp"

namespace kx::libos {

// Ends the pVM with a status as wait(2) encodes it. The hypervisor releases robust futexes then.
[[noreturn]] void end_process(int wait_status);

constexpr int exited(u32 code) {
  return static_cast<int>((code & 0xff) << 8);
}
constexpr int killed_by(u32 signal) {
  return static_cast<int>(signal & 0x7f);
}

// exit(2) of the calling thread: clears its child TID, wakes who waits for it; ends the pVM if it was the last.
[[noreturn]] void end_thread(u32 code);

// Ends every thread but the caller, which stays alone (execve(2)).
void end_other_threads();

// The calling thread ends because another one calls execve(2), or because the pVM ends.
[[noreturn]] void abandon_thread();

// This vCPU leaves the guest.
[[noreturn]] void leave_vcpu();

}  // namespace kx::libos
