// What the hypervisor told this pVM at its start.
#pragma once

#include <kx/abi/boot.hpp>

namespace kx::libos {

// SAFETY: a fixed page of the system slot, written before the first instruction.
inline const abi::BootInfo& boot_info() {
  return *reinterpret_cast<const abi::BootInfo*>(abi::linear_gva(abi::boot_info_gpa));
}

}  // namespace kx::libos
