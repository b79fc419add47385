// Unwinds call frames by the tables that compilers write into .eh_frame (DWARF 5, section 6.4; LSB Core, chapter 10):
// who called the function at a program counter, and with what registers. Tables and stack are the program's and may
// hold anything: every loop is bounded, and what makes no sense ends the walk.
#pragma once

#include <span>

#include "arch/x86_64/context.hpp"

namespace kx::libos {

// Registers by their DWARF numbers (System V ABI for AMD64, figure 3.36): 0 rax, 1 rdx, 2 rcx, 3 rbx, 4 rsi, 5 rdi,
// 6 rbp, 7 rsp, 8 to 15 r8 to r15, 16 the return address (rip).
struct UnwindRegisters {
  static constexpr unsigned count = 17;
  static constexpr unsigned rsp = 7;
  static constexpr unsigned rip = 16;

  u64 value[count];
  u32 known;  // bit n: value[n] is known

  [[nodiscard]] bool knows(unsigned number) const { return number < count && ((known >> number) & 1) != 0; }
};

// A loaded program or library, as far as unwinding goes.
struct UnwindModule {
  u64 start;  // [start, end) of its mapping, its tables included
  u64 end;
  u64 frame_header;  // the address of its .eh_frame_hdr; 0: it has none
};

// How the program's memory is read: `read` copies [address, address + size), or fails and gives false. It is asked for
// whole blocks of up to 64 bytes that cross no page, of which less may be wanted.
struct UnwindMemory {
  bool (*read)(void* context, u64 address, void* to, u64 size);
  void* context;
};

enum class UnwindStep : u8 {
  Frame,    // registers are the caller's now
  End,      // the outermost frame: its return address is undefined
  Unknown,  // no or unusable frame information
};

// Goes from the function that executes at registers.value[rip] to its caller. `after_call`: whether that is a return
// address, which may lie behind the calling function, or exact: the innermost frame, or one that a signal interrupted.
// Both are changed by UnwindStep::Frame alone. Registers that a call may destroy are unknown in the caller unless the
// tables say where they are.
//
// The caller's rsp is above the callee's, so that a walk ends. There are two exceptions: a signal's frame may lie on
// another stack, and a function that took its return address off the stack (vfork) has its caller's rsp where it
// executes. Walks through such frames are for the caller of this function to bound.
UnwindStep unwind_frame(const UnwindMemory& memory, std::span<const UnwindModule> modules, UnwindRegisters& registers,
                        bool& after_call);

}  // namespace kx::libos
