#include "files/file_head.hpp"

#include <elf.h>
#include <unistd.h>

#include <kx/base/address.hpp>
#include <span>
#include <utility>

#include "files/open_file.hpp"
#include "loader/elf.hpp"

namespace kx::libos {

u64 FileHead::segment_size(u64 offset) const {
  const std::span<const std::byte> start(reinterpret_cast<const std::byte*>(bytes), size);
  const auto header = parse_elf_header(start);
  if (!header || !holds(header->phdr_offset, header->phdr_size())) {
    return 0;
  }
  for (u64 i = 0; i < header->phdr_count; ++i) {
    ElfProgramHeader segment;
    std::memcpy(&segment, bytes + header->phdr_offset + i * sizeof segment, sizeof segment);
    if (segment.type != PT_LOAD || align_down(segment.offset, abi::page_size) != offset) {
      continue;
    }
    const u64 end = segment.offset + segment.filesz;
    return end < segment.offset || end > align_down(~0ull, abi::page_size) ? 0 : align_up(end, abi::page_size) - offset;
  }
  return 0;
}

void FileHead::catch_up(const OpenFile& file) {
  if (const u64 step = std::exchange(ahead, 0); step != 0) {
    host_call_raw(SYS_lseek, {{file.handle(), step, SEEK_CUR}, 0}, CallKind::Quick);
  }
}

}  // namespace kx::libos
