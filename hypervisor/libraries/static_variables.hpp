// Static variables of functions: which of one version is which of another. Compilers call them by the variable's name
// and a number that says only how many there were before, so the function that uses one has to tell.
#pragma once

#include <string>
#include <vector>

#include "hypervisor/libraries/elf_image.hpp"

namespace kx::hv::libraries {

// True for `counter.0`.
bool is_numbered(std::string_view name);
std::string_view without_number(std::string_view name);

struct StaticPairs {
  std::vector<std::pair<const Symbol*, const Symbol*>> pairs;
  std::vector<std::string> ambiguous;  // names of variables of the old version
};

// Pairs the numbered local variables of both versions that `wanted` lets pass.
StaticPairs pair_static_variables(const ElfFile& from, const ElfFile& to,
                                  bool (*wanted)(const ElfFile& file, const Symbol& symbol));

}  // namespace kx::hv::libraries
