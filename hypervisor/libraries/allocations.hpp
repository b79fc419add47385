// Structures that a library allocates: whether they are as large as in another version, as far as its code tells.
#pragma once

#include <string>
#include <vector>

#include "hypervisor/libraries/function_matching.hpp"
#include "hypervisor/libraries/library_pointers.hpp"

namespace kx::hv::libraries {

// Functions (`known`) that ask an allocator for another constant size than before, a line each: what is allocated
// already has the old layout. Those without a counterpart are compared as one. Allocators are called so: malloc,
// calloc, operator new, and others by "alloc" in their names. That none is found proves nothing.
std::vector<std::string> find_other_allocations(const LibraryPointers& before, const LibraryPointers& now,
                                                const KnownFunctions& known);

}  // namespace kx::hv::libraries
