// KVM ioctl numbers and structs whose kernel headers do not survive C++.
//
// Debian 12's headers wrap flexible array members so that sizeof() of the enclosing struct is larger
// in C++ than in C, which changes the ioctl number computed from it. These are the C values.
#pragma once

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include <cstdint>

namespace kx::hv::kvm {

inline constexpr std::uint32_t max_cpuid_entries = 128;
inline constexpr std::uint32_t max_msr_entries = 8;

struct CpuidList {
  std::uint32_t count = 0;
  std::uint32_t padding = 0;
  kvm_cpuid_entry2 entries[max_cpuid_entries] = {};
};

struct MsrList {
  std::uint32_t count = 0;
  std::uint32_t padding = 0;
  kvm_msr_entry entries[max_msr_entries] = {};
};

// The size in each number is that of the two leading words only.
inline constexpr unsigned long get_supported_cpuid = _IOC(_IOC_READ | _IOC_WRITE, KVMIO, 0x05, 8);
inline constexpr unsigned long set_cpuid2 = _IOC(_IOC_WRITE, KVMIO, 0x90, 8);
inline constexpr unsigned long get_cpuid2 = _IOC(_IOC_READ | _IOC_WRITE, KVMIO, 0x91, 8);
inline constexpr unsigned long get_msrs = _IOC(_IOC_READ | _IOC_WRITE, KVMIO, 0x88, 8);
inline constexpr unsigned long set_msrs = _IOC(_IOC_WRITE, KVMIO, 0x89, 8);

}  // namespace kx::hv::kvm
