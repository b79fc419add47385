#include <algorithm>
#include <cstring>

#include "hypervisor/libraries/elf_image.hpp"

namespace kx::hv::libraries {

namespace {

// What no library comes near.
constexpr std::uint64_t most_entries = 1 << 10, most_symbols = 1 << 20, most_relocations = 4 << 20;
constexpr std::uint64_t most_text = 64 << 20, most_versions = 1 << 14;
constexpr std::uint16_t hidden_bit = 0x8000;
// Newer than the headers of Debian 12 know.
constexpr std::int64_t tag_relr_size = 35, tag_relr = 36;

Error damaged(std::string_view what) {
  return make_error(ErrorKind::Usage, "the library is damaged: ", what);
}

template <class T>
bool get(const ImageReader& reader, std::uint64_t address, T& value) {
  return reader(address, &value, sizeof value);
}

template <class T>
bool get_list(const ImageReader& reader, std::uint64_t address, std::vector<T>& list) {
  return list.empty() || reader(address, list.data(), list.size() * sizeof(T));
}

}  // namespace

Result<DynamicImage> DynamicImage::read(const ImageReader& reader, std::uint64_t address, std::uint64_t size,
                                        std::uint64_t bias, Wanted wanted) {
  DynamicImage image;
  image.address_ = address;
  image.bias_ = bias;
  image.entries_.resize(std::min(size / sizeof(Elf64_Dyn), most_entries));
  if (!get_list(reader, address, image.entries_)) {
    return Unexpected{damaged("dynamic section")};
  }
  const auto end = std::find_if(image.entries_.begin(), image.entries_.end(),
                                [](const Elf64_Dyn& entry) { return entry.d_tag == DT_NULL; });
  image.entries_.erase(end, image.entries_.end());
  KX_TRY(image.read_strings(reader));
  KX_TRY(image.read_versions(reader));
  KX_TRY(image.read_symbols(reader));
  if (wanted != Wanted::SymbolsOnly) {
    KX_TRY(image.read_relocations(reader, wanted));
  }
  return image;
}

std::optional<std::uint64_t> DynamicImage::value(std::int64_t tag) const {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [tag](const Elf64_Dyn& entry) { return entry.d_tag == tag; });
  return found != entries_.end() ? std::optional(found->d_un.d_val) : std::nullopt;
}

std::optional<std::uint64_t> DynamicImage::link_address(std::int64_t tag) const {
  const auto found = value(tag);
  return found && bias_ != 0 && *found >= bias_ ? std::optional(*found - bias_) : found;
}

std::string_view DynamicImage::text(std::optional<std::uint64_t> offset) const {
  // The string is ended by the table's own last byte at the latest.
  return offset && *offset < strings_.size() ? std::string_view(strings_.data() + *offset) : std::string_view();
}

std::vector<std::string_view> DynamicImage::needed() const {
  std::vector<std::string_view> names;
  for (const Elf64_Dyn& entry : entries_) {
    if (entry.d_tag == DT_NEEDED) {
      names.push_back(text(entry.d_un.d_val));
    }
  }
  return names;
}

Result<void> DynamicImage::read_strings(const ImageReader& reader) {
  const auto table = link_address(DT_STRTAB), size = value(DT_STRSZ);
  if (!table || !size || *size > most_text) {
    return Unexpected{damaged("string table")};
  }
  strings_.resize(*size + 1, '\0');
  return *size == 0 || reader(*table, strings_.data(), *size) ? Result<void>() : Unexpected{damaged("string table")};
}

Result<std::uint64_t> DynamicImage::count_symbols(const ImageReader& reader) {
  if (const auto table = link_address(DT_GNU_HASH)) {
    std::uint32_t head[4];
    if (!get(reader, *table, head) || std::max({head[0], head[1], head[2]}) > most_symbols) {
      return Unexpected{damaged("hash table")};
    }
    gnu_hash_ = {head[0], head[1], head[2], head[3]};
    const std::uint64_t buckets_at = *table + sizeof head + head[2] * sizeof(std::uint64_t);
    std::vector<std::uint32_t> buckets(head[0]);
    if (!get_list(reader, buckets_at, buckets)) {
      return Unexpected{damaged("hash table")};
    }
    std::uint64_t last = buckets.empty() ? 0 : *std::max_element(buckets.begin(), buckets.end());
    if (last < head[1]) {
      return std::uint64_t{head[1]};
    }
    for (const std::uint64_t chains_at = buckets_at + buckets.size() * 4; last < most_symbols; ++last) {
      std::uint32_t chain = 0;
      if (!get(reader, chains_at + (last - head[1]) * 4, chain)) {
        return Unexpected{damaged("hash table")};
      }
      if ((chain & 1) != 0) {
        return last + 1;
      }
    }
    return Unexpected{damaged("hash table")};
  }
  std::uint32_t head[2];
  if (const auto table = link_address(DT_HASH); table && get(reader, *table, head) && head[1] <= most_symbols) {
    return std::uint64_t{head[1]};
  }
  return Unexpected{damaged("no hash table")};
}

Result<void> DynamicImage::read_symbols(const ImageReader& reader) {
  const auto table = link_address(DT_SYMTAB);
  KX_TRY_ASSIGN(const std::uint64_t count, count_symbols(reader));
  std::vector<Elf64_Sym> raw(count);
  std::vector<std::uint16_t> numbers(link_address(DT_VERSYM) ? count : 0);
  if (!table || !get_list(reader, *table, raw) ||
      (!numbers.empty() && !get_list(reader, *link_address(DT_VERSYM), numbers))) {
    return Unexpected{damaged("symbol table")};
  }
  symbols_.reserve(std::max<std::uint64_t>(count, 1));
  if (count == 0) {
    symbols_.emplace_back();  // relocations without a symbol name the first one
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    Symbol symbol;
    symbol.raw = raw[i];
    symbol.name = text(raw[i].st_name);
    if (!numbers.empty()) {
      symbol.hidden_version = (numbers[i] & hidden_bit) != 0;
      const auto version = versions_.find(numbers[i] & ~hidden_bit);
      symbol.version = version != versions_.end() ? version->second.name : std::string_view();
    }
    if (symbol.defined() && symbol.binding() != STB_LOCAL) {
      definitions_.emplace(symbol.name, static_cast<std::uint32_t>(i));
    }
    symbols_.push_back(symbol);
  }
  return {};
}

Result<void> DynamicImage::read_versions(const ImageReader& reader) {
  KX_TRY(read_defined_versions(reader));
  return read_needed_versions(reader);
}

Result<void> DynamicImage::read_defined_versions(const ImageReader& reader) {
  const auto table = link_address(DT_VERDEF), count = value(DT_VERDEFNUM);
  std::uint64_t at = table.value_or(0);
  for (std::uint64_t i = 0; table && i < std::min(count.value_or(0), most_entries); ++i) {
    Elf64_Verdef definition;
    Elf64_Verdaux name;
    if (!get(reader, at, definition) || !get(reader, at + definition.vd_aux, name)) {
      return Unexpected{damaged("version definitions")};
    }
    if ((definition.vd_flags & VER_FLG_BASE) == 0) {
      versions_[definition.vd_ndx & ~hidden_bit] = {
          text(name.vda_name), {}, definition.vd_hash, name.vda_name, 0, false, (definition.vd_ndx & hidden_bit) != 0};
    }
    at += definition.vd_next;
  }
  return {};
}

Result<void> DynamicImage::read_needed_versions(const ImageReader& reader) {
  const auto table = link_address(DT_VERNEED), count = value(DT_VERNEEDNUM);
  std::uint64_t at = table.value_or(0);
  std::uint64_t entries = 0;  // of all files together
  for (std::uint64_t i = 0; table && i < std::min(count.value_or(0), most_entries); ++i) {
    Elf64_Verneed file;
    if (!get(reader, at, file)) {
      return Unexpected{damaged("needed versions")};
    }
    std::uint64_t entry_at = at + file.vn_aux;
    for (std::uint32_t j = 0; j < file.vn_cnt; ++j) {
      Elf64_Vernaux entry;
      if (++entries > most_versions || !get(reader, entry_at, entry)) {
        return Unexpected{damaged("needed versions")};
      }
      versions_[entry.vna_other & ~hidden_bit] = {text(entry.vna_name),
                                                  text(file.vn_file),
                                                  entry.vna_hash,
                                                  entry.vna_name,
                                                  file.vn_file,
                                                  true,
                                                  (entry.vna_other & hidden_bit) != 0};
      entry_at += entry.vna_next;
    }
    at += file.vn_next;
  }
  return {};
}

Result<void> DynamicImage::read_table(const ImageReader& reader, std::int64_t table, std::int64_t table_size,
                                      Wanted wanted) {
  const auto at = link_address(table), size = value(table_size);
  if (!at || !size) {
    return {};
  }
  if (*size / sizeof(Elf64_Rela) > most_relocations) {
    return Unexpected{damaged("relocations")};
  }
  std::vector<Elf64_Rela> raw(*size / sizeof(Elf64_Rela));
  if (!get_list(reader, *at, raw)) {
    return Unexpected{damaged("relocations")};
  }
  for (const Elf64_Rela& each : raw) {
    const auto type = static_cast<std::uint32_t>(ELF64_R_TYPE(each.r_info));
    const auto symbol = static_cast<std::uint32_t>(ELF64_R_SYM(each.r_info));
    if (type == R_X86_64_NONE || (type == R_X86_64_RELATIVE && wanted != Wanted::AllRelocations)) {
      continue;
    }
    if (symbol >= symbols_.size() && symbol != 0) {
      return Unexpected{damaged("relocations")};
    }
    relocations_.push_back({each.r_offset, type, symbol, each.r_addend});
  }
  return {};
}

// DT_RELR: relative relocations as a bitmap, with their addends in place.
Result<void> DynamicImage::read_relative(const ImageReader& reader) {
  const auto at = link_address(tag_relr), size = value(tag_relr_size);
  if (!at || !size) {
    return {};
  }
  std::vector<std::uint64_t> raw(std::min(*size / sizeof(std::uint64_t), most_relocations));
  if (!get_list(reader, *at, raw)) {
    return Unexpected{damaged("relocations")};
  }
  constexpr std::uint64_t words_of_bitmap = 63;
  std::uint64_t next = 0;
  const auto add = [&](std::uint64_t offset) {
    std::int64_t addend = 0;
    if (!get(reader, offset, addend) || relocations_.size() >= most_relocations) {
      return false;
    }
    relocations_.push_back({offset, R_X86_64_RELATIVE, 0, addend});
    return true;
  };
  for (const std::uint64_t word : raw) {
    bool fits = true;
    if ((word & 1) == 0) {
      fits = add(word);
      next = word + sizeof word;
    } else {
      for (std::uint64_t bit = 0; bit < words_of_bitmap; ++bit) {
        fits = fits && ((word >> (bit + 1) & 1) == 0 || add(next + bit * sizeof word));
      }
      next += words_of_bitmap * sizeof word;
    }
    if (!fits) {
      return Unexpected{damaged("relocations")};
    }
  }
  return {};
}

Result<void> DynamicImage::read_relocations(const ImageReader& reader, Wanted wanted) {
  if (value(DT_REL)) {
    return Unexpected{make_error(ErrorKind::Unsupported, "the library has relocations without addends")};
  }
  KX_TRY(read_table(reader, DT_RELA, DT_RELASZ, wanted));
  KX_TRY(read_table(reader, DT_JMPREL, DT_PLTRELSZ, wanted));
  return wanted == Wanted::AllRelocations ? read_relative(reader) : Result<void>();
}

}  // namespace kx::hv::libraries
