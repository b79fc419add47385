// The program's memory as a file: /proc/self/mem (proc(5)), and copies within it (process_vm_readv(2)).
#pragma once

#include "files/open_file.hpp"
#include "files/transfer.hpp"

namespace kx::libos {

// Bytes or -errno. `position` is an address, or current_position. Private areas are written whatever their protection.
i64 transfer_own_memory(OpenFile& file, const BufferList& list, Direction direction, u64 position);

// Copies between two lists of buffers until one ends or a byte is not accessible; bytes, or -EFAULT if there were none.
i64 copy_own_memory(const BufferList& to, const BufferList& from);

}  // namespace kx::libos
