// Works out what has to change in a program for a library's new version to take the old one's place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <kx/abi/library_update.hpp>
#include <string>
#include <vector>

#include "hypervisor/error.hpp"
#include "hypervisor/libraries/elf_image.hpp"
#include "hypervisor/libraries/pairing.hpp"
#include "hypervisor/updates/program_view.hpp"

namespace kx::hv::libraries {

// A block for the library OS (kx/abi/library_update.hpp) as it is put together.
struct UpdateProgram {
  std::vector<abi::UpdateWord> words;
  std::vector<abi::UpdateObject> objects;
  std::vector<abi::UpdateEntry> entries;
  std::vector<abi::UpdateBytes> bytes;  // offsets count from the start of `text` until encode()
  std::vector<std::byte> text;
  std::vector<abi::UpdateRange> ranges;
  std::vector<abi::UpdateModule> modules;
  std::vector<abi::UpdateVariable> variables;  // names count from the start of `text` until encode()
  std::uint64_t hook_gva = 0;
  std::uint64_t old_build_id = 0, old_build_id_size = 0;  // the same
  bool follow_pointers = false;
  std::uint64_t old_start = 0, old_end = 0;
  std::uint64_t generation = 0;

  void write(std::uint64_t address, std::uint64_t value) { words.push_back({address, abi::update_any, value}); }
  void expect(std::uint64_t address, std::uint64_t expected) { words.push_back({address, expected, expected}); }
  void change(std::uint64_t address, std::uint64_t expected, std::uint64_t value) {
    words.push_back({address, expected, value});
  }
  // With a NUL behind it; where in `text` it lies.
  std::uint64_t add_text(std::string_view string);
  // Sorts what has to be sorted. Errors: too large.
  Result<std::vector<std::byte>> encode();
};

// The library that is replaced, in one program, and what replaces it.
struct Replacement {
  const ProgramView& program;
  const LoadedImages& loaded;
  const LoadedImage& old_image;
  const ElfFile& old_file;
  const ElfFile& new_file;
  const Pairing& pairing;
  std::uint64_t new_bias = 0;
  bool used_before = false;  // the new version's mapping: its variables have the values of that time

  [[nodiscard]] bool is_old(std::uint64_t address) const {
    return address - old_image.start < old_image.end - old_image.start;
  }
};

// What makes the new version ready, beside the old one and without the program's notice: relocated words. Errors: what
// stands in the way.
Result<UpdateProgram> plan_preparation(const Replacement& replacement);

// What puts the new version in the old one's place, all at once. If it was in use before, its text becomes what it is
// in the file where `redirected` says that its functions led on.
Result<UpdateProgram> plan_exchange(const Replacement& replacement, const std::vector<Pair>& redirected);

// The part of it that concerns the dynamic linker's own records (glibc).
Result<void> plan_linker_records(const Replacement& replacement, UpdateProgram& update);

}  // namespace kx::hv::libraries
