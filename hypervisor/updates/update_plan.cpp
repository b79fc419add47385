#include "hypervisor/updates/update_plan.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "hypervisor/updates/symbol_resolver.hpp"

namespace kx::hv::libraries {

namespace {

constexpr std::uint64_t plt_link_map = 8, plt_resolver = 16;  // in the table at DT_PLTGOT (System V ABI for AMD64)
constexpr std::uint64_t debug_state = 24;                     // of struct r_debug
constexpr std::uint64_t link_map_next = 24;
constexpr std::size_t most_text = 14;  // of a jump to another version

std::string printed(const LoadedImage& image) {
  return image.name.empty() ? "the program" : image.name;
}

// A word of those before the table's entries, as the dynamic linker filled it for the old version.
Result<std::uint64_t> read_plt_head(const Replacement& what, std::uint64_t place) {
  const auto table = what.old_file.dynamic().value(DT_PLTGOT);
  std::uint64_t value = 0;
  if (!table || !what.program.read(what.old_image.bias + *table + place, value)) {
    return Unexpected{obstacle("the old version has no table for calls to resolve by")};
  }
  return value;
}

class Preparation {
 public:
  explicit Preparation(const Replacement& replacement) : what_(replacement), resolver_(replacement) {}

  Result<UpdateProgram> plan() {
    if (what_.used_before) {
      reset_variables();
    }
    for (const Relocation& each : what_.new_file.dynamic().relocations()) {
      KX_TRY(relocate(each));
    }
    KX_TRY(fill_plt_head());
    fill_dynamic_section();
    return std::move(update_);
  }

 private:
  Result<void> relocate(const Relocation& relocation);
  Result<void> fill_plt_head();
  void fill_dynamic_section();
  void reset_variables();
  void put(std::uint64_t address, std::uint64_t value) { update_.write(what_.new_bias + address, value); }

  const Replacement& what_;
  SymbolResolver resolver_;
  UpdateProgram update_;
};

Result<void> Preparation::relocate(const Relocation& relocation) {
  const Symbol& symbol = what_.new_file.dynamic().symbols()[relocation.symbol];
  const auto addend = static_cast<std::uint64_t>(relocation.addend);
  if (is_thread_local(relocation.type) && !symbol.defined() && relocation.symbol != 0) {
    KX_TRY_ASSIGN(const std::uint64_t value, resolver_.foreign(relocation.type, symbol));
    put(relocation.offset, value + addend);
    return {};
  }
  switch (relocation.type) {
    case R_X86_64_RELATIVE:
      put(relocation.offset, what_.new_bias + addend);
      return {};
    case R_X86_64_IRELATIVE: {
      KX_TRY_ASSIGN(const std::uint64_t value, resolver_.chosen_by(addend));
      put(relocation.offset, value);
      return {};
    }
    case R_X86_64_DTPMOD64: {
      KX_TRY_ASSIGN(const std::uint64_t id, resolver_.module_id());
      put(relocation.offset, id);
      return {};
    }
    case R_X86_64_DTPOFF64:
      put(relocation.offset, symbol.raw.st_value + addend);
      return {};
    case R_X86_64_TPOFF64: {
      KX_TRY_ASSIGN(const std::uint64_t offset, resolver_.thread_offset());
      put(relocation.offset, symbol.raw.st_value + addend - offset);
      return {};
    }
    default:
      break;
  }
  if (!names_a_symbol(relocation.type)) {
    return Unexpected{make_error(ErrorKind::Unsupported, "relocation of type ", relocation.type,
                                 " in the new version: not known to updates")};
  }
  const bool slot = relocation.type == R_X86_64_JUMP_SLOT;
  KX_TRY_ASSIGN(const auto value, resolver_.resolve(symbol, slot));
  if (value) {
    put(relocation.offset, *value + (relocation.type == R_X86_64_64 ? addend : 0));
  } else {
    put(relocation.offset, what_.new_bias + what_.new_file.word(relocation.offset));
  }
  return {};
}

// What the dynamic linker keeps there to resolve functions when they are first called.
Result<void> Preparation::fill_plt_head() {
  const auto new_table = what_.new_file.dynamic().value(DT_PLTGOT);
  if (!new_table || !what_.new_file.dynamic().value(DT_JMPREL)) {
    return {};
  }
  for (const std::uint64_t place : {plt_link_map, plt_resolver}) {
    KX_TRY_ASSIGN(const std::uint64_t value, read_plt_head(what_, place));
    // The linker's records describe the old version while the hook runs: what it calls must be resolved by then, and
    // a call that is not shall fail. The exchange puts the value there.
    const bool too_early = what_.pairing.hook != 0 && place == plt_resolver;
    put(*new_table + place, too_early ? 0 : value);
  }
  return {};
}

// Addresses in it are absolute, as glibc makes them when it loads a library.
void Preparation::fill_dynamic_section() {
  const DynamicImage& dynamic = what_.new_file.dynamic();
  std::uint64_t at = dynamic.address();
  for (const Elf64_Dyn& entry : dynamic.entries()) {
    switch (entry.d_tag) {
      case DT_HASH:
      case DT_PLTGOT:
      case DT_STRTAB:
      case DT_SYMTAB:
      case DT_RELA:
      case DT_JMPREL:
      case DT_VERSYM:
      case DT_GNU_HASH:
        put(at + offsetof(Elf64_Dyn, d_un), what_.new_bias + entry.d_un.d_ptr);
        break;
      default:
        break;
    }
    at += sizeof entry;
  }
}

// Those that the old version has too are given its values later.
void Preparation::reset_variables() {
  const Elf64_Phdr* const relro = what_.new_file.find(PT_GNU_RELRO);
  for (const Elf64_Phdr& each : what_.new_file.headers()) {
    if (each.p_type != PT_LOAD || (each.p_flags & PF_W) == 0) {
      continue;
    }
    const bool has_relro = relro != nullptr && relro->p_vaddr - each.p_vaddr < each.p_memsz;
    const std::uint64_t start = has_relro ? relro->p_vaddr + relro->p_memsz : each.p_vaddr;
    const std::uint64_t file_end = each.p_vaddr + each.p_filesz, end = each.p_vaddr + each.p_memsz;
    if (start < file_end) {
      const auto bytes = what_.new_file.at(start, file_end - start);
      update_.bytes.push_back({what_.new_bias + start, update_.text.size(), bytes.size()});
      update_.text.insert(update_.text.end(), bytes.begin(), bytes.end());
    }
    const std::uint64_t zeros = update_.text.size();
    update_.text.resize(zeros + abi::page_size);
    for (std::uint64_t at = std::max(start, file_end); at < end; at += abi::page_size) {
      update_.bytes.push_back({what_.new_bias + at, zeros, std::min(abi::page_size, end - at)});
    }
  }
}

// The exchange itself.
class Exchange {
 public:
  explicit Exchange(const Replacement& replacement) : what_(replacement) {}

  Result<UpdateProgram> plan(const std::vector<Pair>& redirected) {
    describe_threads();
    for (const Pair& each : redirected) {
      restore_text(each);
    }
    move_objects();
    redirect_functions();
    KX_TRY(describe_hook());
    expect_same_list();
    for (const LoadedImage& image : what_.loaded.images) {
      if (&image != &what_.old_image) {
        KX_TRY(redirect_references(image));
      }
    }
    redirect_old_tables();
    KX_TRY(plan_linker_records(what_, update_));
    return std::move(update_);
  }

 private:
  void describe_threads();
  void restore_text(const Pair& function);
  void move_objects();
  void redirect_functions();
  Result<void> describe_hook();
  Result<void> refuse_users_of_changed(const LoadedImage& image, const DynamicImage& dynamic) const;
  void expect_same_list();
  [[nodiscard]] bool is_loaded(const LoadedImage& image) const;
  Result<void> redirect_references(const LoadedImage& image);
  void redirect_old_tables();
  // The new place of what a word of the program refers to in the old version; 0: it is not known.
  [[nodiscard]] std::uint64_t moved(std::uint64_t address) const;

  const Replacement& what_;
  UpdateProgram update_;
};

void Exchange::describe_threads() {
  update_.old_start = what_.old_image.start;
  update_.old_end = what_.old_image.end;
  update_.ranges.push_back({what_.old_image.text_start, what_.old_image.text_end});
  // While it resolves or loads something it holds what it has read of its records.
  update_.ranges.push_back({what_.loaded.linker_start, what_.loaded.linker_end});
  for (const LoadedImage& image : what_.loaded.images) {
    if (image.frame_header != 0) {
      update_.modules.push_back({image.start, image.end, image.frame_header});
    }
  }
}

void Exchange::restore_text(const Pair& function) {
  const std::uint64_t size = std::min<std::uint64_t>(function.size, most_text);
  const auto original = what_.new_file.at(function.from, size);
  if (original.size() == size) {
    update_.bytes.push_back({what_.new_bias + function.from, update_.text.size(), size});
    update_.text.insert(update_.text.end(), original.begin(), original.end());
  }
}

void Exchange::move_objects() {
  update_.follow_pointers = what_.pairing.follow_pointers;
  for (const Pair& each : what_.pairing.objects) {
    update_.objects.push_back({what_.old_image.bias + each.from, what_.new_bias + each.to, each.size});
  }
}

void Exchange::redirect_functions() {
  for (const Pair& each : what_.pairing.functions) {
    if (each.size >= Pair::shortest_jump) {
      update_.entries.push_back({what_.old_image.bias + each.from, what_.new_bias + each.to, each.size});
    }
  }
}

// What kx_lib_update is to convert, and what had to wait for it.
Result<void> Exchange::describe_hook() {
  if (what_.pairing.hook == 0) {
    return {};
  }
  update_.hook_gva = what_.new_bias + what_.pairing.hook;
  for (const ChangedVariable& each : what_.pairing.changed) {
    const std::uint64_t to = each.to != 0 ? what_.new_bias + each.to : 0;
    update_.variables.push_back({what_.old_image.bias + each.from, each.from_size, to, each.to_size,
                                 update_.add_text(each.name), each.name.size() + 1});
  }
  update_.old_build_id = update_.add_text(what_.old_file.build_id());
  update_.old_build_id_size = what_.old_file.build_id().size() + 1;
  const auto new_table = what_.new_file.dynamic().value(DT_PLTGOT);
  if (new_table && what_.new_file.dynamic().value(DT_JMPREL)) {
    KX_TRY_ASSIGN(const std::uint64_t value, read_plt_head(what_, plt_resolver));
    update_.write(what_.new_bias + *new_table + plt_resolver, value);
  }
  return {};
}

// Who names a variable was built for its old layout, whether the linker copied it there or not.
Result<void> Exchange::refuse_users_of_changed(const LoadedImage& image, const DynamicImage& dynamic) const {
  for (const ChangedVariable& each : what_.pairing.changed) {
    const auto names_it = [&](const Symbol& symbol) { return symbol.name == each.name; };
    if (each.exported && std::any_of(dynamic.symbols().begin(), dynamic.symbols().end(), names_it)) {
      return Unexpected{make_error(ErrorKind::Unsupported, "variable ", each.name, ": ", each.from_size,
                                   " bytes before, ", each.to_size, " now, and ", printed(image), " refers to it")};
    }
  }
  for (const std::string& name : what_.pairing.reshaped) {
    if (std::ranges::find(dynamic.symbols(), name, &Symbol::name) != dynamic.symbols().end()) {
      return Unexpected{make_error(ErrorKind::Unsupported, "variable ", name, ": laid out otherwise, and ",
                                   printed(image), " refers to it")};
    }
  }
  return {};
}

void Exchange::expect_same_list() {
  std::vector<std::uint64_t> places{what_.loaded.debug + debug_state};
  for (const LoadedImage& image : what_.loaded.images) {
    places.push_back(image.link_map + link_map_next);
  }
  for (const std::uint64_t place : places) {
    if (std::uint64_t value = 0; what_.program.read(place, value)) {
      update_.expect(place, value);
    }
  }
}

std::uint64_t Exchange::moved(std::uint64_t address) const {
  const std::uint64_t in_old = address - what_.old_image.bias;
  const auto by_start = [](const Pair& pair, std::uint64_t value) { return pair.from < value; };
  const auto function =
      std::lower_bound(what_.pairing.functions.begin(), what_.pairing.functions.end(), in_old, by_start);
  if (function != what_.pairing.functions.end() && function->from == in_old) {
    return what_.new_bias + function->to;
  }
  for (const Pair& object : what_.pairing.objects) {
    if (in_old - object.from < object.size) {
      return what_.new_bias + object.to + (in_old - object.from);
    }
  }
  for (const ChangedVariable& each : what_.pairing.changed) {
    if (in_old == each.from && each.to != 0) {
      return what_.new_bias + each.to;
    }
  }
  return 0;
}

// Whether it still is where it was found.
bool Exchange::is_loaded(const LoadedImage& image) const {
  const auto now = image_at(what_.program, image.bias);
  return &image == &what_.loaded.images.front() || (now && now->dynamic == image.dynamic);
}

Result<void> Exchange::redirect_references(const LoadedImage& image) {
  const DynamicImage* const dynamic = what_.loaded.dynamic_of(what_.program, image);
  if (dynamic == nullptr) {
    return Unexpected{is_loaded(image) ? obstacle(printed(image) + ": its dynamic section makes no sense")
                                       : system_error_from(EAGAIN, "the program is unloading a library")};
  }
  KX_TRY(refuse_users_of_changed(image, *dynamic));
  for (const Relocation& each : dynamic->relocations()) {
    std::uint64_t value = 0;
    const std::uint64_t place = image.bias + each.offset;
    if (!names_a_symbol(each.type) || !what_.program.read(place, value)) {
      continue;
    }
    const Symbol& symbol = dynamic->symbols()[each.symbol];
    const std::uint64_t addend = each.type == R_X86_64_64 ? static_cast<std::uint64_t>(each.addend) : 0;
    const Symbol* const before = find_definition(what_.old_file.dynamic(), symbol.name, symbol.version);
    const Symbol* const now = find_definition(what_.new_file.dynamic(), symbol.name, symbol.version);
    // Not called yet, it leads into the image itself.
    const bool is_unresolved = !symbol.defined() && value - image.start < image.end - image.start;
    if (before != nullptr && now == nullptr && (is_unresolved || what_.is_old(value))) {
      return Unexpected{obstacle("symbol " + quoted(symbol) + ": gone, and " + printed(image) + " refers to it")};
    }
    if (!what_.is_old(value)) {
      continue;
    }
    // Of an IFUNC it is the implementation that was chosen, never the symbol's own value.
    const bool chosen = before != nullptr && before->type() == STT_GNU_IFUNC;
    const bool as_linked =
        before != nullptr && now != nullptr && !chosen && value - addend == what_.old_image.bias + before->raw.st_value;
    const std::uint64_t target = as_linked ? what_.new_bias + now->raw.st_value + addend : moved(value);
    if (target == 0 && chosen) {
      return Unexpected{no_counterpart(quoted(symbol))};
    }
    if (target == 0) {
      return Unexpected{obstacle("symbol " + quoted(symbol) + ": " + printed(image) +
                                 " refers to a part of the old "
                                 "version that has no counterpart")};
    }
    update_.change(place, value, target);
  }
  return {};
}

// Tables of the old version that objects still point to, as those of virtual functions.
void Exchange::redirect_old_tables() {
  for (const Relocation& each : what_.old_file.dynamic().relocations()) {
    std::uint64_t value = 0;
    const std::uint64_t place = what_.old_image.bias + each.offset;
    if ((each.type != R_X86_64_RELATIVE && each.type != R_X86_64_64) || what_.old_file.is_writable(each.offset) ||
        !what_.program.read(place, value) || !what_.is_old(value)) {
      continue;
    }
    if (const std::uint64_t target = moved(value); target != 0) {
      update_.change(place, value, target);
    }
  }
}

}  // namespace

Result<UpdateProgram> plan_preparation(const Replacement& replacement) {
  return Preparation(replacement).plan();
}

Result<UpdateProgram> plan_exchange(const Replacement& replacement, const std::vector<Pair>& redirected) {
  return Exchange(replacement).plan(redirected);
}

std::uint64_t UpdateProgram::add_text(std::string_view string) {
  const std::uint64_t place = text.size();
  std::transform(string.begin(), string.end(), std::back_inserter(text), [](char c) { return std::byte(c); });
  text.push_back(std::byte{0});
  return place;
}

Result<std::vector<std::byte>> UpdateProgram::encode() {
  std::sort(objects.begin(), objects.end(), [](const auto& a, const auto& b) { return a.from < b.from; });
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.from < b.from; });
  std::sort(modules.begin(), modules.end(), [](const auto& a, const auto& b) { return a.start < b.start; });
  std::sort(variables.begin(), variables.end(), [](const auto& a, const auto& b) { return a.from < b.from; });
  abi::UpdateHeader header{};
  header.word_count = static_cast<std::uint32_t>(words.size());
  header.object_count = static_cast<std::uint32_t>(objects.size());
  header.entry_count = static_cast<std::uint32_t>(entries.size());
  header.bytes_count = static_cast<std::uint32_t>(bytes.size());
  header.range_count = static_cast<std::uint32_t>(ranges.size());
  header.module_count = static_cast<std::uint32_t>(modules.size());
  header.follow_pointers = follow_pointers ? 1 : 0;
  header.old_start = old_start;
  header.old_end = old_end;
  header.generation = generation;
  header.variable_count = static_cast<std::uint32_t>(variables.size());
  header.hook_gva = hook_gva;
  const std::size_t tables = sizeof header + words.size() * sizeof words[0] + objects.size() * sizeof objects[0] +
                             entries.size() * sizeof entries[0] + bytes.size() * sizeof bytes[0] +
                             ranges.size() * sizeof ranges[0] + modules.size() * sizeof modules[0] +
                             variables.size() * sizeof variables[0];
  if (tables + text.size() > abi::update_block_limit) {
    return Unexpected{make_error(ErrorKind::Unsupported, "the library has too many relocations for an update")};
  }
  std::vector<std::byte> block(tables + text.size());
  std::size_t at = 0;
  const auto put = [&](const void* from, std::size_t size) {
    if (size != 0) {
      std::memcpy(block.data() + at, from, size);
    }
    at += size;
  };
  for (abi::UpdateBytes& each : bytes) {
    each.offset += tables;
  }
  for (abi::UpdateVariable& each : variables) {
    each.name += tables;
  }
  header.old_build_id = tables + old_build_id;
  header.old_build_id_size = old_build_id_size;
  put(&header, sizeof header);
  put(words.data(), words.size() * sizeof words[0]);
  put(objects.data(), objects.size() * sizeof objects[0]);
  put(entries.data(), entries.size() * sizeof entries[0]);
  put(bytes.data(), bytes.size() * sizeof bytes[0]);
  put(ranges.data(), ranges.size() * sizeof ranges[0]);
  put(modules.data(), modules.size() * sizeof modules[0]);
  put(variables.data(), variables.size() * sizeof variables[0]);
  put(text.data(), text.size());
  return block;
}

}  // namespace kx::hv::libraries
