// A host system call that a kick can always end: no window between looking for a kick and blocking.
#pragma once

#include <cstdint>

namespace kx::hv {

// Performs system call `number` unless *kicked is not zero; returns the kernel's result (-errno on failure).
// A kick (install_kick_handler's signal, sent after *kicked was set) ends it with -EINTR while it blocks, and with
// abi::result_not_begun at any point before.
extern "C" long kx_interruptible_syscall(const std::uint32_t* kicked, long number, const std::uint64_t* arguments);

// The signal that kicks a thread out of KVM_RUN or out of a blocking call.
int kick_signal();

// Installs the handler of the kick signal for the process. Of a timer's (KickTimer) it makes an immediate exit, as who
// sends one otherwise does before.
void install_kick_handler();

}  // namespace kx::hv
