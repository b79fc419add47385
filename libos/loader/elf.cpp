#include "loader/elf.hpp"

#include <algorithm>
#include <kx/abi/memory_map.hpp>
#include <kx/base/address.hpp>
#include <type_traits>

#include "mm/vma.hpp"

namespace kx::libos {

namespace {

// elf(5), <elf.h>.
constexpr std::uint8_t class_64 = 2;
constexpr std::uint8_t data_little_endian = 1;
constexpr std::uint16_t type_exec = 2;
constexpr std::uint16_t type_dyn = 3;
constexpr std::uint16_t machine_x86_64 = 62;
constexpr std::uint32_t pt_load = 1;
constexpr std::uint32_t pt_interp = 3;
constexpr std::uint32_t pt_gnu_stack = 0x6474e551;
constexpr std::uint32_t pf_execute = 1;
constexpr std::uint32_t pf_write = 2;
constexpr std::uint32_t pf_read = 4;

constexpr std::uint64_t path_max = 4096;
constexpr std::uint64_t file_offset_max = 0x7fff'ffff'ffff'ffff;

// Reads a field at `offset`; the caller has checked that it is inside.
template <class T>
T load(std::span<const std::byte> bytes, std::size_t offset) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  __builtin_memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

std::uint32_t prot_of(std::uint32_t flags) {
  return ((flags & pf_read) != 0 ? prot::read : 0) | ((flags & pf_write) != 0 ? prot::write : 0) |
         ((flags & pf_execute) != 0 ? prot::execute : 0);
}

bool file_range_overflows(const ElfProgramHeader& phdr) {
  return outside(phdr.offset, phdr.filesz, 0, file_offset_max);
}

// Lays out one PT_LOAD of at least one byte.
Result<ElfSegment, ElfError> lay_out(const ElfProgramHeader& phdr, std::uint64_t address_limit) {
  const std::uint64_t limit = align_down(address_limit, abi::page_size);
  if (phdr.filesz > phdr.memsz || outside(phdr.vaddr, phdr.memsz, 0, limit) || file_range_overflows(phdr)) {
    return Unexpected{ElfError::Malformed};
  }
  const std::uint64_t in_page = phdr.vaddr % abi::page_size;
  if (phdr.filesz != 0 && phdr.offset % abi::page_size != in_page) {
    return Unexpected{ElfError::Malformed};
  }
  ElfSegment segment{};
  segment.start = phdr.vaddr - in_page;
  segment.file_end = segment.start;
  segment.end = align_up(phdr.vaddr + phdr.memsz, abi::page_size);
  segment.prot = prot_of(phdr.flags);
  if (phdr.filesz != 0) {
    segment.offset = phdr.offset - in_page;
    segment.zero_start = phdr.vaddr + phdr.filesz;
    segment.file_end = align_up(segment.zero_start, abi::page_size);
    // Linux leaves the file's bytes in the last page of a segment that has no bss or is read-only.
    if (phdr.memsz > phdr.filesz && (segment.prot & prot::write) != 0) {
      segment.zero_size = segment.file_end - segment.zero_start;
    }
  }
  return segment;
}

class LayoutBuilder {
 public:
  LayoutBuilder(const ElfHeader& header, std::uint64_t file_size, std::uint64_t address_limit,
                std::span<ElfSegment> segments)
      : header_(header), file_size_(file_size), address_limit_(address_limit), segments_(segments) {
    layout_.start = ~0ull;
    layout_.alignment = abi::page_size;
  }

  Result<void, ElfError> add(const ElfProgramHeader& phdr) {
    switch (phdr.type) {
      case pt_load:
        return add_load(phdr);
      case pt_interp:
        return add_interp(phdr);
      case pt_gnu_stack:
        layout_.stack = (phdr.flags & pf_execute) != 0 ? ElfStack::Executable : ElfStack::NotExecutable;
        return {};
      default:
        return {};
    }
  }

  Result<ElfLayout, ElfError> finish() {
    if (layout_.segment_count == 0) {
      return Unexpected{ElfError::Malformed};
    }
    return layout_;
  }

 private:
  Result<void, ElfError> add_load(const ElfProgramHeader& phdr) {
    if (phdr.memsz == 0 && phdr.filesz == 0) {
      return {};
    }
    KX_TRY_ASSIGN(const ElfSegment segment, lay_out(phdr, address_limit_));
    if (layout_.segment_count == segments_.size()) {
      return Unexpected{ElfError::TooManySegments};
    }
    segments_[layout_.segment_count++] = segment;
    layout_.start = std::min(layout_.start, segment.start);
    layout_.end = std::max(layout_.end, segment.end);
    layout_.brk = std::max(layout_.brk, phdr.vaddr + phdr.memsz);
    // Like Linux, an alignment that is no power of two counts as none.
    if ((phdr.align & (phdr.align - 1)) == 0) {
      layout_.alignment = std::max(layout_.alignment, phdr.align);
    }
    if (phdr.offset <= header_.phdr_offset && header_.phdr_offset - phdr.offset < phdr.filesz) {
      layout_.phdr_vaddr = header_.phdr_offset - phdr.offset + phdr.vaddr;
    }
    layout_.beyond_file = layout_.beyond_file || outside(phdr.offset, phdr.filesz, 0, file_size_);
    return {};
  }

  Result<void, ElfError> add_interp(const ElfProgramHeader& phdr) {
    if (layout_.interp_size != 0) {
      return {};  // Linux looks at the first only
    }
    if (phdr.filesz < 2 || phdr.filesz > path_max || outside(phdr.offset, phdr.filesz, 0, file_size_)) {
      return Unexpected{ElfError::Malformed};
    }
    layout_.interp_offset = phdr.offset;
    layout_.interp_size = phdr.filesz;
    return {};
  }

  const ElfHeader& header_;
  std::uint64_t file_size_;
  std::uint64_t address_limit_;
  std::span<ElfSegment> segments_;
  ElfLayout layout_{};
};

}  // namespace

Result<ElfHeader, ElfError> parse_elf_header(std::span<const std::byte> first_bytes) {
  if (first_bytes.size() < 4 || load<std::uint32_t>(first_bytes, 0) != 0x464c457f) {
    return Unexpected{ElfError::NotElf};
  }
  if (first_bytes.size() < elf_header_size) {
    return Unexpected{ElfError::Malformed};
  }
  if (load<std::uint8_t>(first_bytes, 4) != class_64 || load<std::uint8_t>(first_bytes, 5) != data_little_endian ||
      load<std::uint16_t>(first_bytes, 18) != machine_x86_64) {
    return Unexpected{ElfError::OtherArchitecture};
  }
  const auto type = load<std::uint16_t>(first_bytes, 16);
  if (type != type_exec && type != type_dyn) {
    return Unexpected{ElfError::NotExecutable};
  }
  ElfHeader header{};
  header.type = type == type_exec ? ElfType::Fixed : ElfType::PositionIndependent;
  header.entry = load<std::uint64_t>(first_bytes, 24);
  header.phdr_offset = load<std::uint64_t>(first_bytes, 32);
  header.phdr_count = load<std::uint16_t>(first_bytes, 56);
  if (load<std::uint16_t>(first_bytes, 54) != sizeof(ElfProgramHeader) || header.phdr_count == 0 ||
      header.phdr_count > elf_max_program_headers ||
      outside(header.phdr_offset, header.phdr_size(), 0, file_offset_max)) {
    return Unexpected{ElfError::Malformed};
  }
  return header;
}

Result<ElfLayout, ElfError> parse_elf_segments(const ElfHeader& header, std::span<const std::byte> phdrs,
                                               std::uint64_t file_size, std::uint64_t address_limit,
                                               std::span<ElfSegment> segments) {
  if (phdrs.size() < header.phdr_size()) {
    return Unexpected{ElfError::Malformed};
  }
  LayoutBuilder builder(header, file_size, address_limit, segments);
  for (std::size_t index = 0; index < header.phdr_count; ++index) {
    KX_TRY(builder.add(load<ElfProgramHeader>(phdrs, index * sizeof(ElfProgramHeader))));
  }
  return builder.finish();
}

Result<std::string_view, ElfError> parse_elf_interp(std::span<const std::byte> bytes) {
  if (bytes.empty() || bytes.back() != std::byte{0}) {
    return Unexpected{ElfError::Malformed};
  }
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.substr(0, static_cast<std::size_t>(std::find(text.begin(), text.end(), '\0') - text.begin()));
}

}  // namespace kx::libos
