// What a library's code and data name: the pointers in its tables, the addresses in its instructions.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hypervisor/libraries/elf_image.hpp"

namespace kx::hv::libraries {

// Functions by address, with their sizes (0: unknown), as symbols and unwind information have them.
using Functions = std::map<std::uint64_t, std::uint64_t>;

// An address that code names.
struct Reference {
  std::uint64_t target = 0;
  bool is_branch = false;
};

struct Code {
  std::string plain;                  // without what differs when it only lies elsewhere; empty if it cannot be decoded
  std::vector<Reference> references;  // in order
};

// A pointer in the library's data, by relocation.
struct Slot {
  std::uint64_t offset = 0;
  std::uint64_t target = 0;
};

struct AddressRange {
  std::uint64_t start = 0;
  std::uint64_t end = 0;  // exclusive
};

class LibraryPointers {
 public:
  // Both must live as long.
  LibraryPointers(const ElfFile& file, const Functions& functions);

  [[nodiscard]] const ElfFile& file() const { return file_; }
  [[nodiscard]] bool is_function(std::uint64_t address) const { return functions_.contains(address); }
  [[nodiscard]] const std::vector<std::uint64_t>& function_starts() const { return function_starts_; }
  [[nodiscard]] const std::map<std::uint64_t, Code>& code() const { return code_; }  // of each function
  // Sections that are writable at least while the library is relocated.
  [[nodiscard]] bool is_data(std::uint64_t address) const;
  [[nodiscard]] const std::map<std::string_view, AddressRange>& data_sections() const { return data_sections_; }
  [[nodiscard]] const std::vector<Slot>& slots() const { return slots_; }  // sorted
  [[nodiscard]] std::span<const Slot> slots_in(const AddressRange& range) const;
  // What begins at or before an address, up to the next thing in data that is named anywhere; empty if there is none.
  [[nodiscard]] AddressRange object_at(std::uint64_t address) const;
  // The text that a pointer leads to; empty if there is none that means anything.
  [[nodiscard]] std::string_view text_at(std::uint64_t address) const;

 private:
  void read_code();
  void find_slots();
  void find_objects();

  const ElfFile& file_;
  const Functions& functions_;
  std::vector<std::uint64_t> function_starts_;
  std::map<std::uint64_t, Code> code_;
  std::map<std::string_view, AddressRange> data_sections_;
  std::vector<Slot> slots_;
  std::vector<std::uint64_t> object_starts_;
};

}  // namespace kx::hv::libraries
