// What an ELF file says of itself: soname and build id. Hostile files harm nothing: every offset is checked.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace kx::hv::libraries {

struct ElfIdentity {
  std::string soname;    // DT_SONAME; empty: none
  std::string build_id;  // NT_GNU_BUILD_ID in lower-case hexadecimal digits; empty: none
};

// Of a 64-bit little-endian file (elf(5)). What is not there, or makes no sense, is empty.
ElfIdentity read_elf_identity(std::span<const std::byte> file);

// The GNU build-id in the content of a note segment with this alignment, hexadecimal; empty: there is none.
std::string find_build_id(std::span<const std::byte> area, std::uint64_t segment_alignment);

// Two lower-case digits for each.
std::string hexadecimal_digits(std::span<const std::byte> bytes);

}  // namespace kx::hv::libraries
