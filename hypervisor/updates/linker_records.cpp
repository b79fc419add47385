// What glibc's dynamic linker notes about a library, changed so that it describes the new version: afterwards dlsym(3),
// dladdr(3), lazy binding, dl_iterate_phdr(3), the unwinder and dlclose(3) work with that by themselves.
//
// The layout of these records is not part of any interface and differs between releases. It is not assumed: a word is
// known by its value. Each word of the record that points into the old image must be one whose meaning the value tells,
// or the update is refused.
#include <link.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <kx/abi/memory_map.hpp>
#include <kx/base/address.hpp>
#include <map>
#include <set>

#include "hypervisor/updates/update_plan.hpp"

namespace kx::hv::libraries {

namespace {

// More than struct link_map with what is allocated along with it, and less than the structure alone has.
constexpr std::size_t record_size = 1400, least_record_size = 1000;
constexpr std::uint64_t offset_of_bias = 0, offset_of_dynamic = 16;
constexpr std::size_t most_mappings = 4096;

Error obstacle(std::string_view text) {
  return make_error(ErrorKind::Unsupported, "the dynamic linker's records: ", text);
}

// struct r_found_version.
struct FoundVersion {
  std::uint64_t name;
  std::uint32_t hash;
  std::uint32_t hidden;
  std::uint64_t file;
};
static_assert(sizeof(FoundVersion) == 24);

// An element of what _dl_find_object(3) searches.
struct FoundObject {
  std::uint64_t start, end, link_map, frame_header;
};

class Records {
 public:
  Records(const Replacement& replacement, UpdateProgram& update)
      : what_(replacement), update_(update), words_(record_size / sizeof(std::uint64_t)) {}

  Result<void> plan();

 private:
  [[nodiscard]] std::uint64_t place(std::size_t index) const {
    return what_.old_image.link_map + index * sizeof(std::uint64_t);
  }
  void change(std::size_t index, std::uint64_t value) { update_.change(place(index), words_[index], value); }
  Result<void> change_values();
  Result<void> change_information();
  Result<void> change_hash_table();
  Result<void> change_counts(std::size_t headers_index);
  Result<void> change_versions(std::size_t bitmask_index);
  Result<void> change_found_objects();
  [[nodiscard]] std::map<std::uint64_t, std::uint64_t> known_values() const;
  [[nodiscard]] bool find_objects(std::uint64_t pointer, std::uint64_t& start, std::vector<FoundObject>& objects) const;
  [[nodiscard]] bool is_record_of_image(const FoundObject& object) const;

  const Replacement& what_;
  UpdateProgram& update_;
  std::vector<std::uint64_t> words_;
  std::vector<bool> done_;
};

// Addresses of the old image that a record may hold, and those of the new one.
std::map<std::uint64_t, std::uint64_t> Records::known_values() const {
  const std::uint64_t old_bias = what_.old_image.bias, new_bias = what_.new_bias;
  std::map<std::uint64_t, std::uint64_t> known;
  const auto end_of_memory = [](const ElfFile& file, bool text) {
    std::uint64_t end = 0;
    for (const Elf64_Phdr& each : file.headers()) {
      if (each.p_type == PT_LOAD && (!text || (each.p_flags & PF_X) != 0)) {
        end = std::max(end, each.p_vaddr + each.p_memsz);
      }
    }
    return end;
  };
  known[old_bias + what_.old_file.start()] = new_bias + what_.new_file.start();
  known[old_bias] = new_bias;
  known[old_bias + what_.old_file.header().e_phoff] = new_bias + what_.new_file.header().e_phoff;
  // Where the text ends is noted in whole pages, where the image does to the byte.
  known[old_bias + align_up(end_of_memory(what_.old_file, true), abi::page_size)] =
      new_bias + align_up(end_of_memory(what_.new_file, true), abi::page_size);
  known[old_bias + end_of_memory(what_.old_file, false)] = new_bias + end_of_memory(what_.new_file, false);
  known[old_bias + what_.old_file.dynamic().address()] = new_bias + what_.new_file.dynamic().address();
  // l_versyms and the like. The symbol table is not among them: what points there is what was looked up last.
  for (const std::int64_t tag : {DT_VERSYM, DT_STRTAB, DT_RELA, DT_JMPREL, DT_PLTGOT, DT_GNU_HASH, DT_HASH, DT_INIT,
                                 DT_FINI, DT_INIT_ARRAY, DT_FINI_ARRAY, DT_VERDEF, DT_VERNEED}) {
    const auto before = what_.old_file.dynamic().value(tag), now = what_.new_file.dynamic().value(tag);
    if (before && now) {
      known[old_bias + *before] = new_bias + *now;
    }
  }
  const Elf64_Phdr* const old_tls = what_.old_file.find(PT_TLS);
  const Elf64_Phdr* const new_tls = what_.new_file.find(PT_TLS);
  if (old_tls != nullptr && new_tls != nullptr) {
    known[old_bias + old_tls->p_vaddr] = new_bias + new_tls->p_vaddr;
  }
  return known;
}

Result<void> Records::plan() {
  if (!what_.program.read(what_.old_image.link_map, words_.data(), words_.size() * sizeof(std::uint64_t))) {
    return Unexpected{obstacle("cannot be read")};
  }
  if (words_[offset_of_bias / 8] != what_.old_image.bias || words_[offset_of_dynamic / 8] != what_.old_image.dynamic) {
    return Unexpected{obstacle("not those of glibc")};
  }
  // It ends where the first of the things allocated along with it begins, to which it points.
  std::uint64_t end = what_.old_image.link_map + record_size;
  for (const std::uint64_t word : words_) {
    if (word >= what_.old_image.link_map + least_record_size) {
      end = std::min(end, word);
    }
  }
  words_.resize((end - what_.old_image.link_map) / sizeof(std::uint64_t));
  done_.assign(words_.size(), false);
  KX_TRY(change_information());
  KX_TRY(change_hash_table());
  KX_TRY(change_values());
  return change_found_objects();
}

// l_info: pointers to the entries of the dynamic section.
Result<void> Records::change_information() {
  const auto& before = what_.old_file.dynamic().entries();
  const auto& now = what_.new_file.dynamic().entries();
  const std::uint64_t start = what_.old_image.bias + what_.old_file.dynamic().address();
  std::optional<std::size_t> base;  // the index for tag 0
  std::vector<std::int64_t> seen;
  for (std::size_t i = 3; i < words_.size(); ++i) {
    const std::uint64_t offset = words_[i] - start;
    if (offset % sizeof(Elf64_Dyn) != 0 || offset / sizeof(Elf64_Dyn) >= before.size()) {
      continue;
    }
    const std::int64_t tag = before[offset / sizeof(Elf64_Dyn)].d_tag;
    const auto found =
        std::find_if(now.begin(), now.end(), [tag](const Elf64_Dyn& entry) { return entry.d_tag == tag; });
    // The last one of several counts, as for DT_NEEDED; nobody asks where.
    const std::uint64_t entry = found != now.end()
                                    ? what_.new_bias + what_.new_file.dynamic().address() +
                                          static_cast<std::uint64_t>(found - now.begin()) * sizeof(Elf64_Dyn)
                                    : 0;
    change(i, entry);
    done_[i] = true;
    seen.push_back(tag);
    if (tag > 0 && tag < DT_LOOS && static_cast<std::size_t>(tag) <= i) {
      base = i - static_cast<std::size_t>(tag);
    }
  }
  for (const Elf64_Dyn& entry : now) {
    const bool matters = entry.d_tag != DT_RELACOUNT && entry.d_tag != DT_SONAME && entry.d_tag != DT_NEEDED;
    if (!matters || std::find(seen.begin(), seen.end(), entry.d_tag) != seen.end()) {
      continue;
    }
    constexpr std::int64_t plain_tags = 35;
    if (!base || entry.d_tag >= plain_tags) {
      return Unexpected{obstacle("the new version has an entry in its dynamic section that the old one lacks")};
    }
    const std::size_t index = *base + static_cast<std::size_t>(entry.d_tag);
    if (words_[index] != 0) {
      continue;  // that release of glibc keeps no such entry
    }
    change(index, what_.new_bias + what_.new_file.dynamic().address() +
                      static_cast<std::uint64_t>(&entry - now.data()) * sizeof(Elf64_Dyn));
    done_[index] = true;
  }
  return {};
}

// l_nbuckets and what follows it: the hash table is taken apart when a library is loaded.
Result<void> Records::change_hash_table() {
  const auto& before = what_.old_file.dynamic().gnu_hash();
  const auto& now = what_.new_file.dynamic().gnu_hash();
  if (!before || !now) {
    return Unexpected{obstacle("a version without a GNU hash table")};
  }
  constexpr std::uint64_t head_size = 16;
  struct Places {
    std::uint64_t bitmask, buckets, chain;
  };
  const auto places = [&](std::uint64_t bias, const ElfFile& file, const DynamicImage::GnuHash& hash) {
    const std::uint64_t bitmask = bias + *file.dynamic().value(DT_GNU_HASH) + head_size;
    const std::uint64_t buckets = bitmask + std::uint64_t{hash.bloom_words} * 8;
    return Places{bitmask, buckets, buckets + (std::uint64_t{hash.buckets} - hash.first_symbol) * 4};
  };
  const Places old_places = places(what_.old_image.bias, what_.old_file, *before);
  const Places new_places = places(what_.new_bias, what_.new_file, *now);
  for (std::size_t i = 3; i + 2 < words_.size(); ++i) {
    if (words_[i] != old_places.bitmask || words_[i + 1] != old_places.buckets || words_[i + 2] != old_places.chain) {
      continue;
    }
    // Before it: l_nversions and l_nbuckets, l_gnu_bitmask_idxbits and l_gnu_shift, of 32 bits each.
    const std::uint64_t shape = (std::uint64_t{before->bloom_words - 1}) | std::uint64_t{before->shift} << 32;
    if (words_[i - 1] != shape || words_[i - 2] >> 32 != before->buckets) {
      return Unexpected{obstacle("the hash table's place in them")};
    }
    change(i, new_places.bitmask);
    change(i + 1, new_places.buckets);
    change(i + 2, new_places.chain);
    change(i - 1, (std::uint64_t{now->bloom_words - 1}) | std::uint64_t{now->shift} << 32);
    done_[i] = done_[i + 1] = done_[i + 2] = done_[i - 1] = true;
    return change_versions(i);
  }
  return Unexpected{obstacle("no hash table in them")};
}

// l_versions and l_nversions: the names of symbol versions, by index.
Result<void> Records::change_versions(std::size_t bitmask_index) {
  const std::uint64_t table = words_[bitmask_index - 3];
  const auto count = static_cast<std::uint32_t>(words_[bitmask_index - 2]);
  const auto& versions = what_.new_file.dynamic().versions();
  const std::uint32_t wanted = versions.empty() ? 0 : versions.rbegin()->first + 1;
  const std::uint64_t strings = what_.new_bias + what_.new_file.dynamic().value(DT_STRTAB).value_or(0);
  if (wanted > count) {
    return Unexpected{obstacle("the new version knows more symbol versions than there is room for")};
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    FoundVersion before{};
    const std::uint64_t place = table + i * sizeof before;
    if (!what_.program.read(place, before)) {
      return Unexpected{obstacle("symbol versions")};
    }
    FoundVersion now{};
    if (const auto found = versions.find(i); found != versions.end()) {
      const SymbolVersion& version = found->second;
      now = {strings + version.name_offset, version.hash, version.needed && version.hidden ? 0x8000u : 0,
             version.needed ? strings + version.file_offset : 0};
      // Names of what is defined have no file.
    } else if (before.name != 0 && !what_.is_old(before.name)) {
      return Unexpected{obstacle("symbol versions that are not the library's")};
    }
    std::array<std::uint64_t, 3> old_words{}, new_words{};
    std::memcpy(old_words.data(), &before, sizeof before);
    std::memcpy(new_words.data(), &now, sizeof now);
    for (std::size_t j = 0; j < old_words.size(); ++j) {
      update_.change(place + j * 8, old_words[j], new_words[j]);
    }
  }
  change(bitmask_index - 2, std::uint64_t{count} | std::uint64_t{what_.new_file.dynamic().gnu_hash()->buckets} << 32);
  done_[bitmask_index - 2] = done_[bitmask_index - 3] = true;
  return {};
}

// l_phnum and l_ldnum, of 16 bits each, two words behind l_phdr.
Result<void> Records::change_counts(std::size_t headers_index) {
  const std::size_t index = headers_index + 2;
  const std::uint64_t headers = what_.old_file.headers().size();
  if (index >= words_.size() || (words_[index] & 0xffff) != headers) {
    return Unexpected{obstacle("the number of program headers")};
  }
  const auto length = [](const ElfFile& file) { return file.find(PT_DYNAMIC)->p_memsz / sizeof(Elf64_Dyn); };
  if ((words_[index] >> 16 & 0xffff) != length(what_.old_file)) {
    return Unexpected{obstacle("the length of the dynamic section")};
  }
  change(index, (words_[index] & ~0xffffffffull) | what_.new_file.headers().size() | length(what_.new_file) << 16);
  done_[index] = true;
  return {};
}

Result<void> Records::change_values() {
  const auto known = known_values();
  const std::uint64_t headers = what_.old_image.bias + what_.old_file.header().e_phoff;
  const std::uint64_t symbols = what_.old_image.bias + what_.old_file.dynamic().value(DT_SYMTAB).value_or(0);
  const std::uint64_t symbols_size = what_.old_file.dynamic().symbols().size() * sizeof(Elf64_Sym);
  for (std::size_t i = 0; i < words_.size(); ++i) {
    // l_phdr and the like may be one past the end of what they describe.
    const bool points_in = what_.is_old(words_[i]) || known.contains(words_[i]);
    if (done_[i] || !points_in) {
      continue;
    }
    if (words_[i] - symbols < symbols_size) {
      change(i, 0);  // l_lookup_cache: what was looked up last
      continue;
    }
    const auto found = known.find(words_[i]);
    if (found == known.end()) {
      return Unexpected{make_error(ErrorKind::Unsupported, "the dynamic linker's records: word ", i, " points ",
                                   words_[i] - what_.old_image.bias, " bytes into the library, and why is not known")};
    }
    if (words_[i] == headers) {
      KX_TRY(change_counts(i));
    }
    change(i, found->second);
  }
  return {};
}

bool Records::is_record_of_image(const FoundObject& object) const {
  return std::any_of(what_.loaded.images.begin(), what_.loaded.images.end(), [&](const LoadedImage& image) {
    return image.link_map == object.link_map && object.start >= image.start && object.start < image.end;
  });
}

// The array that `pointer` points into the start of, if the old image is in it.
bool Records::find_objects(std::uint64_t pointer, std::uint64_t& start, std::vector<FoundObject>& objects) const {
  // One kind of array has a head of some words before its elements.
  for (const std::uint64_t head : {0u, 8u, 16u, 24u, 32u}) {
    objects.clear();
    FoundObject object{};
    bool found = false;
    start = pointer + head;
    while (objects.size() < most_mappings &&
           what_.program.read_present(start + objects.size() * sizeof object, object) && is_record_of_image(object)) {
      found = found || object.link_map == what_.old_image.link_map;
      objects.push_back(object);
    }
    if (found) {
      return true;
    }
  }
  return false;
}

// What _dl_find_object(3) searches, sorted by address. Releases before 2.35 have none.
Result<void> Records::change_found_objects() {
  const auto linker = std::find_if(what_.loaded.images.begin(), what_.loaded.images.end(),
                                   [&](const LoadedImage& image) { return image.start == what_.loaded.linker_start; });
  if (linker == what_.loaded.images.end()) {
    return {};
  }
  std::vector<Elf64_Phdr> headers(64);
  Elf64_Ehdr header{};
  if (!what_.program.read(linker->bias, header) || header.e_phnum > headers.size() ||
      !what_.program.read(linker->bias + header.e_phoff, headers.data(), header.e_phnum * sizeof(Elf64_Phdr))) {
    return Unexpected{obstacle("the linker's own headers")};
  }
  headers.resize(header.e_phnum);
  std::set<std::uint64_t> seen;  // one array may be named by several words
  for (const Elf64_Phdr& each : headers) {
    if (each.p_type != PT_LOAD || (each.p_flags & PF_W) == 0) {
      continue;
    }
    for (std::uint64_t at = linker->bias + each.p_vaddr; at + 8 <= linker->bias + each.p_vaddr + each.p_memsz;
         at += 8) {
      std::uint64_t pointer = 0, start = 0;
      std::vector<FoundObject> objects;
      if (!what_.program.read_present(at, pointer) || pointer % 8 != 0 || !find_objects(pointer, start, objects) ||
          !seen.insert(start).second) {
        continue;
      }
      std::vector<FoundObject> sorted = objects;
      for (FoundObject& object : sorted) {
        if (object.link_map == what_.old_image.link_map) {
          const auto known = known_values();
          const auto new_start = known.find(object.start), new_end = known.find(object.end);
          const Elf64_Phdr* const frames = what_.new_file.find(PT_GNU_EH_FRAME);
          if (new_start == known.end() || new_end == known.end()) {
            return Unexpected{obstacle("the bounds of the library")};
          }
          object.start = new_start->second;
          object.end = new_end->second;
          object.frame_header = frames != nullptr ? what_.new_bias + frames->p_vaddr : 0;
        }
      }
      std::sort(sorted.begin(), sorted.end(),
                [](const FoundObject& a, const FoundObject& b) { return a.start < b.start; });
      for (std::size_t i = 0; i < objects.size(); ++i) {
        std::array<std::uint64_t, 4> before{}, now{};
        std::memcpy(before.data(), &objects[i], sizeof objects[i]);
        std::memcpy(now.data(), &sorted[i], sizeof sorted[i]);
        for (std::size_t j = 0; j < before.size(); ++j) {
          if (before[j] != now[j]) {
            update_.change(start + i * sizeof(FoundObject) + j * 8, before[j], now[j]);
          }
        }
      }
    }
  }
  return {};
}

}  // namespace

Result<void> plan_linker_records(const Replacement& replacement, UpdateProgram& update) {
  return Records(replacement, update).plan();
}

}  // namespace kx::hv::libraries
