// The CPUID leaves a pVM sees.
#pragma once

#include <cstdint>

#include "hypervisor/error.hpp"
#include "hypervisor/kvm/vm.hpp"

namespace kx::hv {

struct GuestCpu {
  kvm::CpuidList cpuid;
  std::uint64_t xcr0;        // states the guest may enable: those the host has enabled and KVM can switch
  std::uint32_t xsave_size;  // bytes of the XSAVE area for xcr0
  std::uint64_t tsc_khz;     // guest and host TSC are the same
  bool slow_exits;           // shadow paging without VMX or SVM: an exit costs tens of microseconds
  bool untrapped_cpuid;      // a program's CPUID reaches the processor: `cpuid` has its own answers, not KVM's
  std::uint64_t hwcap;       // AT_HWCAP: leaf 1 EDX
  std::uint8_t tss_type;     // of the task register's segment, with which the I/O bitmap is looked at
};

// KVM's list, or the processor's own features where KVM runs CPL3 natively without VMX and SVM (its list hides SSE3,
// AVX and XSAVE there, though the guest can use them); few cache leaves: each CPUID is an exit, and glibc walks all at
// every start. Where a program's CPUID cannot be stopped, the processor's own answers.
Result<GuestCpu> guest_cpu(kvm::System& system, kvm::Vm& vm);

}  // namespace kx::hv
