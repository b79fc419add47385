// Mapping the load segments of an ELF image.
#pragma once

#include "files/open_file.hpp"
#include "loader/elf.hpp"

namespace kx::libos {

// 0 or -errno. After a failure a part may be mapped. `approved`: the library policy was asked already.
i64 map_elf_segment(const ElfSegment& segment, u64 bias, OpenFile& file, bool approved);

// Clears the rest of each segment's last file page, which is bss. False: out of memory, or the file is shorter now.
bool clear_elf_tails(const ElfLayout& layout, const ElfSegment* segments, u64 bias);

}  // namespace kx::libos
