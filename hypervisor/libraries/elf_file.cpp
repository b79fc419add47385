#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <kx/abi/memory_map.hpp>
#include <kx/base/address.hpp>

#include "hypervisor/libraries/elf_identity.hpp"
#include "hypervisor/libraries/elf_image.hpp"

namespace kx::hv::libraries {

namespace {

constexpr std::uint64_t largest_file = 1ull << 30;
constexpr std::size_t most_headers = 64;

Error damaged(std::string_view what) {
  return make_error(ErrorKind::Usage, "not a usable shared library: ", what);
}

}  // namespace

Result<ElfFile> ElfFile::read(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    return Unexpected{damaged("not a file")};
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > largest_file) {
    return Unexpected{damaged("larger than 1 GiB")};
  }
  std::vector<std::byte> bytes(size);
  for (std::uint64_t done = 0; done < size;) {
    const ssize_t got = ::pread(fd, bytes.data() + done, size - done, static_cast<off_t>(done));
    if (got <= 0) {
      return Unexpected{got < 0 ? system_error("read the library") : damaged("it became shorter")};
    }
    done += static_cast<std::uint64_t>(got);
  }
  return parse(std::move(bytes));
}

Result<ElfFile> ElfFile::parse(std::vector<std::byte> bytes) {
  ElfFile file;
  file.bytes_ = std::move(bytes);
  KX_TRY(file.read_headers());
  KX_TRY(file.read_sections());
  const Elf64_Phdr* const dynamic = file.find(PT_DYNAMIC);
  if (dynamic == nullptr) {
    return Unexpected{damaged("no dynamic section")};
  }
  const auto reader = [&](std::uint64_t address, void* to, std::size_t size) {
    const auto found = file.at(address, size);
    if (found.size() != size) {
      return false;
    }
    std::memcpy(to, found.data(), size);
    return true;
  };
  KX_TRY_ASSIGN(file.dynamic_, DynamicImage::read(reader, dynamic->p_vaddr, dynamic->p_filesz, 0,
                                                  DynamicImage::Wanted::AllRelocations));
  KX_TRY(file.read_symbol_table());
  file.read_build_id();
  return file;
}

Result<void> ElfFile::read_headers() {
  const auto header = list_at<Elf64_Ehdr>(bytes_, 0, 1);
  if (!header || std::memcmp(header->front().e_ident, ELFMAG, SELFMAG) != 0) {
    return Unexpected{damaged("no ELF file")};
  }
  header_ = header->front();
  if (header_.e_ident[EI_CLASS] != ELFCLASS64 || header_.e_machine != EM_X86_64 || header_.e_type != ET_DYN) {
    return Unexpected{damaged("no shared library for x86-64")};
  }
  auto headers = header_.e_phentsize == sizeof(Elf64_Phdr) && header_.e_phnum <= most_headers
                     ? list_at<Elf64_Phdr>(bytes_, header_.e_phoff, header_.e_phnum)
                     : std::nullopt;
  if (!headers) {
    return Unexpected{damaged("program headers")};
  }
  headers_ = std::move(*headers);
  start_ = ~0ull;
  for (const Elf64_Phdr& each : headers_) {
    if (each.p_type != PT_LOAD) {
      continue;
    }
    if (each.p_filesz > each.p_memsz || outside(each.p_vaddr, each.p_memsz, 0, abi::user_end) ||
        outside(each.p_offset, each.p_filesz, 0, bytes_.size())) {
      return Unexpected{damaged("load segments")};
    }
    start_ = std::min(start_, align_down(each.p_vaddr, abi::page_size));
    end_ = std::max(end_, align_up(each.p_vaddr + each.p_memsz, abi::page_size));
  }
  return end_ > start_ ? Result<void>() : Unexpected{damaged("no load segments")};
}

Result<void> ElfFile::read_sections() {
  auto sections = libraries::read_sections(bytes_, header_);
  if (!sections) {
    return Unexpected{damaged("sections")};
  }
  sections_ = std::move(*sections);
  return {};
}

const Section* ElfFile::section(std::string_view name) const {
  return find_section(sections_, name);
}

Result<void> ElfFile::read_symbol_table() {
  const Section* const table = section(".symtab");
  has_symbol_table_ = table != nullptr && table->raw.sh_type == SHT_SYMTAB;
  if (!has_symbol_table_) {
    all_symbols_ = dynamic_->symbols();
    return {};
  }
  const auto raw = list_at<Elf64_Sym>(bytes_, table->raw.sh_offset, table->raw.sh_size / sizeof(Elf64_Sym));
  if (!raw || table->raw.sh_link >= sections_.size()) {
    return Unexpected{damaged("symbol table")};
  }
  const Elf64_Shdr& strings = sections_[table->raw.sh_link].raw;
  // Names point into the file's own bytes, where the table must end with a NUL.
  if (outside(strings.sh_offset, strings.sh_size, 0, bytes_.size()) || strings.sh_size == 0 ||
      bytes_[strings.sh_offset + strings.sh_size - 1] != std::byte{0}) {
    return Unexpected{damaged("symbol names")};
  }
  const char* const text = reinterpret_cast<const char*>(bytes_.data() + strings.sh_offset);
  for (const Elf64_Sym& each : *raw) {
    Symbol symbol;
    symbol.raw = each;
    symbol.name = each.st_name < strings.sh_size ? std::string_view(text + each.st_name) : std::string_view();
    all_symbols_.push_back(symbol);
  }
  return {};
}

void ElfFile::read_build_id() {
  for (const Elf64_Phdr& each : headers_) {
    if (each.p_type == PT_NOTE && build_id_.empty() && !outside(each.p_offset, each.p_filesz, 0, bytes_.size())) {
      build_id_ = find_build_id(std::span(bytes_).subspan(each.p_offset, each.p_filesz), each.p_align);
    }
  }
}

const Elf64_Phdr* ElfFile::find(std::uint32_t type) const {
  const auto found =
      std::find_if(headers_.begin(), headers_.end(), [type](const Elf64_Phdr& each) { return each.p_type == type; });
  return found != headers_.end() ? &*found : nullptr;
}

std::span<const std::byte> ElfFile::at(std::uint64_t address, std::uint64_t size) const {
  for (const Elf64_Phdr& each : headers_) {
    if (each.p_type == PT_LOAD && !outside(address, size, each.p_vaddr, each.p_vaddr + each.p_filesz)) {
      return std::span(bytes_).subspan(each.p_offset + (address - each.p_vaddr), size);
    }
  }
  return {};
}

bool ElfFile::is_text(std::uint64_t address) const {
  return std::any_of(headers_.begin(), headers_.end(), [&](const Elf64_Phdr& each) {
    return each.p_type == PT_LOAD && (each.p_flags & PF_X) != 0 && address - each.p_vaddr < each.p_memsz;
  });
}

bool ElfFile::is_writable(std::uint64_t address) const {
  const Elf64_Phdr* const relro = find(PT_GNU_RELRO);
  if (relro != nullptr && address - relro->p_vaddr < relro->p_memsz) {
    return false;
  }
  return std::any_of(headers_.begin(), headers_.end(), [&](const Elf64_Phdr& each) {
    return each.p_type == PT_LOAD && (each.p_flags & PF_W) != 0 && address - each.p_vaddr < each.p_memsz;
  });
}

std::uint64_t ElfFile::word(std::uint64_t address) const {
  std::uint64_t value = 0;
  if (const auto found = at(address, sizeof value); found.size() == sizeof value) {
    std::memcpy(&value, found.data(), sizeof value);
  }
  return value;
}

}  // namespace kx::hv::libraries
