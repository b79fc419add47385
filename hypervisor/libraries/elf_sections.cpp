#include "hypervisor/libraries/elf_sections.hpp"

#include <algorithm>
#include <kx/base/address.hpp>

namespace kx::hv::libraries {

std::optional<std::vector<Section>> read_sections(std::span<const std::byte> file, const Elf64_Ehdr& header) {
  constexpr std::size_t most_sections = 4096;
  std::vector<Section> sections;
  if (header.e_shoff == 0 || header.e_shnum == 0) {
    return sections;  // a library works without
  }
  const auto raw = header.e_shentsize == sizeof(Elf64_Shdr) && header.e_shnum <= most_sections
                       ? list_at<Elf64_Shdr>(file, header.e_shoff, header.e_shnum)
                       : std::nullopt;
  if (!raw || header.e_shstrndx >= raw->size()) {
    return std::nullopt;
  }
  const Elf64_Shdr& names_at = (*raw)[header.e_shstrndx];
  const auto names = list_at<char>(file, names_at.sh_offset, names_at.sh_size);
  if (!names) {
    return std::nullopt;
  }
  const std::string text(names->begin(), names->end());
  for (const Elf64_Shdr& each : *raw) {
    sections.push_back({each.sh_name < text.size() ? std::string(text.c_str() + each.sh_name) : std::string(), each});
  }
  return sections;
}

std::vector<Section> read_sections(std::span<const std::byte> file) {
  const auto header = list_at<Elf64_Ehdr>(file, 0, 1);
  if (!header || std::memcmp(header->front().e_ident, ELFMAG, SELFMAG) != 0 ||
      header->front().e_ident[EI_CLASS] != ELFCLASS64 || header->front().e_ident[EI_DATA] != ELFDATA2LSB) {
    return {};
  }
  return read_sections(file, header->front()).value_or(std::vector<Section>());
}

const Section* find_section(std::span<const Section> sections, std::string_view name) {
  const auto found = std::ranges::find(sections, name, &Section::name);
  return found != sections.end() ? &*found : nullptr;
}

std::span<const std::byte> content_of(std::span<const std::byte> file, const Section* section) {
  const bool is_there = section != nullptr && section->raw.sh_type != SHT_NOBITS &&
                        !outside(section->raw.sh_offset, section->raw.sh_size, 0, file.size());
  return is_there ? file.subspan(section->raw.sh_offset, section->raw.sh_size) : std::span<const std::byte>();
}

}  // namespace kx::hv::libraries
