// Which function of a library is which in another version of it when no symbol tells: by what cannot be chance.
#pragma once

#include <cstdint>
#include <map>

#include "hypervisor/libraries/library_pointers.hpp"

namespace kx::hv::libraries {

// Functions of the new version by those of the old one.
using KnownFunctions = std::map<std::uint64_t, std::uint64_t>;

// Adds to `known` what follows from it:
//  - functions whose code is the same, where only one of each version has it;
//  - what functions that are the same name at the same place of their code, or changed ones between two things that
//  they
//    named in this order before;
//  - what tables of pointers hold between places that are known, at the same distances from them;
//  - functions in the same place between neighbours that are known, if nothing else is left to go by.
// What is told two things by these is left out, and each function of the new version is given once.
void match_functions(const LibraryPointers& before, const LibraryPointers& now, KnownFunctions& known);

}  // namespace kx::hv::libraries
