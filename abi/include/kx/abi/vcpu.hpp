// The per-vCPU page: entry scratch space, exception hand-over and the host-call slot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <kx/abi/memory_map.hpp>
#include <type_traits>

namespace kx::abi {

// States of a call slot. The vCPU writes Posted, whoever serves the call writes Done.
// The service thread moves Posted to Taken by compare-and-swap before it serves; until then the vCPU may take the
// call back the same way and serve it by an exit.
enum class CallState : std::uint32_t { Idle = 0, Posted = 1, Done = 2, Taken = 3 };

// One host call. `number` below 1024 is a Linux system call passed through by its shape
// (syscall_shapes.hpp), from 0x1000 on a HostCall. Fits one cache line pair: the first is written by
// the vCPU, `state` is the only word both sides write.
struct alignas(64) CallSlot {
  std::uint32_t state;  // CallState
  std::uint32_t number;
  std::uint64_t args[6];
  std::int64_t result;     // >= 0, or -errno
  std::uint64_t extra[2];  // second results, call specific
  std::uint64_t reserved[6];
};
static_assert(sizeof(CallSlot) == 128 && offsetof(CallSlot, result) == 56);
static_assert(std::is_standard_layout_v<CallSlot> && std::is_trivially_copyable_v<CallSlot> &&
              std::has_unique_object_representations_v<CallSlot>);

// What IRETQ pops (Intel SDM vol. 3, 6.14).
struct IretFrame {
  std::uint64_t rip, cs, rflags, rsp, ss;
};
static_assert(sizeof(IretFrame) == 40);

struct alignas(4096) VcpuPage {
  std::uint64_t self_gva;          // 0: linear address of this page
  std::uint64_t stack_top_gva;     // 8: library-OS stack
  std::uint64_t entry_rsp;         // 16: scratch of the system-call entry
  std::uint64_t entry_cs;          // 24
  std::uint64_t entry_rcx;         // 32
  std::uint64_t exception_rax;     // 40: written by the CPL0 stub, or by the hypervisor for an upcall
  std::uint64_t exception_cr2;     // 48
  std::uint64_t exception_vector;  // 56
  std::uint64_t bounce_gva;        // 64: address of `bounce`, what the stub loads into RSP
  std::uint32_t pending;           // 72: not zero: work before returning to the program
  std::uint32_t vcpu_index;        // 76
  std::uint64_t call_buffer_gva;   // 80
  std::uint64_t thread_gva;        // 88: the library OS's Thread
  IretFrame bounce;                // 96: enters the CPL3 exception handler
  std::uint64_t
      robust_list_gva;          // 136: set_robust_list(2), for the case that the thread is ended from outside; 0: none
  std::uint32_t thread_id;      // 144: 0: no thread
  std::uint32_t holds_ring;     // 148: 1: the thread has a ring locked: it is not to be stopped now
  char thread_name[16];         // 152: PR_SET_NAME, ended by NUL
  std::uint64_t reserved1[3];   // 168
  CallSlot call;                // 192
  std::uint32_t service_awake;  // 320: the service thread polls; the vCPU sets it to 0 when it waited in vain
  std::uint32_t ended;          // 324: the vCPU's thread is gone; written by the hypervisor
  std::uint32_t stop_waits;     // 328: the pVM is stopped, but for this thread, which had a ring locked
  std::uint32_t reserved2[13];
  std::uint8_t reserved3[4096 - 384];
};
static_assert(sizeof(VcpuPage) == page_size);
static_assert(offsetof(VcpuPage, pending) == 72 && offsetof(VcpuPage, bounce) == 96 &&
              offsetof(VcpuPage, robust_list_gva) == 136 && offsetof(VcpuPage, call) == 192 &&
              offsetof(VcpuPage, service_awake) == 320);
static_assert(std::is_standard_layout_v<VcpuPage> && std::is_trivially_copyable_v<VcpuPage> &&
              std::has_unique_object_representations_v<VcpuPage>);

// Bits of VcpuPage::pending.
inline constexpr std::uint32_t pending_inbox = 1;   // the hypervisor put something into the inbox
inline constexpr std::uint32_t pending_signal = 2;  // the library OS has a signal to deliver
inline constexpr std::uint32_t pending_flush = 4;   // another vCPU asks for a TLB flush
inline constexpr std::uint32_t pending_exit = 8;    // the pVM ends

// Exception vectors; the numbers above the processor's are the hypervisor's.
inline constexpr std::uint64_t vector_upcall = 0x100;     // look at the pending word
inline constexpr std::uint64_t vector_bus_error = 0x101;  // the host has no page for the access

// Where the processor leaves an exception's frame, relative to the vCPU area.
inline constexpr std::uint64_t exception_frame_offset = vcpu_cpl0_stack_top - sizeof(IretFrame);
inline constexpr std::uint64_t exception_error_offset = exception_frame_offset - 8;

}  // namespace kx::abi
