// The sections of an ELF file, of whatever kind it is. Hostile files harm nothing: every offset is checked.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kx::hv::libraries {

struct Section {
  std::string name;
  Elf64_Shdr raw{};
};

// A copy of `count` elements of a file; nothing if it has not so many there.
template <class T>
std::optional<std::vector<T>> list_at(std::span<const std::byte> bytes, std::uint64_t offset, std::uint64_t count) {
  if (offset > bytes.size() || count > (bytes.size() - offset) / sizeof(T)) {
    return std::nullopt;
  }
  std::vector<T> list(count);
  if (count != 0) {
    std::memcpy(list.data(), bytes.data() + offset, count * sizeof(T));
  }
  return list;
}

// Those of a file with this header, none if it says that it has none. Nothing: they make no sense.
std::optional<std::vector<Section>> read_sections(std::span<const std::byte> file, const Elf64_Ehdr& header);
// The same of any 64-bit little-endian file; none of others.
std::vector<Section> read_sections(std::span<const std::byte> file);

// Null: there is none of this name.
const Section* find_section(std::span<const Section> sections, std::string_view name);
// What the file holds of it; empty if it does not hold all.
std::span<const std::byte> content_of(std::span<const std::byte> file, const Section* section);

}  // namespace kx::hv::libraries
