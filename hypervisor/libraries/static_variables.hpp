// Static variables of functions: which of one version is which of another. Compilers call them by the variable's name
// and a number that says only how many there were before, so the function that uses one has to tell.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "hypervisor/libraries/elf_image.hpp"
#include "hypervisor/libraries/layouts.hpp"

namespace kx::hv::libraries {

// True for `counter.0`.
bool is_numbered(std::string_view name);
std::string_view without_number(std::string_view name);

struct StaticPairs {
  std::vector<std::pair<const Symbol*, const Symbol*>> pairs;
  std::vector<std::string> ambiguous;  // names of variables of the old version
  std::vector<std::string> gone;       // of those whose function has none of the name any more, with the function
};

using WantedSymbol = std::function<bool(const ElfFile& file, const Symbol& symbol)>;

// Pairs the numbered local variables of both versions that `wanted` lets pass: by the function that debug information
// says each is of, and the others by the code that uses them.
StaticPairs pair_static_variables(const ElfFile& from, const ElfFile& to, const Layouts& before, const Layouts& now,
                                  const WantedSymbol& wanted);

}  // namespace kx::hv::libraries
