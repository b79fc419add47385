#include "libraries/stack_check.hpp"

#include <algorithm>
#include <kx/base/address.hpp>

#include "libraries/unwind.hpp"
#include "mm/address_space.hpp"
#include "process/thread.hpp"

namespace kx::libos {

namespace {

constexpr u32 most_frames = 4096;
constexpr u32 rsp = 7, rip = 16;

bool is_forbidden(const UpdateBlock& update, u64 address) {
  return std::any_of(update.ranges.begin(), update.ranges.end(),
                     [&](const abi::UpdateRange& range) { return address - range.start < range.end - range.start; });
}

u64 end_of_area(u64 address) {
  u64 end = 0;
  AddressSpace::instance().for_each_area([&](const Vma& vma) { end = vma.contains(address) ? vma.end : end; });
  return end;
}

// Words above `stack` that lie in a forbidden range, whether they are return addresses or only look so.
bool has_forbidden_word(const UpdateBlock& update, u64 stack) {
  const u64 end = end_of_area(stack);
  u64 words[64];
  for (u64 at = align_up(stack, sizeof(u64)); at < end; at += sizeof words) {
    const u64 size = std::min<u64>(sizeof words, end - at);
    if (!copy_from_user(words, at, size)) {
      return false;
    }
    if (std::any_of(words, words + size / sizeof(u64), [&](u64 word) { return is_forbidden(update, word); })) {
      return true;
    }
  }
  return false;
}

bool read_program(void*, u64 address, void* to, u64 size) {
  return copy_from_user(to, address, size);
}

bool is_in(const UpdateBlock& update, const Context& context) {
  UnwindRegisters registers{{context.rax, context.rdx, context.rcx, context.rbx, context.rsi, context.rdi, context.rbp,
                             context.rsp, context.r8, context.r9, context.r10, context.r11, context.r12, context.r13,
                             context.r14, context.r15, context.rip},
                            0x1ffff};
  const std::span<const UnwindModule> modules(reinterpret_cast<const UnwindModule*>(update.modules.data()),
                                              update.modules.size());
  static_assert(sizeof(UnwindModule) == sizeof(abi::UpdateModule));
  bool after_call = false;
  for (u32 i = 0; i < most_frames; ++i) {
    if (is_forbidden(update, registers.value[rip])) {
      return true;
    }
    const UnwindStep step = unwind_frame({read_program, nullptr}, modules, registers, after_call);
    if (step == UnwindStep::End) {
      return false;
    }
    if (step == UnwindStep::Unknown) {
      break;
    }
  }
  return has_forbidden_word(update, registers.value[rsp]);
}

}  // namespace

bool any_thread_in(const UpdateBlock& update) {
  bool found = false;
  ThreadList::instance().for_each([&](Thread& thread) { found = found || is_in(update, thread.saved_context()); });
  return found;
}

}  // namespace kx::libos
