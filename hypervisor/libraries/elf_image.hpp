// What an update of a library must know of ELF images: of files, which are read whole, and of images in a guest's
// memory. Everything is checked against the image's bounds; what makes no sense is an error, never undefined.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "hypervisor/error.hpp"
#include "hypervisor/libraries/elf_sections.hpp"

namespace kx::hv::libraries {

// Reads `size` bytes at a link-time address. False: there is no such memory.
using ImageReader = std::function<bool(std::uint64_t address, void* to, std::size_t size)>;

struct Symbol {
  std::string_view name;
  std::string_view version;  // empty: none
  bool hidden_version = false;
  Elf64_Sym raw{};

  [[nodiscard]] unsigned type() const { return ELF64_ST_TYPE(raw.st_info); }
  [[nodiscard]] unsigned binding() const { return ELF64_ST_BIND(raw.st_info); }
  [[nodiscard]] bool defined() const { return raw.st_shndx != SHN_UNDEF; }
  [[nodiscard]] bool is_function() const { return type() == STT_FUNC || type() == STT_GNU_IFUNC; }
};

struct Relocation {
  std::uint64_t offset = 0;
  std::uint32_t type = 0;
  std::uint32_t symbol = 0;
  std::int64_t addend = 0;
};

// A version that a library defines or needs (the r_found_version of a dynamic linker), by its index.
struct SymbolVersion {
  std::string_view name;
  std::string_view file;  // of a needed one
  std::uint32_t hash = 0;
  std::uint64_t name_offset = 0;  // in the string table
  std::uint64_t file_offset = 0;
  bool needed = false;
  bool hidden = false;
};

// The dynamic section and what it leads to. `bias` is taken off addresses that a dynamic linker has made absolute.
class DynamicImage {
 public:
  // `relocations`: whether they are wanted, but for relative ones.
  enum class Wanted : std::uint8_t { SymbolsOnly, Relocations, AllRelocations };
  static Result<DynamicImage> read(const ImageReader& reader, std::uint64_t address, std::uint64_t size,
                                   std::uint64_t bias, Wanted wanted);

  [[nodiscard]] const std::vector<Elf64_Dyn>& entries() const { return entries_; }
  [[nodiscard]] std::uint64_t address() const { return address_; }
  [[nodiscard]] std::optional<std::uint64_t> value(std::int64_t tag) const;         // as it is
  [[nodiscard]] std::optional<std::uint64_t> link_address(std::int64_t tag) const;  // without the bias
  [[nodiscard]] const std::vector<Symbol>& symbols() const { return symbols_; }
  // Calls visit(symbol) for each definition of a name, but for local ones.
  template <class Visit>
  void for_each_definition(std::string_view name, Visit&& visit) const {
    const auto [first, last] = definitions_.equal_range(name);
    for (auto at = first; at != last; ++at) {
      visit(symbols_[at->second]);
    }
  }
  [[nodiscard]] const std::vector<Relocation>& relocations() const { return relocations_; }
  [[nodiscard]] const std::map<std::uint32_t, SymbolVersion>& versions() const { return versions_; }
  [[nodiscard]] std::string_view soname() const { return text(value(DT_SONAME)); }
  [[nodiscard]] std::vector<std::string_view> needed() const;
  [[nodiscard]] std::string_view text(std::optional<std::uint64_t> offset) const;

  struct GnuHash {
    std::uint32_t buckets = 0, first_symbol = 0, bloom_words = 0, shift = 0;
  };
  [[nodiscard]] const std::optional<GnuHash>& gnu_hash() const { return gnu_hash_; }

 private:
  Result<void> read_strings(const ImageReader& reader);
  Result<void> read_symbols(const ImageReader& reader);
  Result<std::uint64_t> count_symbols(const ImageReader& reader);
  Result<void> read_versions(const ImageReader& reader);
  Result<void> read_defined_versions(const ImageReader& reader);
  Result<void> read_needed_versions(const ImageReader& reader);
  Result<void> read_relocations(const ImageReader& reader, Wanted wanted);
  Result<void> read_table(const ImageReader& reader, std::int64_t table, std::int64_t table_size, Wanted wanted);
  Result<void> read_relative(const ImageReader& reader);

  std::uint64_t address_ = 0, bias_ = 0;
  std::vector<Elf64_Dyn> entries_;
  std::vector<char> strings_;  // ended by NUL; not a string, whose characters may move with it
  std::vector<Symbol> symbols_;
  std::unordered_multimap<std::string_view, std::uint32_t> definitions_;
  std::vector<Relocation> relocations_;
  std::map<std::uint32_t, SymbolVersion> versions_;
  std::optional<GnuHash> gnu_hash_;
};

// A shared library's file.
class ElfFile {
 public:
  // Reads the file behind `fd`. Errors: not a shared library for x86-64, or damaged.
  static Result<ElfFile> read(int fd);
  static Result<ElfFile> parse(std::vector<std::byte> bytes);

  [[nodiscard]] std::span<const Elf64_Phdr> headers() const { return headers_; }
  [[nodiscard]] const Elf64_Ehdr& header() const { return header_; }
  [[nodiscard]] const DynamicImage& dynamic() const { return *dynamic_; }
  [[nodiscard]] const std::vector<Section>& sections() const { return sections_; }
  [[nodiscard]] const Section* section(std::string_view name) const;
  [[nodiscard]] const std::vector<Symbol>& all_symbols() const { return all_symbols_; }  // of .symtab, or else dynamic
  [[nodiscard]] bool has_symbol_table() const { return has_symbol_table_; }
  [[nodiscard]] const std::string& build_id() const { return build_id_; }  // hexadecimal; empty: none
  [[nodiscard]] const Elf64_Phdr* find(std::uint32_t type) const;
  // Of the load segments, in whole pages.
  [[nodiscard]] std::uint64_t start() const { return start_; }
  [[nodiscard]] std::uint64_t end() const { return end_; }
  // The bytes at a link-time address that the file holds; empty if it does not hold all of them.
  [[nodiscard]] std::span<const std::byte> at(std::uint64_t address, std::uint64_t size) const;
  [[nodiscard]] bool is_text(std::uint64_t address) const;
  [[nodiscard]] bool is_writable(std::uint64_t address) const;  // and stays so after relocation
  // The value that the file has for a word; 0 where it has none (bss).
  [[nodiscard]] std::uint64_t word(std::uint64_t address) const;

 private:
  Result<void> read_headers();
  Result<void> read_sections();
  Result<void> read_symbol_table();
  void read_build_id();

  std::vector<std::byte> bytes_;
  Elf64_Ehdr header_{};
  std::vector<Elf64_Phdr> headers_;
  std::vector<Section> sections_;
  std::optional<DynamicImage> dynamic_;
  std::vector<Symbol> all_symbols_;
  bool has_symbol_table_ = false;
  std::string build_id_;
  std::uint64_t start_ = 0, end_ = 0;
};

}  // namespace kx::hv::libraries
