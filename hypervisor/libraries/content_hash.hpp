// The hash of a file that signatures are made over: a tree of BLAKE2b, whose leaves are computed several at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "hypervisor/error.hpp"
#include "hypervisor/libraries/blake2b_lanes.hpp"

namespace kx::hv::libraries {

using ContentHash = Blake2bHash;

// Hashes the first `size` bytes of a file, whatever its position. Errors: those of pread(2); EIO if the file ends
// before. `lanes`: how many leaves at a time, as hash_in_lanes() has it, or 0; the hash is the same.
Result<ContentHash> hash_content(int fd, std::uint64_t size, std::size_t lanes = blake2b_lanes());

}  // namespace kx::hv::libraries
