// What the open of a file brought along, for the dynamic linker, which asks for just that at once: as many exits fewer.
#pragma once

#include <sys/stat.h>

#include "arch/x86_64/context.hpp"

namespace kx::libos {

// As they were when the file was opened. Only the dynamic linker's own calls are answered from it, which follow within
// microseconds: a library that changes in between would be as inconsistent if each of them looked for itself.
struct FileHead {
  static constexpr u64 capacity = 1024;  // ELF header and program headers

  struct stat status {};
  u64 size = 0;
  u8 bytes[capacity];

  // Whether it has all that a read of `count` bytes at `offset` gives.
  [[nodiscard]] bool holds(u64 offset, u64 count) const { return offset <= size && count <= size - offset; }
};

}  // namespace kx::libos
