// Mapping a library's new version beside the old one, for its update.
#pragma once

#include "arch/x86_64/context.hpp"

namespace kx::libos {

// Maps the ELF image behind `handle`, which it takes over, within reach of a 32-bit displacement from `near`; nothing
// is relocated and nothing runs. Where its first page lies, or -errno.
i64 map_library_image(u64 handle, u64 near);

}  // namespace kx::libos
