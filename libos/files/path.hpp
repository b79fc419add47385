// The working directory and other state of the process that path calls use.
#pragma once

#include "arch/x86_64/context.hpp"
#include "files/open_file.hpp"

namespace kx::libos {

inline constexpr u64 path_capacity = 4096;  // PATH_MAX, with the NUL

// Handle of the working directory, for relative paths.
u64 working_directory_handle();
// Takes ownership of the handle. `path` is where it lies in the family's view, as far as is known.
void set_working_directory(u64 handle, const char* path);
// Absolute; may be out of date after a rename of a directory above it.
const char* working_directory_path();
// True if the working directory is one that the library OS emulates (below /proc or /dev).
bool working_directory_is_emulated();

// An OpenFile for a handle the hypervisor just made, with mode and flags asked of the host; null: out of memory.
OpenFile* describe_handle(u64 handle);

// umask(2) of the process.
u32 file_creation_mask();
u32 set_file_creation_mask(u32 mask);

// The path of an open file in the family's view, NUL-terminated. Its length, or -errno.
i64 handle_path(u64 handle, char* text, u64 capacity);

}  // namespace kx::libos
