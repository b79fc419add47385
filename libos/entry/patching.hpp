// Keeps the trampolines of patched instructions and knows what a place inside one means for the program.
#pragma once

#include "arch/x86_64/context.hpp"
#include "entry/patcher.hpp"

namespace kx::libos {

// All memory of trampolines. Changed under the address space's lock; the const functions need none.
class Patching {
 public:
  static Patching& instance();

  // Room for one trampoline within reach of `site`, whose entry slots are filled in; address 0 if there is none.
  TrampolinePlace place_for_syscall(u64 site);
  TrampolinePlace place_for_cpuid(u64 site);
  // The plan made for the last place: writes its trampoline. False if it cannot be kept; no edit may be applied then.
  bool commit(const Patch& patch);
  // The address space was cleared, and the trampolines with it.
  void forget();

  // Where a system call that returns to `rip` starts, for a restart.
  [[nodiscard]] u64 restart_address(u64 rip) const;
  // Whether a trampoline returns behind the system-call instruction at `site`: what stands there must not be moved.
  [[nodiscard]] bool returns_behind(u64 site) const;
  // `rip` as the program knows it: an address in a trampoline becomes the one it stands for, if there is one.
  [[nodiscard]] u64 program_address(u64 rip) const;
  // Where to go on for `rip`: elsewhere if instructions were moved away from there.
  [[nodiscard]] u64 resume_address(u64 rip) const;

 private:
  // The arena starts with the entries' addresses and the cpuid routine; then trampolines, each behind its header.
  struct Arena {
    u64 start = 0;
    u32 used = 0;
  };
  struct Header {
    i32 start;       // Patch::start_address, relative to the trampoline; 0: none
    u8 size;         // with the header, in units of 8 bytes
    u8 call;         // Patch::call_address, relative to the start address
    u8 call_offset;  // Patch::call_offset
    u8 end_offset;   // where moved code begins, or the size
  };
  static_assert(sizeof(Header) == 8);
  // Instructions moved from behind a system call.
  struct Moved {
    u64 start, to, size;
  };

  bool choose_arena(u64 site);
  bool start_arena(u64 site);
  // Calls visit(trampoline's address, header) for each trampoline of an arena until it returns true; returns that.
  template <class Visit>
  static bool for_each_trampoline(const Arena& arena, Visit&& visit);

  static constexpr u64 arena_size = 64 << 10;
  static constexpr u32 max_arenas = 64;
  static constexpr u32 max_moved = 256;

  Arena arenas_[max_arenas];
  u32 count_ = 0;
  Arena* current_ = nullptr;
  Moved moved_[max_moved];
  u32 moved_count_ = 0;
};

}  // namespace kx::libos
