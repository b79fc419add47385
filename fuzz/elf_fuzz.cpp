// Fuzzes the ELF reader and the `#!` parser with arbitrary files; what they accept must keep their promises.
#include <array>
#include <cstddef>
#include <cstdint>
#include <kx/base/verify.hpp>
#include <span>

#include "loader/elf.hpp"

namespace {

constexpr std::uint64_t address_limit = 0x7fff'ffff'f000;
constexpr std::uint64_t in_page = 4095;

bool inside(std::span<const std::byte> file, std::string_view view) {
  const auto* const start = reinterpret_cast<const std::byte*>(view.data());
  return view.empty() || (start >= file.data() && start + view.size() <= file.data() + file.size());
}

void fuzz_script(std::span<const std::byte> file) {
  const auto line = kx::libos::parse_script_line(file);
  if (line) {
    KX_VERIFY(inside(file, line->interpreter) && inside(file, line->argument));
    KX_VERIFY(line->interpreter.find_first_of(std::string_view(" \t\n\0", 4)) == std::string_view::npos);
    KX_VERIFY(line->has_argument || line->argument.empty());
  }
}

void fuzz_elf(std::span<const std::byte> file) {
  const auto header = kx::libos::parse_elf_header(file);
  if (!header || header->phdr_offset > file.size()) {
    return;
  }
  std::array<kx::libos::ElfSegment, 16> segments{};
  const auto layout =
      kx::libos::parse_elf_segments(*header, file.subspan(header->phdr_offset), file.size(), address_limit, segments);
  if (!layout) {
    return;
  }
  KX_VERIFY(layout->segment_count >= 1 && layout->segment_count <= segments.size());
  KX_VERIFY(layout->start < layout->end && layout->end <= address_limit);
  KX_VERIFY(layout->brk > layout->start && layout->brk <= layout->end);
  KX_VERIFY((layout->alignment & (layout->alignment - 1)) == 0 && layout->alignment >= 4096);
  for (const auto& segment : std::span(segments).first(layout->segment_count)) {
    KX_VERIFY(((segment.start | segment.file_end | segment.end | segment.offset) & in_page) == 0);
    KX_VERIFY(layout->start <= segment.start && segment.start <= segment.file_end && segment.file_end <= segment.end &&
              segment.end <= layout->end);
    KX_VERIFY(segment.zero_size <= in_page);
    KX_VERIFY(segment.zero_size == 0 || segment.zero_start + segment.zero_size == segment.file_end);
    KX_VERIFY(layout->beyond_file || segment.file_end == segment.start ||
              segment.offset + (segment.file_end - segment.start) < file.size() + 4096);
  }
  if (layout->interp_size != 0) {
    const auto bytes = file.subspan(layout->interp_offset, layout->interp_size);
    const auto path = kx::libos::parse_elf_interp(bytes);
    KX_VERIFY(!path || inside(bytes, *path));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span file(reinterpret_cast<const std::byte*>(data), size);
  fuzz_script(file);
  fuzz_elf(file);
  return 0;
}
