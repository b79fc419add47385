// Reads ELF64 x86-64 images and `#!` lines as Linux judges them (elf(5), execve(2)). Works on bytes the caller
// has read; touches no file and no address space.
#pragma once

#include <cstddef>
#include <cstdint>
#include <kx/base/result.hpp>
#include <optional>
#include <span>
#include <string_view>

namespace kx::libos {

enum class ElfError : std::uint8_t {
  NotElf,             // no magic: perhaps a script
  OtherArchitecture,  // an ELF, but not for 64-bit x86
  NotExecutable,      // an object file or a core dump
  Malformed,          // a field contradicts the format or the others
  TooManySegments,    // more load segments than the caller gave room for
};

// On-disk program header (elf(5), Elf64_Phdr).
struct ElfProgramHeader {
  std::uint32_t type;
  std::uint32_t flags;
  std::uint64_t offset;
  std::uint64_t vaddr;
  std::uint64_t paddr;
  std::uint64_t filesz;
  std::uint64_t memsz;
  std::uint64_t align;
};
static_assert(sizeof(ElfProgramHeader) == 56);

inline constexpr std::size_t elf_header_size = 64;
// Linux reads at most one page of program headers.
inline constexpr std::size_t elf_max_program_headers = 4096 / sizeof(ElfProgramHeader);

enum class ElfType : std::uint8_t { Fixed, PositionIndependent };  // ET_EXEC, ET_DYN

struct ElfHeader {
  ElfType type;
  std::uint64_t entry;        // before relocation
  std::uint64_t phdr_offset;  // in the file
  std::uint16_t phdr_count;   // 1 to elf_max_program_headers
  [[nodiscard]] std::size_t phdr_size() const { return phdr_count * sizeof(ElfProgramHeader); }
};

// One PT_LOAD, in whole pages; all addresses before relocation.
//   [start, file_end)    maps the file from `offset` on
//   [file_end, end)      anonymous zero pages
//   [zero_start, zero_start + zero_size)  the rest of the last file page, to be cleared (bss); only if writable
struct ElfSegment {
  std::uint64_t start;
  std::uint64_t file_end;
  std::uint64_t end;
  std::uint64_t offset;
  std::uint64_t zero_start;
  std::uint64_t zero_size;
  std::uint32_t prot;  // prot:: bits
  std::uint32_t reserved;
};

enum class ElfStack : std::uint8_t { Unspecified, NotExecutable, Executable };

struct ElfLayout {
  std::size_t segment_count;
  std::uint64_t start;  // whole pages around all load segments
  std::uint64_t end;
  std::uint64_t alignment;                  // largest p_align of a load segment, at least the page size
  std::uint64_t brk;                        // first byte above the segments, not rounded: where the heap may start
  std::optional<std::uint64_t> phdr_vaddr;  // for AT_PHDR; nothing if no load segment holds the headers
  std::uint64_t interp_offset;
  std::uint64_t interp_size;  // with its terminating NUL; 0: no interpreter
  ElfStack stack;
  bool beyond_file;  // a segment's file part ends after the file: reading there is SIGBUS
};

// Judges the first bytes of a file (elf_header_size of them, or all there are).
Result<ElfHeader, ElfError> parse_elf_header(std::span<const std::byte> first_bytes);

// Lays out the image. `phdrs` holds header.phdr_size() bytes read at header.phdr_offset; load segments go to
// `segments` in file order, which need not be ascending; where two share a page the later one wins. All
// addresses end at or below `address_limit`.
Result<ElfLayout, ElfError> parse_elf_segments(const ElfHeader& header, std::span<const std::byte> phdrs,
                                               std::uint64_t file_size, std::uint64_t address_limit,
                                               std::span<ElfSegment> segments);

// The interpreter's path in the interp_size bytes read at interp_offset.
Result<std::string_view, ElfError> parse_elf_interp(std::span<const std::byte> bytes);

// Bytes of a script that count (BINPRM_BUF_SIZE): the line is cut after the 255th.
inline constexpr std::size_t script_line_size = 256;

struct ScriptLine {
  std::string_view interpreter;  // empty (only a NUL there): Linux answers EACCES
  std::string_view argument;     // may hold blanks; without meaning if !has_argument
  bool has_argument;
};

// Reads a `#!` line from a file's first bytes (script_line_size of them, or all there are); views into them.
// Nothing: no script, no interpreter named, or its name cut off (ENOEXEC).
std::optional<ScriptLine> parse_script_line(std::span<const std::byte> first_bytes);

}  // namespace kx::libos
