// Reading and writing pipes in the family segment (abi/pipe_ring.hpp), without the host.
#pragma once

#include "files/transfer.hpp"

namespace kx::libos {

inline constexpr i64 ring_not_ready = 0;

// Moves up to `size` bytes between the ring of a pipe (OpenFile::ring) and the program, as pipe(7) says, and watches a
// moment for the other side. The bytes, or ring_not_ready: the host is to be asked, which decides about everything
// else.
i64 transfer_by_ring(u32 ring, Direction direction, const BufferCursor& cursor, u64 size);

}  // namespace kx::libos
