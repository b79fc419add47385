#pragma once

#include "files/fd_table.hpp"
#include "files/resolve.hpp"

namespace kx::libos {

// Opens a regular file that the caller may execute. Empty on failure, with -errno in `result` (execve(2)). With
// FinalLink::Keep a symbolic link is refused.
FileRef open_for_execution(const char* path, FinalLink final, i64& result);

}  // namespace kx::libos
