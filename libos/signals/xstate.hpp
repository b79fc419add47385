// The program's vector and floating-point registers: never touched by the library OS, saved only into signal frames.
#pragma once

#include "arch/x86_64/context.hpp"

namespace kx::libos {

// The largest XSAVE area there is room for; the registers offered to pVMs need less.
inline constexpr u64 xstate_limit = 4096;

// Takes the sizes from BootInfo.
void start_xstate(u64 xcr0, u32 xsave_size);

// Size of the floating-point part of a signal frame, its closing magic word included.
u64 xstate_frame_size();

// Fills `buffer` (64-byte aligned, xstate_limit + 4 bytes) with what a signal frame holds.
void save_xstate(u8* buffer);
// Puts the registers into the state a new program finds.
void reset_xstate();
// Loads the registers from the floating-point part of a signal frame at `address` of the program; 0 resets them. False:
// not readable, or contents the processor would refuse; the registers are unchanged then.
bool restore_xstate(u64 address);

// The registers as they are, into 64-byte aligned memory of xstate_limit bytes, and back.
void capture_xstate(u8* area);
void load_xstate(const u8* area);

// Floating-point state for SIGFPE: unmasked exceptions that are raised, as bits of the status words.
u32 raised_x87_exceptions();
u32 raised_sse_exceptions();

}  // namespace kx::libos
