// Guest-physical and guest-virtual layout of a pVM, shared by hypervisor and library OS.
#pragma once

#include <cstdint>

namespace kx::abi {

inline constexpr std::uint64_t page_size = 4096;
inline constexpr std::uint64_t huge_page_size = 2 * 1024 * 1024;

// Guest-virtual layout. Everything lies in the lower canonical half and is user-accessible.
//
//   [user_min, linear_base)            the program (non-PIE images, fixed mappings)
//   [linear_base, linear_end)          the library OS: all guest-physical memory, mapped linearly
//   [linear_end, user_end)             the program (PIE images, heap, mappings, stack)
//
// One PML4 entry for the linear window and, for most programs, one for everything else, keeps the
// number of page-table pages (each costs a shadow page on a shadow-paging KVM) small.
inline constexpr std::uint64_t user_min = 0x10000;
inline constexpr std::uint64_t linear_base = 0x7f00'0000'0000;
inline constexpr std::uint64_t linear_size = 512ull << 30;
inline constexpr std::uint64_t linear_end = linear_base + linear_size;
inline constexpr std::uint64_t user_end = 0x7fff'ffff'f000;

// Guest-physical layout. Stays below 2^39, which every x86-64 processor and QEMU's TCG offer.
inline constexpr std::uint64_t system_gpa = 0;
inline constexpr std::uint64_t system_size = 128 * 1024 * 1024;
// What never changes of the library OS: one copy for all pVMs of a family, which none of them can write.
inline constexpr std::uint64_t libos_text_gpa = system_size;
inline constexpr std::uint64_t libos_text_size = huge_page_size;
inline constexpr std::uint64_t libos_text_gpa_end = libos_text_gpa + libos_text_size;
// The same for its components (components.hpp), whose pages a pVM maps when it first uses one. Right behind, as both
// are told from the program by one comparison.
inline constexpr std::uint64_t libos_components_gpa = libos_text_gpa_end;
inline constexpr std::uint64_t libos_components_size = huge_page_size;
inline constexpr std::uint64_t libos_components_gpa_end = libos_components_gpa + libos_components_size;
inline constexpr std::uint64_t libos_image_size = libos_components_gpa_end - libos_text_gpa;
static_assert(libos_image_size == 4 * 1024 * 1024 && libos_text_gpa % libos_image_size == 0);
// What all pVMs of a family may write: rings of pipes (pipe_ring.hpp).
inline constexpr std::uint64_t family_segment_gpa = libos_components_gpa_end;
inline constexpr std::uint64_t family_segment_size = 2 * huge_page_size;
inline constexpr std::uint64_t family_segment_gpa_end = family_segment_gpa + family_segment_size;
inline constexpr std::uint64_t memory_gpa = 4ull << 30;  // RAM slots, each at an address of its own in the family
inline constexpr std::uint64_t forked_memory_gpa = 128ull << 30;  // from here on: RAM written after a fork
inline constexpr std::uint64_t memory_gpa_end = 256ull << 30;
inline constexpr std::uint64_t forked_slot_size = 4 * 1024 * 1024;
inline constexpr std::uint64_t shared_gpa = 256ull << 30;  // slots of MAP_SHARED file mappings
inline constexpr std::uint64_t shared_gpa_end = 512ull << 30;

// Inside the system slot.
inline constexpr std::uint64_t idt_gpa = 0x4000;
inline constexpr std::uint64_t cpl0_gpa = 0x5000;  // the only code that runs at CPL0
inline constexpr std::uint64_t boot_info_gpa = 0x6000;
inline constexpr std::uint64_t time_page_gpa = 0x7000;
inline constexpr std::uint64_t inbox_gpa = 0x8000;
inline constexpr std::uint64_t stats_gpa = 0x9000;  // 16 KiB
inline constexpr std::uint64_t stats_size = 0x4000;
inline constexpr std::uint64_t cpuid_table_gpa = 0xe000;
inline constexpr std::uint64_t vcpu0_gpa = 0x10000;       // area of the first vCPU
inline constexpr std::uint64_t libos_data_gpa = 0x40000;  // what the library OS writes
inline constexpr std::uint64_t libos_data_gpa_end = 0x200000;

// Page tables have 2 MiB regions of their own: a shadow MMU maps a region that holds a table in 4 KiB pages only.
inline constexpr std::uint64_t boot_pml4_gpa = 0x200000;
inline constexpr std::uint64_t linear_pdpt_gpa = 0x201000;
inline constexpr std::uint64_t linear_pd_gpa = 0x202000;      // maps the first GiB
inline constexpr std::uint64_t ram_pd_gpa = 0x203000;         // maps the first GiB of RAM
inline constexpr std::uint64_t components_pt_gpa = 0x204000;  // maps the library OS's components, in 4 KiB pages
inline constexpr std::uint64_t tables_gpa = 0x205000;         // tables of the program's address space
inline constexpr std::uint64_t linear_tables_gpa = 0x600000;  // further tables of the linear window
inline constexpr std::uint64_t tables_gpa_end = 0x800000;

// What belongs to this pVM alone and is copied at a fork: the library OS's objects, then areas of further vCPUs.
inline constexpr std::uint64_t arena_gpa = tables_gpa_end;
inline constexpr std::uint64_t arena_gpa_end = 64 * 1024 * 1024;
inline constexpr std::uint64_t vcpu_areas_gpa = arena_gpa_end;
inline constexpr std::uint64_t vcpu_areas_gpa_end = system_size;

// A vCPU's area: one naturally aligned block, reached by the library OS through GS.
inline constexpr std::uint64_t vcpu_area_size = 0x10000;
inline constexpr std::uint64_t vcpu_page_offset = 0x0;           // VcpuPage
inline constexpr std::uint64_t vcpu_tables_offset = 0x1000;      // GDT and TSS
inline constexpr std::uint64_t vcpu_cpl0_stack_offset = 0x2000;  // exception frames, one page
inline constexpr std::uint64_t vcpu_cpl0_stack_top = 0x3000;
inline constexpr std::uint64_t vcpu_call_buffer_offset = 0x4000;
inline constexpr std::uint64_t vcpu_call_buffer_size = 0x4000;
inline constexpr std::uint64_t vcpu_stack_offset = 0x8000;  // library-OS stack
inline constexpr std::uint64_t vcpu_stack_top = 0x10000;

constexpr std::uint64_t linear_gva(std::uint64_t gpa) {
  return linear_base + gpa;
}

// Segment selectors; the order is what SYSCALL and SYSRET demand (Intel SDM vol. 2, SYSRET).
inline constexpr std::uint16_t selector_cpl0_code = 0x10;
inline constexpr std::uint16_t selector_cpl0_data = 0x18;
inline constexpr std::uint16_t selector_user_data = 0x2b;
inline constexpr std::uint16_t selector_user_code = 0x33;
inline constexpr std::uint16_t selector_tss = 0x40;

// I/O ports of the pVM. The TSS bitmap allows them at CPL3; IOPL is 0, so that CLI, STI and other ports fault.
inline constexpr std::uint16_t port_host_call = 0xf0;
inline constexpr std::uint16_t port_doorbell = 0xf2;    // ioeventfd: wakes the service thread
inline constexpr std::uint16_t port_cpl0_panic = 0xf4;  // an exception no stub handles

}  // namespace kx::abi
