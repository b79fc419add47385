#include "loader/map_elf.hpp"

#include "mm/address_space.hpp"

namespace kx::libos {

i64 map_elf_segment(const ElfSegment& segment, u64 bias, OpenFile& file, bool approved) {
  AddressSpace& space = AddressSpace::instance();
  MapRequest request;
  request.fixed = true;
  request.replace = true;
  request.prot = segment.prot;
  request.approved = approved;
  if (segment.file_end > segment.start) {
    request.address = bias + segment.start;
    request.size = segment.file_end - segment.start;
    request.file = &file;
    request.offset = segment.offset;
    if (const i64 result = space.map(request); result < 0) {
      return result;
    }
  }
  if (segment.end > segment.file_end) {
    request.address = bias + segment.file_end;
    request.size = segment.end - segment.file_end;
    request.file = nullptr;
    if (const i64 result = space.map(request); result < 0) {
      return result;
    }
  }
  return 0;
}

bool clear_elf_tails(const ElfLayout& layout, const ElfSegment* segments, u64 bias) {
  for (u64 i = 0; i < layout.segment_count; ++i) {
    const ElfSegment& segment = segments[i];
    if (segment.file_end > segment.start && segment.zero_size > 0 &&
        !AddressSpace::instance().zero_text(bias + segment.zero_start, segment.zero_size)) {
      return false;
    }
  }
  return true;
}

}  // namespace kx::libos
