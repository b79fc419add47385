// Answers and flags of host calls that are more than a count or an error number.
#pragma once

#include <cstdint>

namespace kx::abi {

// The service thread's answer to a call that might block, or that belongs to the vCPU's own thread: nothing was done,
// the library OS repeats the call by an exit. Never the answer to a call made by an exit.
inline constexpr std::int64_t result_must_exit = INT64_MIN;

// HostCall::Read, Write or Ioctl of its terminal by a process in the background: nothing was done; the library OS
// raises SIGTTIN or SIGTTOU, answers EIO, or goes on where that is right (termios(3), setpgid(2)).
inline constexpr std::int64_t result_background = INT64_MIN + 1;

// A call that may wait was not begun, as the vCPU was kicked before: once what the kick was for is done, the library OS
// makes the system call again from its start (signal(7): a signal that comes before a call does not end it). The
// kernel's own code for that, ERESTARTNOINTR.
inline constexpr std::int64_t result_not_begun = -513;

// Flags of HostCall::FutexWait.
enum FutexWaitFlags : std::uint32_t {
  futex_wait_absolute = 1,  // the timeout is a point in time, not a duration
  futex_wait_realtime = 2,  // of CLOCK_REALTIME instead of CLOCK_MONOTONIC; needs futex_wait_absolute
};

// Flags of HostCall::FutexRequeue.
enum FutexRequeueFlags : std::uint32_t {
  futex_requeue_compares = 1,  // only if the first word has the expected value
};

}  // namespace kx::abi
