// Mapping a library's new version beside the old one, for its update.
#pragma once

#include "arch/x86_64/context.hpp"

namespace kx::libos {

// Maps the ELF image whose content is behind the handle `content`, and which is named by the one behind `handle`,
// within reach of a 32-bit displacement from `near`; takes both over. A library policy is not asked: the hypervisor has
// judged the content. Nothing is relocated and nothing runs. Where its first page lies, or -errno; -ESTALE: another
// program runs than that of this generation, whose lower bits are given.
i64 map_library_image(u64 handle, u64 content, u32 generation, u64 near);

}  // namespace kx::libos
