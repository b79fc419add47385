// Counters that --stats prints.
#pragma once

#include <kx/abi/boot.hpp>

#include "arch/x86_64/context.hpp"

namespace kx::libos {

// SAFETY: a fixed page of the system slot, shared with the hypervisor, which only reads it.
inline abi::Stats& stats() {
  return *reinterpret_cast<abi::Stats*>(abi::linear_gva(abi::stats_gpa));
}

// Remembers for the running system call by whom its host call was served; an exit outweighs the service thread.
void count_host_call(bool by_service);
// Starts and ends the accounting of one system call.
void begin_system_call();
void end_system_call(u64 number);
void count_unsupported(u64 number);

}  // namespace kx::libos
