// Opening a file to execute it.
#pragma once

#include "files/fd_table.hpp"
#include "files/resolve.hpp"

namespace kx::libos {

// A file opened for execution, with what is looked at first.
struct ProgramFile {
  static constexpr u64 head_capacity = 4096;  // enough for all headers of nearly every program

  FileRef file;
  u64 size = 0;
  std::byte* head = nullptr;  // its first bytes
  u64 head_size = 0;
  char* path = nullptr;  // in the family's view, NUL-terminated; null: unknown
  u64 path_capacity = 0;

  ProgramFile() = default;
  ~ProgramFile();
  ProgramFile(const ProgramFile&) = delete;
  ProgramFile& operator=(const ProgramFile&) = delete;
};

// Opens a regular file that the caller may execute. 0, or -errno (execve(2)); what `program` held before is let go.
// With FinalLink::Keep a symbolic link is refused.
i64 open_for_execution(const char* path, FinalLink final, ProgramFile& program);

// Reads `size` bytes at `offset` into library-OS memory through the call buffer. How many there were, or -errno.
i64 read_at(OpenFile& file, u64 offset, std::byte* to, u64 size);

}  // namespace kx::libos
