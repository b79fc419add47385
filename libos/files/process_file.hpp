// pidfd_open(2): descriptors that stand for a process.
#pragma once

#include <sys/stat.h>

#include "files/fd_table.hpp"

namespace kx::libos {

inline constexpr u64 handle_to_come = ~0ull;

// `flags`: O_NONBLOCK or 0. 0 or -errno.
i64 open_process_file(i32 pid, u32 flags, FileRef& file);

// Of a handle that the hypervisor has made already; handle_to_come: it comes later, by OpenFile::replace_handle. Null
// if there is no memory.
OpenFile* describe_process_handle(u64 handle);

// The number of the process behind a handle; -ESRCH once it has been waited for, -EBADF if the handle is another one.
i64 process_of_handle(u64 handle);

// fstat(2), as Linux has answered since 6.9: the inode's number tells processes apart.
void process_file_status(const OpenFile& file, struct stat& status);

}  // namespace kx::libos
