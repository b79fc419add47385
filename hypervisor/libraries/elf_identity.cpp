#include "hypervisor/libraries/elf_identity.hpp"

#include <elf.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <kx/base/address.hpp>
#include <optional>
#include <string_view>
#include <vector>

namespace kx::hv::libraries {

namespace {

constexpr std::size_t most_headers = 256;
constexpr std::size_t most_entries = 4096;   // of the dynamic section
constexpr std::size_t longest_soname = 255;  // a file's name
constexpr std::size_t longest_build_id = 64;

class Reader {
 public:
  explicit Reader(std::span<const std::byte> file) : file_(file) {}

  [[nodiscard]] std::span<const std::byte> range(std::uint64_t offset, std::uint64_t size) const {
    return outside(offset, size, 0, file_.size()) ? std::span<const std::byte>() : file_.subspan(offset, size);
  }

  template <class T>
  [[nodiscard]] std::optional<T> at(std::uint64_t offset) const {
    const auto bytes = range(offset, sizeof(T));
    if (bytes.size() != sizeof(T)) {
      return std::nullopt;
    }
    T value;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }

  [[nodiscard]] std::uint64_t size() const { return file_.size(); }

 private:
  std::span<const std::byte> file_;
};

std::vector<Elf64_Phdr> program_headers(const Reader& file) {
  const auto header = file.at<Elf64_Ehdr>(0);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64 ||
      header->e_ident[EI_DATA] != ELFDATA2LSB || header->e_phentsize != sizeof(Elf64_Phdr)) {
    return {};
  }
  std::vector<Elf64_Phdr> headers;
  for (std::size_t i = 0; i < std::min<std::size_t>(header->e_phnum, most_headers); ++i) {
    const std::uint64_t inside = i * sizeof(Elf64_Phdr);
    const auto each = header->e_phoff < file.size() ? file.at<Elf64_Phdr>(header->e_phoff + inside) : std::nullopt;
    if (!each) {
      break;
    }
    headers.push_back(*each);
  }
  return headers;
}

// Where in the file the byte lies that will be at `address`.
std::optional<std::uint64_t> file_offset(const std::vector<Elf64_Phdr>& headers, std::uint64_t address) {
  for (const Elf64_Phdr& each : headers) {
    if (each.p_type == PT_LOAD && address >= each.p_vaddr && address - each.p_vaddr < each.p_filesz) {
      const std::uint64_t offset = each.p_offset + (address - each.p_vaddr);
      return offset >= each.p_offset ? std::optional(offset) : std::nullopt;
    }
  }
  return std::nullopt;
}

std::string text_at(const Reader& file, std::uint64_t offset, std::uint64_t limit) {
  if (offset >= file.size()) {
    return {};
  }
  const auto bytes = file.range(offset, std::min({limit, file.size() - offset, std::uint64_t{longest_soname} + 1}));
  const auto end = std::ranges::find(bytes, std::byte{0});
  return end == bytes.end() ? std::string()
                            : std::string(reinterpret_cast<const char*>(bytes.data()),  // SAFETY: chars alias anything
                                          static_cast<std::size_t>(end - bytes.begin()));
}

std::string soname_in(const Reader& file, const std::vector<Elf64_Phdr>& headers, const Elf64_Phdr& dynamic) {
  std::optional<std::uint64_t> name, strings, strings_size;
  const std::size_t count = std::min<std::uint64_t>(dynamic.p_filesz / sizeof(Elf64_Dyn), most_entries);
  for (std::size_t i = 0; i < count && dynamic.p_offset < file.size(); ++i) {
    const auto entry = file.at<Elf64_Dyn>(dynamic.p_offset + i * sizeof(Elf64_Dyn));
    if (!entry || entry->d_tag == DT_NULL) {
      break;
    }
    if (entry->d_tag == DT_SONAME) {
      name = entry->d_un.d_val;
    } else if (entry->d_tag == DT_STRTAB) {
      strings = entry->d_un.d_ptr;
    } else if (entry->d_tag == DT_STRSZ) {
      strings_size = entry->d_un.d_val;
    }
  }
  const auto table = name && strings && strings_size ? file_offset(headers, *strings) : std::nullopt;
  if (!table || *name >= *strings_size || *name > file.size() || *table > file.size()) {
    return {};
  }
  return text_at(file, *table + *name, *strings_size - *name);
}

}  // namespace

std::string hexadecimal_digits(std::span<const std::byte> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text += digits[std::to_integer<unsigned>(byte) >> 4];
    text += digits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

std::string find_build_id(std::span<const std::byte> area, std::uint64_t segment_alignment) {
  constexpr std::string_view owner{"GNU\0", 4};
  const std::uint64_t alignment = segment_alignment == 8 ? 8 : 4;
  for (std::uint64_t at = 0; at + sizeof(Elf64_Nhdr) <= area.size();) {
    Elf64_Nhdr note;
    std::memcpy(&note, area.data() + at, sizeof note);
    const std::uint64_t name = at + sizeof note;
    const std::uint64_t description = align_up(name + note.n_namesz, alignment);
    if (description > area.size() || note.n_descsz > area.size() - description) {
      break;
    }
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == owner.size() && note.n_descsz <= longest_build_id &&
        std::memcmp(area.data() + name, owner.data(), owner.size()) == 0) {
      return hexadecimal_digits(area.subspan(description, note.n_descsz));
    }
    at = align_up(description + note.n_descsz, alignment);
  }
  return {};
}

ElfIdentity read_elf_identity(std::span<const std::byte> bytes) {
  const Reader file(bytes);
  const std::vector<Elf64_Phdr> headers = program_headers(file);
  ElfIdentity identity;
  for (const Elf64_Phdr& each : headers) {
    if (each.p_type == PT_DYNAMIC && identity.soname.empty()) {
      identity.soname = soname_in(file, headers, each);
    } else if (each.p_type == PT_NOTE && identity.build_id.empty()) {
      identity.build_id = find_build_id(file.range(each.p_offset, each.p_filesz), each.p_align);
    }
  }
  return identity;
}

}  // namespace kx::hv::libraries
