// Carries out the update of a library that the hypervisor has worked out (kx/abi/library_update.hpp).
#pragma once

#include <kx/abi/library_update.hpp>

#include "arch/x86_64/context.hpp"

namespace kx::libos {

// Memory for a block of `size` bytes, instead of any there was; its guest-physical address, 0 for none, or -ENOMEM.
i64 set_update_memory(u64 size);

// Carries out what lies in the block, all of it or nothing: 0, or -errno (those of kx/abi/library_update.hpp; -EINVAL:
// the block makes no sense; -EFAULT: memory that is not the program's own). With UpdateMode::Hold `ready` is called
// once everything can be changed, and the result counts for nothing from then on.
i64 carry_out_update(abi::UpdateMode mode, void (*ready)(u64), u64 argument);

}  // namespace kx::libos
