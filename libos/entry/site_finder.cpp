#include "entry/site_finder.hpp"

#include <algorithm>

namespace kx::libos::detail {

namespace {

using Text = std::span<const std::uint8_t>;

// Instruction encodings: Intel SDM vol. 2.
constexpr std::uint8_t op_mov_eax = 0xb8;
constexpr std::uint8_t op_mov_register = 0x89;
constexpr std::uint8_t op_mov_imm8 = 0xc6;
constexpr std::uint8_t op_mov_imm32 = 0xc7;
constexpr std::uint8_t op_two_byte = 0x0f;
constexpr std::uint8_t op2_syscall = 0x05;
constexpr std::uint8_t op2_cpuid = 0xa2;

constexpr std::size_t mov_eax_size = 5;
constexpr std::size_t jmp_size = 5;

std::uint32_t load32(Text text, std::size_t at) {
  std::uint32_t value;
  __builtin_memcpy(&value, text.data() + at, sizeof value);
  return value;
}

// The bytes before an offset; beyond the start of the text they are nops.
class Before {
 public:
  Before(Text text, std::size_t at) : text_(text), at_(at) {}
  std::uint8_t operator[](std::size_t distance) const { return at_ >= distance ? text_[at_ - distance] : 0x90; }

 private:
  Text text_;
  std::size_t at_;
};

bool is_prefix(std::uint8_t byte) {
  return (byte & 0xf0) == 0x40 || byte == 0x66 || byte == 0x67 || (byte & 0xfc) == 0x64 || (byte & 0xfe) == 0xf2;
}

// Opcodes with a ModRM byte and an immediate of four bytes, or with one of one byte that may well be 0.
bool has_immediate32(std::uint8_t opcode) {
  return opcode == 0xc7 || opcode == 0x81 || opcode == 0x69 || opcode == 0xf7;
}
bool has_immediate8(std::uint8_t opcode) {
  return opcode == 0xc6 || opcode == 0x80 || opcode == 0x83;
}

// One-byte opcodes of moves and arithmetic with a ModRM byte and no immediate.
bool has_operand(std::uint8_t opcode) {
  return (opcode < 0x40 && (opcode & 7) < 4) || opcode == 0x63 || (opcode >= 0x84 && opcode <= 0x8d);
}

bool is_displacement32(std::uint8_t modrm) {
  return (modrm & 0xc0) == 0x80 || (modrm & 0xc7) == 0x05;
}

// True if the b8 before `mov $imm32,%eax` may be the last byte of an address whose instruction has an immediate, so
// that the four bytes behind it are that.
bool is_address_before_immediate(const Before& before) {
  const bool sib = has_immediate32(before[2]) && (before[1] & 0xc7) == 0x04;
  const bool displacement8 = has_immediate32(before[2]) && (before[1] & 0xc0) == 0x40;
  const bool displacement8_sib = has_immediate32(before[3]) && (before[2] & 0xc7) == 0x44;
  const bool displacement32 = has_immediate32(before[5]) && is_displacement32(before[4]);
  return sib || displacement8 || displacement8_sib || displacement32;
}

// True if the b8 may be a ModRM or SIB byte with the four bytes behind it as displacement. Its base would be rax, which
// holds the number, or r8.
bool is_address_form(const Before& before) {
  const bool modrm = has_operand(before[1]) && (before[2] & 0xf1) == 0x41;
  const bool modrm_two_byte = before[2] == op_two_byte && (before[3] & 0xf1) == 0x41;
  const bool sib = has_operand(before[2]) && (before[1] & 0xc7) == 0x84;
  return modrm || modrm_two_byte || sib;
}

// True if displacement and immediate of one instruction may hold the pattern or its first five bytes.
bool is_displacement_and_immediate(const Before& before) {
  for (std::size_t first = 1; first <= 2; ++first) {
    if (has_immediate32(before[first + 1]) && is_displacement32(before[first])) {
      return true;
    }
    if (has_immediate32(before[first + 2]) && (before[first + 1] & 0xc7) == 0x84) {
      return true;
    }
  }
  const bool immediate8 = has_immediate8(before[2]) && is_displacement32(before[1]);
  const bool immediate8_sib = has_immediate8(before[3]) && (before[2] & 0xc7) == 0x84;
  return immediate8 || immediate8_sib;
}

// True if the pattern may lie in the eight bytes of a `movabs $imm64`, as programs that write code have it.
bool is_immediate64(const Before& before) {
  const auto movabs = [](std::uint8_t rex, std::uint8_t opcode) {
    return (rex & 0xf8) == 0x48 && (opcode & 0xf8) == 0xb8;
  };
  return movabs(before[2], before[1]) || movabs(before[3], before[2]) || movabs(before[4], before[3]);
}

// True if the bytes before `at` may make the mov there a part of another instruction.
bool may_be_part(Text text, std::size_t at) {
  const Before before(text, at);
  return is_prefix(before[1]) || is_address_before_immediate(before) || is_address_form(before) ||
         is_displacement_and_immediate(before) || is_immediate64(before);
}

// True if the bytes anywhere near could be a branch to `target`, read from any offset.
bool may_be_branched_to(Text text, std::size_t target) {
  constexpr std::size_t window = 4096;
  const std::size_t start = target > window ? target - window : 0;
  const std::size_t end = std::min(text.size(), target + window);
  for (std::size_t at = start; at + 4 <= end; ++at) {
    if (load32(text, at) == static_cast<std::uint32_t>(target - (at + 4))) {
      return true;
    }
  }
  constexpr std::size_t short_window = 129;
  const std::size_t short_end = std::min(text.size(), target + short_window);
  for (std::size_t at = target > short_window ? target - short_window : 1; at < short_end; ++at) {
    const std::uint8_t opcode = text[at - 1];
    const bool branch = (opcode & 0xf0) == 0x70 || opcode == 0xeb || (opcode & 0xfc) == 0xe0;
    if (branch && static_cast<std::int8_t>(text[at]) == static_cast<std::int64_t>(target - (at + 1))) {
      return true;
    }
  }
  return false;
}

// `mov %register,%ecx` or `xor %ecx,%ecx` at `at`.
bool sets_ecx(Text text, std::size_t at) {
  const bool mov = text[at] == op_mov_register && (text[at + 1] & 0xc7) == 0xc1;
  const bool clear = (text[at] == 0x31 || text[at] == 0x33) && text[at + 1] == 0xc9;
  return mov || clear;
}

// The size of what can be moved from before the cpuid at `at`: forms that C libraries have. 0: none of them.
std::size_t movable_size(Text text, std::size_t at) {
  const auto is_mov_eax = [&](std::size_t size) {
    return at >= size && text[at - size] == op_mov_eax && !may_be_part(text, at - size);
  };
  const auto is_store = [&](std::size_t size, std::uint8_t opcode) {  // mov $immediate,displacement8(%rsp)
    return at >= size && text[at - size] == opcode && text[at - size + 1] == 0x44 && text[at - size + 2] == 0x24 &&
           !is_prefix(Before(text, at - size)[1]);
  };
  if (is_mov_eax(mov_eax_size)) {
    return mov_eax_size;
  }
  if (is_mov_eax(mov_eax_size + 2) && sets_ecx(text, at - 2)) {
    return mov_eax_size + 2;
  }
  if (is_store(5, op_mov_imm8)) {
    return 5;
  }
  if (is_store(8, op_mov_imm32)) {
    return 8;
  }
  // mov %r8d..%r15d,%eax; mov %register,%ecx
  if (at >= jmp_size && text[at - 5] == 0x44 && text[at - 4] == op_mov_register && (text[at - 3] & 0xc7) == 0xc0 &&
      sets_ecx(text, at - 2) && !is_prefix(Before(text, at - 5)[1]) && !may_be_branched_to(text, at - 2)) {
    return jmp_size;
  }
  return 0;
}

// The same as next_candidate(), byte by byte.
std::size_t next_by_byte(Text text, std::size_t from, std::size_t end) {
  for (std::size_t at = from; at + 2 <= end; ++at) {
    if (text[at] == op_two_byte && (text[at + 1] == op2_syscall || text[at + 1] == op2_cpuid)) {
      return at;
    }
  }
  return end;
}

}  // namespace

std::size_t next_candidate(Text text, std::size_t from) {
  constexpr std::size_t block = 16;
  const std::size_t blocks = from + block + 1 <= text.size() ? (text.size() - from - 1) / block : 0;
  const std::uint8_t* at = text.data() + from;
  const std::uint8_t* const end = at + blocks * block;
  std::uint32_t hits = 0;
  // SAFETY: reads [at, end + 1), inside the text. The vector registers are the program's here: they are saved and
  // restored, and neither MXCSR nor the upper halves are touched. The saved values lie in this frame, not in a red
  // zone.
  if (at != end) {
    std::uint8_t saved[6 * block];
    asm volatile(
        "movups %%xmm0, (%[saved])\n\t"
        "movups %%xmm1, 16(%[saved])\n\t"
        "movups %%xmm2, 32(%[saved])\n\t"
        "movups %%xmm3, 48(%[saved])\n\t"
        "movups %%xmm4, 64(%[saved])\n\t"
        "movups %%xmm5, 80(%[saved])\n\t"
        "movd %[first], %%xmm3\n\t"
        "pshufd $0, %%xmm3, %%xmm3\n\t"
        "movd %[syscall], %%xmm4\n\t"
        "pshufd $0, %%xmm4, %%xmm4\n\t"
        "movd %[cpuid], %%xmm5\n\t"
        "pshufd $0, %%xmm5, %%xmm5\n"
        "1:\n\t"
        "movdqu (%[at]), %%xmm0\n\t"
        "movdqu 1(%[at]), %%xmm1\n\t"
        "movdqa %%xmm1, %%xmm2\n\t"
        "pcmpeqb %%xmm3, %%xmm0\n\t"
        "pcmpeqb %%xmm4, %%xmm1\n\t"
        "pcmpeqb %%xmm5, %%xmm2\n\t"
        "por %%xmm2, %%xmm1\n\t"
        "pand %%xmm1, %%xmm0\n\t"
        "pmovmskb %%xmm0, %[hits]\n\t"
        "test %[hits], %[hits]\n\t"
        "jnz 2f\n\t"
        "add $16, %[at]\n\t"
        "cmp %[end], %[at]\n\t"
        "jne 1b\n"
        "2:\n\t"
        "movups (%[saved]), %%xmm0\n\t"
        "movups 16(%[saved]), %%xmm1\n\t"
        "movups 32(%[saved]), %%xmm2\n\t"
        "movups 48(%[saved]), %%xmm3\n\t"
        "movups 64(%[saved]), %%xmm4\n\t"
        "movups 80(%[saved]), %%xmm5\n\t"
        : [at] "+&r"(at), [hits] "+&r"(hits)
        : [end] "r"(end), [saved] "r"(saved), [first] "r"(0x0f0f0f0fu), [syscall] "r"(0x05050505u),
          [cpuid] "r"(0xa2a2a2a2u)
        : "memory", "cc");
  }
  if (hits != 0) {
    return static_cast<std::size_t>(at - text.data()) + static_cast<std::size_t>(__builtin_ctz(hits));
  }
  return next_by_byte(text, static_cast<std::size_t>(at - text.data()), text.size());
}

bool is_s1_site(Text text, std::size_t at, SyscallSite& site) {
  // Unwinders recognise a signal frame by the bytes of rt_sigreturn's call.
  constexpr std::uint32_t sigreturn_number = 15;
  if (text[at + 1] != op2_syscall || at < mov_eax_size || text[at - mov_eax_size] != op_mov_eax) {
    return false;
  }
  const std::uint32_t number = load32(text, at - 4);
  if (number >= syscall_number_limit || number == sigreturn_number || may_be_part(text, at - mov_eax_size)) {
    return false;
  }
  site = {at - mov_eax_size, number};
  return true;
}

bool is_cpuid_site(Text text, std::size_t at, CpuidSite& site) {
  if (text[at + 1] != op2_cpuid) {
    return false;
  }
  const std::size_t size = movable_size(text, at);
  if (size == 0) {
    return false;
  }
  site.address = at - size;
  site.moved_size = static_cast<std::uint8_t>(size);
  std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(at - size), size, site.moved.begin());
  return true;
}

}  // namespace kx::libos::detail
