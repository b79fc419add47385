#include "hypervisor/libraries/library_pointers.hpp"

#include <Zydis/Zydis.h>

#include <algorithm>
#include <iterator>

namespace kx::hv::libraries {

namespace {

constexpr std::uint64_t most_code = 256 << 20;  // a damaged file may say that its functions overlap

Code read_function(const ZydisDecoder& decoder, const ElfFile& file, std::uint64_t start, std::uint64_t size) {
  const auto bytes = file.at(start, size);
  Code code;
  code.plain.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    ZydisDecodedInstruction instruction;
    if (!ZYAN_SUCCESS(
            ZydisDecoderDecodeInstruction(&decoder, nullptr, bytes.data() + at, bytes.size() - at, &instruction))) {
      return {};
    }
    if ((instruction.attributes & ZYDIS_ATTRIB_IS_RELATIVE) != 0) {
      const bool is_branch = instruction.raw.imm[0].is_relative != 0;
      const auto refer = [&](std::size_t offset, std::size_t bits, std::int64_t distance) {
        if (bits == 32) {
          code.plain.replace(at + offset, 4, 4, '\0');
          code.references.push_back(
              {start + at + instruction.length + static_cast<std::uint64_t>(distance), is_branch});
        }
      };
      refer(instruction.raw.disp.offset, instruction.raw.disp.size, instruction.raw.disp.value);
      if (is_branch) {
        refer(instruction.raw.imm[0].offset, instruction.raw.imm[0].size, instruction.raw.imm[0].value.s);
      }
    }
    at += instruction.length;
  }
  return code;
}

}  // namespace

LibraryPointers::LibraryPointers(const ElfFile& file, const Functions& functions) : file_(file), functions_(functions) {
  for (const auto& [start, size] : functions) {
    function_starts_.push_back(start);
  }
  for (const Section& section : file.sections()) {
    const std::uint64_t flags = section.raw.sh_flags;
    if ((flags & SHF_ALLOC) != 0 && (flags & SHF_WRITE) != 0 && (flags & SHF_TLS) == 0) {
      data_sections_.emplace(section.name,
                             AddressRange{section.raw.sh_addr, section.raw.sh_addr + section.raw.sh_size});
    }
  }
  read_code();
  find_slots();
  find_objects();
}

void LibraryPointers::read_code() {
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  std::uint64_t left = most_code;
  for (const auto& [start, size] : functions_) {
    code_.emplace_hint(code_.end(), start, size <= left ? read_function(decoder, file_, start, size) : Code());
    left -= std::min(left, size);
  }
}

void LibraryPointers::find_slots() {
  for (const Relocation& each : file_.dynamic().relocations()) {
    if (each.type == R_X86_64_RELATIVE) {
      slots_.push_back({each.offset, static_cast<std::uint64_t>(each.addend)});
    }
  }
  std::ranges::sort(slots_, {}, &Slot::offset);
}

void LibraryPointers::find_objects() {
  const auto add = [&](std::uint64_t address) {
    if (is_data(address)) {
      object_starts_.push_back(address);
    }
  };
  for (const auto& [name, range] : data_sections_) {
    object_starts_.push_back(range.start);
    object_starts_.push_back(range.end);
  }
  for (const auto& [function, code] : code_) {
    for (const Reference& each : code.references) {
      add(each.target);
    }
  }
  for (const Slot& each : slots_) {
    add(each.target);
  }
  std::ranges::sort(object_starts_);
  object_starts_.erase(std::unique(object_starts_.begin(), object_starts_.end()), object_starts_.end());
}

bool LibraryPointers::is_data(std::uint64_t address) const {
  return std::ranges::any_of(data_sections_, [address](const auto& section) {
    return address >= section.second.start && address < section.second.end;
  });
}

std::span<const Slot> LibraryPointers::slots_in(const AddressRange& range) const {
  const auto at = std::ranges::lower_bound(slots_, range.start, {}, &Slot::offset);
  return {at, std::ranges::lower_bound(at, slots_.end(), range.end, {}, &Slot::offset)};
}

AddressRange LibraryPointers::object_at(std::uint64_t address) const {
  const auto after = std::ranges::upper_bound(object_starts_, address);
  const bool found = after != object_starts_.begin() && after != object_starts_.end();
  return found ? AddressRange{*std::prev(after), *after} : AddressRange{};
}

std::string_view LibraryPointers::text_at(std::uint64_t address) const {
  constexpr std::size_t shortest = 4, longest = 64;
  const auto bytes = file_.at(address, longest);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::size_t end = text.find('\0');
  const bool is_text = end != std::string_view::npos && end >= shortest &&
                       std::ranges::all_of(text.substr(0, end), [](char c) { return c >= ' ' && c <= '~'; });
  return is_text ? text.substr(0, end) : std::string_view();
}

}  // namespace kx::hv::libraries
