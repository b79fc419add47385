// BLAKE2b (RFC 7693) of several inputs of one length at a time, one in each lane of vector registers: some times what a
// processor does one by one. The hashes are the same as libsodium's.
#pragma once

#include <array>
#include <cstddef>

namespace kx::hv::libraries {

using Blake2bHash = std::array<unsigned char, 64>;
using Blake2bPerson = std::array<unsigned char, 16>;  // RFC 7693, 2.8: personalisation

inline constexpr std::size_t most_lanes = 8;

// How many inputs this processor hashes at a time: 8, 4, or 0 if it has no registers for it.
std::size_t blake2b_lanes();

// Hashes as many inputs as `lanes`, which is blake2b_lanes() or less but not 0, and 4 or 8. `size`: of each, in bytes,
// a multiple of 128 and not 0.
void hash_in_lanes(std::size_t lanes, const unsigned char* const* inputs, std::size_t size, const Blake2bPerson& person,
                   Blake2bHash* hashes);

}  // namespace kx::hv::libraries
