// Which function and object of a library's old version is which of the new one, and what stands in the way of replacing
// the one by the other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hypervisor/libraries/elf_image.hpp"
#include "hypervisor/libraries/layouts.hpp"

namespace kx::hv::libraries {

// By link-time address.
struct Pair {
  // A function with less room cannot be redirected. It has none for an address either: it is a few constants, and
  // who holds a pointer to it goes on with them.
  static constexpr std::uint64_t shortest_jump = 5;

  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint64_t size = 0;  // of an object; of a function: the bytes that are its own in the old version
};

// A variable that has another size in the new version, or none: what kx_lib_update is told of (kx/lib_update.h).
struct ChangedVariable {
  std::string name;  // of the old version, without a compiler's number
  std::uint64_t from = 0, from_size = 0;
  std::uint64_t to = 0, to_size = 0;  // both 0: the new version lacks it
  bool exported = false;
};

struct Pairing {
  std::vector<Pair> functions;           // sorted by `from`, each once
  std::vector<Pair> objects;             // writable ones; sorted, without overlap
  std::uint64_t hook = 0;                // kx_lib_update of the new version; 0: it has none
  std::vector<ChangedVariable> changed;  // sorted by `from`; only with a hook
  // Exported variables of the same size that are laid out otherwise, by name; only with a hook.
  std::vector<std::string> reshaped;
  // The program may hold pointers to objects, so that all its memory has to be looked through.
  bool follow_pointers = false;
  std::vector<std::string> obstacles;  // a line each; none: the new version can take the old one's place
  std::vector<std::string> notes;      // what an operator may want to know
  std::vector<std::string> layouts;    // whether layouts were compared; then what a hook has to convert
};

// Errors are obstacles. Layouts: what the debug information of both versions tells.
Pairing pair_versions(const ElfFile& from, const ElfFile& to, const Layouts& before = {}, const Layouts& now = {});

// The definition of a dynamic symbol; null: there is none. `version` empty: the default one.
const Symbol* find_definition(const DynamicImage& image, std::string_view name, std::string_view version);

}  // namespace kx::hv::libraries
