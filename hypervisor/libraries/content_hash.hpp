// The hash of a file that signatures are made over: a tree of BLAKE2b, whose leaves are computed by several threads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "hypervisor/error.hpp"

namespace kx::hv::libraries {

using ContentHash = std::array<unsigned char, 64>;

// Hashes the first `size` bytes of a file, whatever its position. At most `threads` threads, the caller's included.
// Errors: those of pread(2); EIO if the file ends before.
Result<ContentHash> hash_content(int fd, std::uint64_t size, unsigned threads);

// The threads that hashing is worth, on this machine.
unsigned hashing_threads();

}  // namespace kx::hv::libraries
