// Plans the rewriting of system-call and cpuid instructions into jumps. Works on bytes and addresses as numbers;
// the caller places the trampoline, then applies the edits in order.
//
// A patched system call enters the library OS by a jump, with the return address in rcx and r11 free, as after
// the SYSCALL instruction; nothing is pushed, since the program's red zone lies below rsp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <kx/base/result.hpp>
#include <span>

#include "entry/site_finder.hpp"

namespace kx::libos {

enum class PatchError : std::uint8_t {
  OutOfReach,    // a 32-bit displacement does not reach the trampoline, the entry slot or back
  NoPadding,     // S2: no unreachable padding near by
  NoRoom,        // too few instructions known around the site, or too short ones
  NotMovable,    // an instruction depends on where it stands
  BranchTarget,  // S3: a branch leads into the moved instructions
};

struct CodeEdit {
  std::uint64_t address;
  std::uint8_t size;
  std::array<std::uint8_t, 5> bytes;
};

// A finished plan. Until the trampoline is in place and executable no edit may be applied. All edits but the last
// change bytes that are never executed.
struct Patch {
  static constexpr std::size_t max_trampoline_size = 48;

  std::uint64_t trampoline_address = 0;
  std::array<std::uint8_t, max_trampoline_size> trampoline{};
  std::uint8_t trampoline_size = 0;
  std::uint8_t edit_count = 0;
  std::array<CodeEdit, 2> edits{};
  // What an rip inside the trampoline means for the program: `start_address` at its first instruction; from call_offset
  // on, but before code that was moved there, the system-call instruction at `call_address`. 0: nothing.
  std::uint64_t start_address = 0;
  std::uint64_t call_address = 0;
  std::uint8_t call_offset = 0;
  // S3: instructions [moved_start, moved_start + moved_size) now run at moved_to. A return address (or an
  // interrupted rip) in that range must be redirected; elsewhere moved_size is 0.
  std::uint64_t moved_start = 0;
  std::uint64_t moved_to = 0;
  std::uint8_t moved_size = 0;
};

// Where a trampoline goes and how it leaves: `entry_slot` is the address of 8 bytes that hold the entry's
// address, within 2 GiB of the trampoline or below 2 GiB.
struct TrampolinePlace {
  std::uint64_t address;
  std::uint64_t entry_slot;
};

// S1: the mov becomes a jump to the trampoline, which loads the number and enters; the syscall stays, so that a
// branch straight to it still traps.
Result<Patch, PatchError> plan_s1(const SyscallSite& site, TrampolinePlace place);

// cpuid: what stands before it becomes a jump and runs in the trampoline, the cpuid stays. The entry is called with the
// program's red zone skipped and its flags saved; it may change eax, ebx, ecx and edx only (as cpuid does), and returns
// by `ret`.
Result<Patch, PatchError> plan_cpuid(const CpuidSite& site, TrampolinePlace place);

// One instruction as a decoder sees it.
struct DecodedInstruction {
  std::uint8_t length;
  bool relative;       // a relative branch, a call of any kind, or a rip-relative operand
  bool nop;            // padding: nop of any length, int3; not endbr64
  bool ends_flow;      // never falls through: jmp, ret, ud2, hlt
  bool branch_target;  // a branch in the code around leads here
};

// A trapped system call. `before` ends at it, `after` starts behind it; both are consecutive instructions in
// ascending order. `before_bytes` and `after_bytes` are the bytes around it.
struct TrappedSite {
  std::uint64_t address;  // of the 2-byte syscall instruction
  std::span<const DecodedInstruction> before;
  std::span<const DecodedInstruction> after;
  std::span<const std::uint8_t> before_bytes;
  std::span<const std::uint8_t> after_bytes;
};

// The instruction before the syscall, five bytes at least, becomes a jump and runs in the trampoline; the syscall
// stays, so that a branch straight to it still traps.
Result<Patch, PatchError> plan_predecessor(const TrappedSite& site, TrampolinePlace place);

// S2: the syscall becomes a short jump into padding, where a long one leads to the trampoline.
Result<Patch, PatchError> plan_s2(const TrappedSite& site, TrampolinePlace place);

// S3: the syscall and what follows becomes a long jump; what was overwritten runs in the trampoline.
Result<Patch, PatchError> plan_s3(const TrappedSite& site, TrampolinePlace place);

}  // namespace kx::libos
