// Functions whose address a program may have been given, and which of them are which in another version when no symbol
// tells.
#pragma once

#include "hypervisor/libraries/pairing.hpp"

namespace kx::hv::libraries {

// Completes `pairing.functions`: afterwards it holds, sorted and each once, the functions that can be reached by a
// pointer, with the bytes that are theirs. One that has no counterpart is an obstacle, and so is one that allocates
// another constant size, without a hook.
void pair_unnamed_functions(const ElfFile& from, const ElfFile& to, Pairing& pairing);

}  // namespace kx::hv::libraries
