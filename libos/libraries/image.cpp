#include "libraries/image.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <kx/abi/memory_map.hpp>

#include "files/fd_table.hpp"
#include "loader/elf.hpp"
#include "loader/map_elf.hpp"
#include "loader/open_program.hpp"
#include "mm/address_space.hpp"
#include "mm/heap.hpp"
#include "process/process_info.hpp"

namespace kx::libos {

namespace {

constexpr u32 most_segments = 16;

// The headers of an image, as far as mapping needs them.
struct Headers {
  std::byte table[elf_max_program_headers * sizeof(ElfProgramHeader)];
  u64 table_size = 0;
  ElfLayout layout{};
  ElfSegment segments[most_segments];
};

i64 read_headers(OpenFile& file, Headers& headers) {
  std::byte head[elf_header_size];
  if (read_at(file, 0, head, sizeof head) != static_cast<i64>(sizeof head)) {
    return -ENOEXEC;
  }
  const auto header = parse_elf_header(head);
  if (!header || header->type != ElfType::PositionIndependent) {
    return -ENOEXEC;
  }
  headers.table_size = header->phdr_size();
  if (read_at(file, header->phdr_offset, headers.table, headers.table_size) != static_cast<i64>(headers.table_size)) {
    return -ENOEXEC;
  }
  const auto layout = parse_elf_segments(*header, {headers.table, headers.table_size}, file.content_size(),
                                         abi::user_end, headers.segments);
  if (!layout) {
    return -ENOEXEC;
  }
  headers.layout = *layout;
  return layout->alignment <= abi::page_size ? 0 : -EINVAL;
}

i64 map_segments(OpenFile& file, const Headers& headers, u64 bias) {
  for (u64 i = 0; i < headers.layout.segment_count; ++i) {
    if (const i64 result = map_elf_segment(headers.segments[i], bias, file, false); result != 0) {
      return result;
    }
  }
  return clear_elf_tails(headers.layout, headers.segments, bias) ? 0 : -ENOMEM;
}

// What is written to there comes past the protection.
i64 protect_relocated(const Headers& headers, u64 bias) {
  for (u64 at = 0; at < headers.table_size; at += sizeof(ElfProgramHeader)) {
    ElfProgramHeader header;
    std::memcpy(&header, headers.table + at, sizeof header);
    const u64 start = align_down(header.vaddr, abi::page_size);
    const u64 end = align_down(header.vaddr + header.memsz, abi::page_size);
    if (header.type == PT_GNU_RELRO && end > start &&
        !outside(start, end - start, headers.layout.start, headers.layout.end)) {
      return AddressSpace::instance().protect(bias + start, end - start, prot::read);
    }
  }
  return 0;
}

}  // namespace

i64 map_library_image(u64 handle, u64 content, u32 generation, u64 near) {
  OpenFile* const file = OpenFile::create(handle, FileKind::Host, S_IFREG | 0444, O_RDONLY);
  if (file != nullptr) {
    file->set_content(content);
    file->judged = true;
  }
  auto* const headers = heap_new<Headers>();
  i64 result = file != nullptr && headers != nullptr ? read_headers(*file, *headers) : -ENOMEM;
  if (generation != static_cast<u32>(ProcessInfo::instance().generation)) {
    result = -ESTALE;
  }
  if (result == 0) {
    AddressSpace& space = AddressSpace::instance();
    const u64 size = headers->layout.end - headers->layout.start;
    result = space.map_near(near, size);
    if (result > 0) {
      const u64 start = static_cast<u64>(result);
      const u64 bias = start - headers->layout.start;
      i64 mapped = map_segments(*file, *headers, bias);
      mapped = mapped == 0 ? protect_relocated(*headers, bias) : mapped;
      if (mapped != 0) {
        space.unmap(start, size);
        result = mapped;
      }
    }
  }
  heap_delete(headers);
  if (file != nullptr) {
    file->release();
  }
  return result;
}

}  // namespace kx::libos
