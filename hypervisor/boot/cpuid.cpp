#include "hypervisor/boot/cpuid.hpp"

#include <asm/prctl.h>
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

namespace kx::hv {

namespace {

// Leaf 1 ECX.
constexpr std::uint32_t ecx_monitor = 1u << 3, ecx_vmx = 1u << 5, ecx_dtes64 = 1u << 2, ecx_ds_cpl = 1u << 4,
                        ecx_eist = 1u << 7, ecx_tm2 = 1u << 8, ecx_pdcm = 1u << 15, ecx_dca = 1u << 18,
                        ecx_x2apic = 1u << 21, ecx_tsc_deadline = 1u << 24, ecx_xsave = 1u << 26,
                        ecx_osxsave = 1u << 27, ecx_hypervisor = 1u << 31;
// Leaf 7 EBX, ECX, EDX: what the guest kernel would have to enable or what cannot work at CPL3 in a pVM.
constexpr std::uint32_t ebx7_sgx = 1u << 2, ebx7_rtm = 1u << 11, ebx7_hle = 1u << 4, ebx7_mpx = 1u << 14,
                        ebx7_intel_pt = 1u << 25, ebx7_smep = 1u << 7, ebx7_smap = 1u << 20, ebx7_invpcid = 1u << 10;
constexpr std::uint32_t ecx7_umip = 1u << 2, ecx7_pku = 1u << 3, ecx7_ospke = 1u << 4, ecx7_waitpkg = 1u << 5,
                        ecx7_cet_ss = 1u << 7, ecx7_la57 = 1u << 16, ecx7_enqcmd = 1u << 29, ecx7_pks = 1u << 31,
                        ecx7_keylocker = 1u << 23;
constexpr std::uint32_t edx7_amx = (1u << 22) | (1u << 24) | (1u << 25), edx7_uintr = 1u << 5, edx7_cet_ibt = 1u << 20,
                        edx7_pconfig = 1u << 18, edx7_arch_lbr = 1u << 19;

// x87, SSE, AVX, AVX-512: what a signal frame of Linux carries without asking for permission (AMX needs one).
constexpr std::uint64_t supported_xcr0 = 0xe7;

struct Registers {
  std::uint32_t eax, ebx, ecx, edx;
};

Registers native(std::uint32_t leaf, std::uint32_t index) {
  Registers r{};
  __cpuid_count(leaf, index, r.eax, r.ebx, r.ecx, r.edx);
  return r;
}

// SAFETY: XGETBV is only executed when the host has set OSXSAVE.
__attribute__((target("xsave"))) std::uint64_t read_xcr0() {
  return _xgetbv(0);
}

// VMX (leaf 1) or SVM (leaf 0x80000001): with either, exits are cheap.
bool has_virtualization_extensions() {
  constexpr std::uint32_t ecx_svm = 1u << 2;
  return (native(1, 0).ecx & ecx_vmx) != 0 || (native(0x8000'0001, 0).ecx & ecx_svm) != 0;
}

// Whether a CPUID at CPL3 reaches the processor whatever KVM has been told: nothing but CPUID faulting, which AMD's
// processors lack, stops it where KVM runs CPL3 without VMX and SVM. Turning faulting off, as it is, tells whether the
// processor has it: arch_prctl(2).
bool is_cpuid_untrapped() {
  return !has_virtualization_extensions() && ::syscall(SYS_arch_prctl, ARCH_SET_CPUID, 1UL) != 0 && errno == ENODEV;
}

void add(kvm::CpuidList& list, std::uint32_t leaf, std::uint32_t index, std::uint32_t flags, const Registers& r) {
  if (list.count == kvm::max_cpuid_entries) {
    return;
  }
  kvm_cpuid_entry2& entry = list.entries[list.count++];
  entry = {};
  entry.function = leaf;
  entry.index = index;
  entry.flags = flags;
  entry.eax = r.eax;
  entry.ebx = r.ebx;
  entry.ecx = r.ecx;
  entry.edx = r.edx;
}

void add_xsave_leaves(kvm::CpuidList& list, std::uint64_t xcr0) {
  Registers first = native(0xd, 0);
  first.eax = static_cast<std::uint32_t>(xcr0);
  first.edx = static_cast<std::uint32_t>(xcr0 >> 32);
  std::uint32_t size = 576;
  for (std::uint32_t bit = 2; bit < 32; ++bit) {
    if ((xcr0 >> bit & 1) != 0) {
      const Registers component = native(0xd, bit);
      size = std::max(size, component.ebx + component.eax);
    }
  }
  first.ebx = size;
  first.ecx = size;
  add(list, 0xd, 0, KVM_CPUID_FLAG_SIGNIFCANT_INDEX, first);
  Registers second = native(0xd, 1);
  second.eax &= 0x7;  // XSAVEOPT, XSAVEC, XGETBV(1); no supervisor states
  second.ebx = size;
  second.ecx = second.edx = 0;
  add(list, 0xd, 1, KVM_CPUID_FLAG_SIGNIFCANT_INDEX, second);
  for (std::uint32_t bit = 2; bit < 32; ++bit) {
    if ((xcr0 >> bit & 1) != 0) {
      add(list, 0xd, bit, KVM_CPUID_FLAG_SIGNIFCANT_INDEX, native(0xd, bit));
    }
  }
}

void mask_leaf1(kvm_cpuid_entry2& entry) {
  entry.ecx &= ~(ecx_monitor | ecx_vmx | ecx_dtes64 | ecx_ds_cpl | ecx_eist | ecx_tm2 | ecx_pdcm | ecx_dca |
                 ecx_x2apic | ecx_tsc_deadline);
  entry.ecx |= ecx_hypervisor;
}

void mask_leaf7(kvm_cpuid_entry2& entry) {
  entry.ebx &= ~(ebx7_sgx | ebx7_rtm | ebx7_hle | ebx7_mpx | ebx7_intel_pt | ebx7_smep | ebx7_smap | ebx7_invpcid);
  entry.ecx &= ~(ecx7_umip | ecx7_pku | ecx7_ospke | ecx7_waitpkg | ecx7_cet_ss | ecx7_la57 | ecx7_enqcmd | ecx7_pks |
                 ecx7_keylocker);
  entry.edx &= ~(edx7_amx | edx7_uintr | edx7_cet_ibt | edx7_pconfig | edx7_arch_lbr);
}

// The processor's own leaves, where KVM has nothing to subtract: without VMX and SVM the guest's CPL3 is the host's,
// and KVM's own list takes dozens of trapped CPUIDs to make.
kvm::CpuidList native_list() {
  constexpr std::uint32_t plain_leaves[] = {0x8000'0001, 0x8000'0002, 0x8000'0003, 0x8000'0004, 0x8000'0007};
  constexpr std::uint32_t highest_leaf = 0x16;
  kvm::CpuidList list;
  Registers first = native(0, 0);
  first.eax = std::min(first.eax, highest_leaf);
  add(list, 0, 0, 0, first);
  add(list, 1, 0, 0, native(1, 0));
  add(list, 7, 0, KVM_CPUID_FLAG_SIGNIFCANT_INDEX, native(7, 0));
  add(list, 7, 1, KVM_CPUID_FLAG_SIGNIFCANT_INDEX, native(7, 1));
  Registers extended = native(0x8000'0000, 0);
  extended.eax = std::min(extended.eax, 0x8000'0008u);
  add(list, 0x8000'0000, 0, 0, extended);
  for (const std::uint32_t leaf : plain_leaves) {
    add(list, leaf, 0, 0, native(leaf, 0));
  }
  Registers widths = native(0x8000'0008, 0);
  widths.eax = (widths.eax & 0xff) | 48 << 8;  // four levels of page tables
  add(list, 0x8000'0008, 0, 0, widths);
  return list;
}

// The leaves that C libraries ask for at every start, as the processor gives them: where it cannot be kept from giving
// them to code that is not patched, code that is patched must get the same. What is not listed, it is asked for.
kvm::CpuidList untrapped_list(std::uint64_t xcr0) {
  constexpr std::uint32_t plain_leaves[] = {0,           1,           0x8000'0000, 0x8000'0001,
                                            0x8000'0002, 0x8000'0003, 0x8000'0004, 0x8000'0005,
                                            0x8000'0006, 0x8000'0007, 0x8000'0008};
  kvm::CpuidList list;
  for (const std::uint32_t leaf : plain_leaves) {
    add(list, leaf, 0, 0, native(leaf, 0));
  }
  for (const std::uint32_t subleaf : {0u, 1u}) {
    add(list, 7, subleaf, KVM_CPUID_FLAG_SIGNIFCANT_INDEX, native(7, subleaf));
  }
  for (std::uint32_t subleaf = 0; subleaf < 32; ++subleaf) {
    if (subleaf < 2 || (xcr0 >> subleaf & 1) != 0) {
      add(list, 0xd, subleaf, KVM_CPUID_FLAG_SIGNIFCANT_INDEX, native(0xd, subleaf));
    }
  }
  return list;
}

void note_program_values(GuestCpu& cpu) {
  cpu.xsave_size = 576;
  for (std::uint32_t i = 0; i < cpu.cpuid.count; ++i) {
    const kvm_cpuid_entry2& entry = cpu.cpuid.entries[i];
    if (entry.function == 1) {
      cpu.hwcap = entry.edx;
    }
    if (entry.function == 0xd && entry.index == 0) {
      cpu.xsave_size = entry.ebx;
    }
  }
}

// VMX and the architecture want a busy TSS; QEMU's emulation (check_io() in its seg_helper.c) takes the I/O bitmap only
// of one that is not.
std::uint8_t tss_type(bool slow_exits) {
  constexpr std::uint8_t available = 9, busy = 11;
  if (slow_exits || (native(1, 0).ecx & ecx_hypervisor) == 0) {
    return busy;
  }
  const Registers name = native(0x4000'0000, 0);
  constexpr std::uint32_t tcgt = 0x54474354;  // "TCGTCGTCGTCG"
  return name.ebx == tcgt ? available : busy;
}

}  // namespace

Result<GuestCpu> guest_cpu(kvm::System& system, kvm::Vm& vm) {
  GuestCpu cpu{};
  cpu.slow_exits = !has_virtualization_extensions();
  cpu.tss_type = tss_type(cpu.slow_exits);
  KX_TRY_ASSIGN(cpu.tsc_khz, vm.tsc_khz());
  const bool has_xsave = (native(1, 0).ecx & ecx_osxsave) != 0;
  cpu.xcr0 = has_xsave ? read_xcr0() & supported_xcr0 : 3;
  cpu.untrapped_cpuid = is_cpuid_untrapped();
  if (cpu.untrapped_cpuid) {
    cpu.cpuid = untrapped_list(cpu.xcr0);
    note_program_values(cpu);
    return cpu;
  }
  kvm::CpuidList host_list;
  if (cpu.slow_exits) {
    host_list = native_list();
  } else {
    KX_TRY_ASSIGN(host_list, system.supported_cpuid());
  }
  bool xsave_done = false;
  for (std::uint32_t i = 0; i < host_list.count; ++i) {
    kvm_cpuid_entry2 entry = host_list.entries[i];
    switch (entry.function) {
      case 2:
      case 4:
      case 5:
      case 6:
      case 0xa:
      case 0xb:
      case 0xd:
      case 0x12:
      case 0x14:
      case 0x18:
      case 0x19:
      case 0x1c:
      case 0x1d:
      case 0x1e:
      case 0x1f:
      case 0x20:
        continue;  // caches, topology, performance counters, tracing: rebuilt below or absent
      default:
        break;
    }
    if (entry.function >= 0x4000'0000 && entry.function < 0x5000'0000) {
      continue;  // paravirtual features have no use in a guest without a kernel
    }
    if (entry.function == 1) {
      mask_leaf1(entry);
    }
    if (entry.function == 7 && entry.index == 0) {
      mask_leaf7(entry);
    }
    if (cpu.cpuid.count < kvm::max_cpuid_entries) {
      cpu.cpuid.entries[cpu.cpuid.count++] = entry;
    }
    if (entry.function == 7 && !xsave_done && has_xsave) {
      add_xsave_leaves(cpu.cpuid, cpu.xcr0);
      xsave_done = true;
    }
  }
  // Leaf 2: 32 KiB L1 data and instruction, 1 MiB L2, no leaf 4, so that a C library need not walk it.
  add(cpu.cpuid, 2, 0, 0, Registers{0x007d2c01, 0, 0, 0x0000004d});
  note_program_values(cpu);
  return cpu;
}

}  // namespace kx::hv
