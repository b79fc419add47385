// The program's registers as the entry code saves them, and the primitives entry.S provides.
#pragma once

#include <cstddef>
#include <cstdint>
#include <kx/abi/vcpu.hpp>

namespace kx::libos {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

struct Context {
  u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
  u64 orig_rax;  // system-call number, -1 if not in a system call
  u64 vector;    // exception vector; 0x200 patched, 0x201 trapped system call
  u64 error;
  u64 rip, cs, rflags, rsp, ss;
  u64 flags_image;  // arithmetic flags in LAHF form, OF in the lowest bit: what the fast return restores
};
static_assert(sizeof(Context) == 192);
static_assert(offsetof(Context, rax) == 80 && offsetof(Context, rdi) == 112 && offsetof(Context, rip) == 144 &&
              offsetof(Context, rsp) == 168 && offsetof(Context, flags_image) == 184);

inline constexpr u64 entry_patched = 0x200;
inline constexpr u64 entry_trapped = 0x201;

// RFLAGS of a program: IF. Port I/O is the matter of the TSS bitmap.
inline constexpr u64 program_rflags = 0x202;
inline constexpr u64 settable_rflags = 0x50dd5 | 0x200000;  // CF PF AF ZF SF TF DF OF RF AC ID

extern "C" {
void kx_cpl0_service_call(u64 address_or_zero);
[[noreturn]] void kx_context_return(Context* context);
void kx_fork_exit(u64* stack_pointer);
u32 kx_call_hook(Context* context);
[[noreturn]] void kx_leave_hook();
u64 kx_user_copy(void* to, const void* from, u64 size);
i64 kx_user_load32(const u32* address);
i64 kx_user_cas32(u32* address, u32 expected, u32 desired);
extern const char kx_user_copy_instruction[], kx_user_copy_fixup[];
extern const char kx_user_copy_small_begin[], kx_user_copy_small_end[], kx_user_copy_small_fixup[];
extern const char kx_user_load32_instruction[], kx_user_load32_fixup[];
extern const char kx_user_cas32_instruction[], kx_user_cas32_fixup[];
extern const char kx_syscall_patched[], kx_thread_start[], kx_hook_return[];
}

// SAFETY: GS is the library OS's own; its base is the vCPU page, whose first word is its address.
inline abi::VcpuPage& vcpu_page() {
  u64 address;
  asm("mov %%gs:0, %0" : "=r"(address));
  return *reinterpret_cast<abi::VcpuPage*>(address);
}

inline u64 read_tsc() {
  u32 low, high;
  asm volatile("rdtsc" : "=a"(low), "=d"(high));
  return low | static_cast<u64>(high) << 32;
}

inline void out8(u16 port) {
  asm volatile("out %%al, %0" : : "dN"(port), "a"(0) : "memory");
}

inline u64 read_fs_base() {
  u64 value;
  asm volatile("rdfsbase %0" : "=r"(value));
  return value;
}
inline void write_fs_base(u64 value) {
  asm volatile("wrfsbase %0" : : "r"(value));
}

inline void relax() {
  asm volatile("pause" : : : "memory");
}

}  // namespace kx::libos
