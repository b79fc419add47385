#include "entry/patcher.hpp"

#include <algorithm>
#include <kx/base/address.hpp>
#include <kx/base/verify.hpp>
#include <optional>

namespace kx::libos {

namespace {

// Instruction encodings: Intel SDM vol. 2.
constexpr std::uint8_t op_mov_eax = 0xb8;
constexpr std::uint8_t op_jmp_rel32 = 0xe9;
constexpr std::uint8_t op_jmp_rel8 = 0xeb;

constexpr std::size_t mov_size = 5;
constexpr std::size_t jmp_size = 5;
constexpr std::size_t jmp_rel8_size = 2;
constexpr std::size_t syscall_size = 2;
constexpr std::size_t cpuid_size = 2;

constexpr bool fits_int32(std::uint64_t difference) {
  const auto value = static_cast<std::int64_t>(difference);
  return value == static_cast<std::int32_t>(value);
}

void store32(std::uint8_t* to, std::uint32_t value) {
  for (unsigned byte = 0; byte < 4; ++byte) {
    to[byte] = static_cast<std::uint8_t>(value >> (8 * byte));
  }
}

// Writes a trampoline; a displacement that does not fit is remembered and makes the plan fail.
class Assembler {
 public:
  Assembler(Patch& patch, TrampolinePlace place) : patch_(patch), entry_slot_(place.entry_slot) {
    patch_.trampoline_address = place.address;
  }

  [[nodiscard]] std::uint64_t here() const { return patch_.trampoline_address + patch_.trampoline_size; }
  [[nodiscard]] bool in_reach() const { return in_reach_; }

  void bytes(std::span<const std::uint8_t> code) {
    KX_VERIFY(code.size() <= Patch::max_trampoline_size - patch_.trampoline_size);
    std::copy(code.begin(), code.end(), patch_.trampoline.begin() + patch_.trampoline_size);
    patch_.trampoline_size = static_cast<std::uint8_t>(patch_.trampoline_size + code.size());
  }

  template <std::size_t size>
  void bytes(const std::uint8_t (&code)[size]) {
    bytes(std::span<const std::uint8_t>(code));
  }

  void mov_eax(std::uint32_t value) {
    std::uint8_t code[mov_size] = {op_mov_eax};
    store32(code + 1, value);
    bytes(code);
  }

  void lea_rcx(std::uint64_t target) {
    std::uint8_t code[7] = {0x48, 0x8d, 0x0d};
    store32(code + 3, displacement(here() + sizeof code, target));
    bytes(code);
  }

  // The same with a target further on in the trampoline: where bind_lea_rcx(), given this result, is called.
  [[nodiscard]] std::size_t lea_rcx_forward() {
    lea_rcx(here());
    return patch_.trampoline_size;
  }
  void bind_lea_rcx(std::size_t lea_end) {
    store32(patch_.trampoline.data() + lea_end - 4, static_cast<std::uint32_t>(patch_.trampoline_size - lea_end));
  }

  void jmp(std::uint64_t target) {
    std::uint8_t code[jmp_size] = {op_jmp_rel32};
    store32(code + 1, displacement(here() + sizeof code, target));
    bytes(code);
  }

  // From here on the program is as at its system-call instruction at `call`; before, as at `start`.
  void at_call(std::uint64_t call, std::uint64_t start) {
    patch_.start_address = start;
    patch_.call_address = call;
    patch_.call_offset = patch_.trampoline_size;
  }

  void jmp_entry() { through_entry_slot(4); }
  void call_entry() { through_entry_slot(2); }

  // The edit that makes `address` a jump to `target`.
  void edit_jmp(std::uint64_t address, std::uint64_t target) {
    CodeEdit edit{address, jmp_size, {op_jmp_rel32}};
    store32(edit.bytes.data() + 1, displacement(address + jmp_size, target));
    patch_.edits[patch_.edit_count++] = edit;
  }

 private:
  std::uint32_t displacement(std::uint64_t from, std::uint64_t to) {
    in_reach_ = in_reach_ && fits_int32(to - from);
    return static_cast<std::uint32_t>(to - from);
  }

  // ff /operation with the slot as its memory operand: rip-relative, or absolute where that does not reach.
  void through_entry_slot(std::uint8_t operation) {
    if (fits_int32(entry_slot_ - (here() + 6))) {
      std::uint8_t code[6] = {0xff, static_cast<std::uint8_t>(operation << 3 | 5)};
      store32(code + 2, displacement(here() + sizeof code, entry_slot_));
      bytes(code);
      return;
    }
    in_reach_ = in_reach_ && fits_int32(entry_slot_);
    std::uint8_t code[7] = {0xff, static_cast<std::uint8_t>(operation << 3 | 4), 0x25};
    store32(code + 3, static_cast<std::uint32_t>(entry_slot_));
    bytes(code);
  }

  Patch& patch_;
  std::uint64_t entry_slot_;
  bool in_reach_ = true;
};

Result<Patch, PatchError> finish(const Patch& patch, const Assembler& assembler) {
  if (!assembler.in_reach()) {
    return Unexpected{PatchError::OutOfReach};
  }
  return patch;
}

// What stands behind this boundary may be a function that itself begins with nops.
std::uint64_t padding_limit(std::uint64_t padding_start) {
  constexpr std::uint64_t function_alignment = 16;
  return align_up(padding_start, function_alignment);
}

bool short_jump_reaches(std::uint64_t from, std::uint64_t to) {
  const auto distance = static_cast<std::int64_t>(to - from);
  return distance >= -128 && distance <= 127;
}

// Looks for five bytes of unreachable padding in consecutive instructions from `address` on, as seen by a short
// jump that ends at `from`.
std::optional<std::uint64_t> find_padding(std::span<const DecodedInstruction> code, std::uint64_t address,
                                          std::uint64_t from) {
  bool unreachable = false;
  std::uint64_t start = address;
  for (const DecodedInstruction& instruction : code) {
    unreachable = unreachable && instruction.nop && !instruction.branch_target;
    address += instruction.length;
    if (unreachable && std::min(address, padding_limit(start)) >= start + jmp_size && short_jump_reaches(from, start)) {
      return start;
    }
    if (instruction.ends_flow && !instruction.nop) {
      unreachable = true;
      start = address;
    }
  }
  return std::nullopt;
}

struct MovedCode {
  std::uint8_t size;
  bool falls_through;
};

// The instructions behind the site that make room for a long jump; padding behind a ret may be overwritten.
Result<MovedCode, PatchError> choose_moved(const TrappedSite& site) {
  constexpr std::size_t needed = jmp_size - syscall_size;
  MovedCode moved{0, true};
  std::size_t room = 0;
  std::uint64_t padding_start = 0;
  for (const DecodedInstruction& instruction : site.after) {
    if (room >= needed) {
      break;
    }
    if (instruction.branch_target) {
      return Unexpected{PatchError::BranchTarget};
    }
    room += instruction.length;
    if (!moved.falls_through) {
      if (!instruction.nop) {
        return Unexpected{PatchError::NoRoom};
      }
      continue;
    }
    if (instruction.relative) {
      return Unexpected{PatchError::NotMovable};
    }
    moved.size = static_cast<std::uint8_t>(moved.size + instruction.length);
    moved.falls_through = !instruction.ends_flow;
    padding_start = site.address + syscall_size + room;
  }
  const bool leaves_padding = room > moved.size && site.address + jmp_size > padding_limit(padding_start);
  if (room < needed || moved.size > site.after_bytes.size() || leaves_padding) {
    return Unexpected{PatchError::NoRoom};
  }
  return moved;
}

std::uint64_t length_of(std::span<const DecodedInstruction> code) {
  std::uint64_t length = 0;
  for (const DecodedInstruction& instruction : code) {
    length += instruction.length;
  }
  return length;
}

}  // namespace

Result<Patch, PatchError> plan_s1(const SyscallSite& site, TrampolinePlace place) {
  Patch patch;
  Assembler assembler(patch, place);
  assembler.edit_jmp(site.address, place.address);
  assembler.mov_eax(site.number);
  assembler.at_call(site.address + mov_size, site.address);
  assembler.lea_rcx(site.address + mov_size + syscall_size);
  assembler.jmp_entry();
  return finish(patch, assembler);
}

Result<Patch, PatchError> plan_cpuid(const CpuidSite& site, TrampolinePlace place) {
  Patch patch;
  Assembler assembler(patch, place);
  assembler.edit_jmp(site.address, place.address);
  assembler.bytes(std::span(site.moved).first(site.moved_size));  // before pushfq, for its flags
  assembler.bytes({0x48, 0x8d, 0x64, 0x24, 0x80});                // lea -128(%rsp),%rsp
  assembler.bytes({0x9c});                                        // pushfq
  assembler.call_entry();
  assembler.bytes({0x9d});                                            // popfq
  assembler.bytes({0x48, 0x8d, 0xa4, 0x24, 0x80, 0x00, 0x00, 0x00});  // lea 128(%rsp),%rsp
  assembler.jmp(site.address + site.moved_size + cpuid_size);
  return finish(patch, assembler);
}

Result<Patch, PatchError> plan_predecessor(const TrappedSite& site, TrampolinePlace place) {
  if (site.before.empty() || site.before.back().length < jmp_size ||
      site.before.back().length > site.before_bytes.size()) {
    return Unexpected{PatchError::NoRoom};
  }
  const DecodedInstruction& moved = site.before.back();
  if (moved.relative || moved.ends_flow) {
    return Unexpected{PatchError::NotMovable};
  }
  const std::uint64_t start = site.address - moved.length;
  Patch patch;
  Assembler assembler(patch, place);
  assembler.edit_jmp(start, place.address);
  assembler.bytes(site.before_bytes.last(moved.length));
  assembler.at_call(site.address, start);
  assembler.lea_rcx(site.address + syscall_size);
  assembler.jmp_entry();
  return finish(patch, assembler);
}

Result<Patch, PatchError> plan_s2(const TrappedSite& site, TrampolinePlace place) {
  const std::uint64_t after = site.address + syscall_size;
  std::optional<std::uint64_t> padding = find_padding(site.after, after, after);
  if (!padding) {
    padding = find_padding(site.before, site.address - length_of(site.before), after);
  }
  if (!padding) {
    return Unexpected{PatchError::NoPadding};
  }
  Patch patch;
  Assembler assembler(patch, place);
  assembler.edit_jmp(*padding, place.address);
  patch.edits[patch.edit_count++] = {
      site.address, jmp_rel8_size, {op_jmp_rel8, static_cast<std::uint8_t>(*padding - after)}};
  assembler.at_call(site.address, site.address);
  assembler.lea_rcx(after);
  assembler.jmp_entry();
  return finish(patch, assembler);
}

Result<Patch, PatchError> plan_s3(const TrappedSite& site, TrampolinePlace place) {
  KX_TRY_ASSIGN(const MovedCode moved, choose_moved(site));
  Patch patch;
  Assembler assembler(patch, place);
  assembler.edit_jmp(site.address, place.address);
  assembler.at_call(site.address, site.address);
  const std::size_t lea_end = assembler.lea_rcx_forward();
  assembler.jmp_entry();
  assembler.bind_lea_rcx(lea_end);
  const std::uint64_t after = site.address + syscall_size;
  patch.moved_start = after;
  patch.moved_to = assembler.here();
  patch.moved_size = moved.size;
  assembler.bytes(site.after_bytes.first(moved.size));
  if (moved.falls_through) {
    assembler.jmp(after + moved.size);
  }
  return finish(patch, assembler);
}

}  // namespace kx::libos
