// Record locks of the process: fcntl(2), "Advisory record locking".
#pragma once

#include "files/open_file.hpp"

namespace kx::libos {

// F_GETLK, F_SETLK, F_SETLKW and their OFD forms; `address` is the program's struct flock. 0 or -errno.
i64 record_lock(const OpenFile& file, u64 command, u64 address);

// Closing any descriptor of a file ends all locks that the process has on it.
void drop_record_locks(const OpenFile& file);

}  // namespace kx::libos
