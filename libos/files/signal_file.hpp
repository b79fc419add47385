// signalfd(2): signals read as records.
#pragma once

#include "files/fd_table.hpp"
#include "files/transfer.hpp"

namespace kx::libos {

// `flags`: O_NONBLOCK or 0. 0 or -errno.
i64 create_signal_file(u64 mask, u32 flags, FileRef& file);

// Bytes of whole records, -errno or a restart code.
i64 read_signal_file(OpenFile& file, const BufferList& list);

}  // namespace kx::libos
