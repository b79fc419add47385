#include "hypervisor/libraries/pairing.hpp"

#include <algorithm>
#include <unordered_map>

#include "hypervisor/libraries/address_taken.hpp"
#include "hypervisor/libraries/layout_check.hpp"
#include "hypervisor/libraries/static_variables.hpp"

namespace kx::hv::libraries {

namespace {

// A list of names is cut after so many.
constexpr std::size_t most_lines = 50;
// Of variables that a hook is told of.
constexpr std::size_t most_changed = 1024;

void add_line(std::vector<std::string>& lines, std::string line) {
  if (lines.size() < most_lines) {
    lines.push_back(std::move(line));
  }
}

template <class... Parts>
std::string line(const Parts&... parts) {
  std::string text;
  (detail::append_part(text, parts), ...);
  return text;
}

// What a symbol is called across versions: global ones by name, local ones by their source file too, and by how many
// such there were before.
using Keys = std::unordered_map<std::string, const Symbol*>;

std::string_view without_version(std::string_view name) {
  return name.substr(0, name.find('@'));
}

struct KeyedSymbols {
  Keys by_key;
  Keys by_name;  // whatever the source file is called; null: there are several
  std::vector<std::pair<std::string, const Symbol*>> list;
};

template <class Wanted>
KeyedSymbols key_symbols(const ElfFile& file, Wanted&& wanted) {
  KeyedSymbols keyed;
  std::string source;
  std::unordered_map<std::string, int> seen;
  for (const Symbol& symbol : file.all_symbols()) {
    if (symbol.type() == STT_FILE) {
      source = symbol.name;
      continue;
    }
    if (!symbol.defined() || symbol.name.empty() || !wanted(symbol)) {
      continue;
    }
    const bool local = symbol.binding() == STB_LOCAL;
    const std::string prefix = local ? source + "/" : "/";
    const std::string base = prefix + std::string(without_version(symbol.name));
    const int earlier = seen[base]++;
    std::string key = earlier == 0 || !local ? base : base + "#" + std::to_string(earlier);
    keyed.by_key.emplace(key, &symbol);
    const auto [place, is_new] = keyed.by_name.emplace(without_version(symbol.name), &symbol);
    place->second = is_new ? place->second : nullptr;
    keyed.list.emplace_back(std::move(key), &symbol);
  }
  return keyed;
}

const Symbol* counterpart(const KeyedSymbols& from, const KeyedSymbols& to, const std::string& key,
                          const Symbol& symbol) {
  if (const auto found = to.by_key.find(key); found != to.by_key.end()) {
    return found->second;
  }
  const std::string name(without_version(symbol.name));
  const auto own = from.by_name.find(name), other = to.by_name.find(name);
  return own->second != nullptr && other != to.by_name.end() ? other->second : nullptr;
}

// What the compiler's own start files keep: nobody has pointers to it but exit handlers.
bool is_own_of_compiler(std::string_view name) {
  return name == "__dso_handle" || name.starts_with("completed.");
}

bool is_variable(const ElfFile& file, const Symbol& symbol) {
  return symbol.type() == STT_OBJECT && symbol.raw.st_size != 0 && file.is_writable(symbol.raw.st_value);
}

class Pairer {
 public:
  Pairer(const ElfFile& from, const ElfFile& to, const Layouts& before, const Layouts& now)
      : from_(from), to_(to), before_(before), now_(now), layouts_(before, now) {}

  Pairing run() {
    compare_identity();
    find_hook();
    compare_exports();
    compare_thread_storage();
    compare_constructors();
    refuse_unsupported();
    pair_functions();
    if (from_.has_symbol_table() && to_.has_symbol_table()) {
      pair_objects();
      find_gone();
    } else {
      pair_sections();
    }
    const auto by_address = [](const Pair& a, const Pair& b) { return a.from < b.from; };
    std::sort(result_.objects.begin(), result_.objects.end(), by_address);
    drop_overlapping_objects();
    drop_converted_objects();
    compare_layouts();
    return std::move(result_);
  }

 private:
  void compare_identity();
  void find_hook();
  void compare_exports();
  void compare_thread_storage();
  void compare_constructors();
  void refuse_unsupported();
  void pair_functions();
  void pair_variable(const Symbol& symbol, const Symbol& other);
  void compare_layout(const Symbol& symbol, const Symbol& other);
  void compare_layouts();
  void pair_objects();
  void find_gone();
  void pair_sections();
  void drop_converted_objects();
  [[nodiscard]] bool is_exported(const Symbol& symbol) const;
  void drop_overlapping_objects();
  [[nodiscard]] bool is_convertible(const Symbol& symbol, const Symbol& now) const;
  void add_object(std::uint64_t from, std::uint64_t to, std::uint64_t size);

  const ElfFile& from_;
  const ElfFile& to_;
  const Layouts& before_;
  const Layouts& now_;
  LayoutCheck layouts_;
  std::vector<std::string> laid_out_otherwise_;
  Pairing result_;
};

void Pairer::compare_identity() {
  const std::string_view from = from_.dynamic().soname(), to = to_.dynamic().soname();
  if (from != to) {
    add_line(result_.obstacles, line("soname: '", from, "' before, '", to, "' now"));
  }
}

// Without symbol tables nobody knows which variables changed.
void Pairer::find_hook() {
  const Symbol* const hook = find_definition(to_.dynamic(), "kx_lib_update", {});
  if (hook != nullptr && hook->type() == STT_FUNC && to_.is_text(hook->raw.st_value) && from_.has_symbol_table() &&
      to_.has_symbol_table()) {
    result_.hook = hook->raw.st_value;
  }
}

std::string name_of(const Symbol& symbol) {
  return std::string(symbol.name) + (symbol.version.empty() ? "" : "@") + std::string(symbol.version);
}

// Whether anybody else refers to it the plan for a program tells.
bool Pairer::is_convertible(const Symbol& symbol, const Symbol& now) const {
  return result_.hook != 0 && is_variable(from_, symbol) && is_variable(to_, now);
}

bool Pairer::is_exported(const Symbol& symbol) const {
  return symbol.binding() != STB_LOCAL &&
         find_definition(from_.dynamic(), without_version(symbol.name), symbol.version) != nullptr;
}

void Pairer::compare_exports() {
  for (const Symbol& symbol : from_.dynamic().symbols()) {
    if (!symbol.defined() || symbol.binding() == STB_LOCAL || symbol.raw.st_shndx == SHN_ABS) {
      continue;
    }
    const Symbol* const now = find_definition(to_.dynamic(), symbol.name, symbol.version);
    if (now == nullptr) {
      // An obstacle if somebody refers to it, which the plan for a program tells.
      add_line(result_.notes, line("symbol ", name_of(symbol), ": gone"));
    } else if (now->type() != symbol.type()) {
      add_line(result_.obstacles, line("symbol ", name_of(symbol), ": another type"));
    } else if (!symbol.is_function() && now->raw.st_size != symbol.raw.st_size && !is_convertible(symbol, *now)) {
      add_line(result_.obstacles,
               line("symbol ", name_of(symbol), ": ", symbol.raw.st_size, " bytes before, ", now->raw.st_size, " now"));
    } else if (symbol.type() == STT_TLS && now->raw.st_value != symbol.raw.st_value) {
      add_line(result_.obstacles, line("thread-local symbol ", name_of(symbol), ": another place"));
    }
  }
}

void Pairer::compare_thread_storage() {
  const Elf64_Phdr* const before = from_.find(PT_TLS);
  const Elf64_Phdr* const now = to_.find(PT_TLS);
  if (before == nullptr && now == nullptr) {
    return;
  }
  if (before == nullptr || now == nullptr || before->p_memsz != now->p_memsz || before->p_filesz != now->p_filesz ||
      before->p_align != now->p_align) {
    add_line(result_.obstacles, "thread-local storage: another layout");
    return;
  }
  const auto is_thread_local = [](const Symbol& symbol) { return symbol.type() == STT_TLS; };
  const KeyedSymbols from = key_symbols(from_, is_thread_local), to = key_symbols(to_, is_thread_local);
  for (const auto& [key, symbol] : from.list) {
    const Symbol* const other = counterpart(from, to, key, *symbol);
    if (other == nullptr || other->raw.st_value != symbol->raw.st_value || other->raw.st_size != symbol->raw.st_size) {
      add_line(result_.obstacles, line("thread-local variable ", symbol->name, ": another place"));
    } else if (const std::string difference = layouts_.variable(*symbol, *other); !difference.empty()) {
      add_line(result_.obstacles, line("thread-local variable ", symbol->name, ": ", difference));
    }
  }
}

void Pairer::compare_constructors() {
  const auto count = [](const ElfFile& file) { return file.dynamic().value(DT_INIT_ARRAYSZ).value_or(0) / 8; };
  if (count(to_) > count(from_)) {
    add_line(result_.obstacles,
             line("constructors: ", count(from_), " before, ", count(to_), " now, and an update runs none"));
  }
}

void Pairer::refuse_unsupported() {
  for (const ElfFile* file : {&from_, &to_}) {
    const bool in_text = file->dynamic().value(DT_TEXTREL).has_value() ||
                         (file->dynamic().value(DT_FLAGS).value_or(0) & DF_TEXTREL) != 0;
    if (in_text) {
      add_line(result_.obstacles, "relocations in text");
    }
  }
}

void Pairer::pair_functions() {
  const auto wanted = [](const ElfFile& file) {
    return [&file](const Symbol& symbol) { return symbol.is_function() && file.is_text(symbol.raw.st_value); };
  };
  const KeyedSymbols from = key_symbols(from_, wanted(from_)), to = key_symbols(to_, wanted(to_));
  for (const auto& [key, symbol] : from.list) {
    if (const Symbol* const other = counterpart(from, to, key, *symbol)) {
      result_.functions.push_back({symbol->raw.st_value, other->raw.st_value, symbol->raw.st_size});
    }
  }
  // Those of the dynamic table may have names that the other table has not.
  for (const Symbol& symbol : from_.dynamic().symbols()) {
    const Symbol* const other = symbol.defined() && symbol.is_function()
                                    ? find_definition(to_.dynamic(), symbol.name, symbol.version)
                                    : nullptr;
    if (other != nullptr && other->is_function() && from_.is_text(symbol.raw.st_value) &&
        to_.is_text(other->raw.st_value)) {
      result_.functions.push_back({symbol.raw.st_value, other->raw.st_value, symbol.raw.st_size});
    }
  }
  pair_unnamed_functions(from_, to_, result_);
}

void Pairer::add_object(std::uint64_t from, std::uint64_t to, std::uint64_t size) {
  result_.objects.push_back({from, to, size});
}

void Pairer::pair_variable(const Symbol& symbol, const Symbol& other) {
  if (other.raw.st_size != symbol.raw.st_size && result_.hook == 0) {
    add_line(result_.obstacles,
             line("variable ", symbol.name, ": ", symbol.raw.st_size, " bytes before, ", other.raw.st_size,
                  " now, and the version to come exports no kx_lib_update that converts it"));
    return;
  }
  if (other.raw.st_size != symbol.raw.st_size) {
    result_.changed.push_back({std::string(without_number(without_version(symbol.name))), symbol.raw.st_value,
                               symbol.raw.st_size, other.raw.st_value, other.raw.st_size, is_exported(symbol)});
    result_.follow_pointers = true;
    return;
  }
  compare_layout(symbol, other);
  add_object(symbol.raw.st_value, other.raw.st_value, symbol.raw.st_size);
  result_.follow_pointers = result_.follow_pointers || !is_own_of_compiler(symbol.name);
}

void Pairer::compare_layout(const Symbol& symbol, const Symbol& other) {
  const std::string difference = is_own_of_compiler(symbol.name) ? std::string() : layouts_.variable(symbol, other);
  if (difference.empty()) {
    return;
  }
  add_line(laid_out_otherwise_, line("variable ", without_number(symbol.name), ": ", difference));
  if (result_.hook != 0 && is_exported(symbol)) {
    result_.reshaped.emplace_back(without_version(symbol.name));
  }
}

// What has another layout the hook converts, if there is one: it has all of the old version's bytes.
void Pairer::compare_layouts() {
  if (const std::string failure = layouts_.failure(); !failure.empty()) {
    add_line(result_.obstacles, failure);
  }
  for (const std::string& each : layouts_.types()) {
    add_line(laid_out_otherwise_, each);
  }
  add_line(result_.layouts, layouts_.summary());
  for (const std::string& each : laid_out_otherwise_) {
    add_line(result_.hook != 0 ? result_.layouts : result_.obstacles, each);
  }
}

void Pairer::pair_objects() {
  const auto wanted = [](const ElfFile& file) {
    return [&file](const Symbol& symbol) {
      const bool numbered = symbol.binding() == STB_LOCAL && is_numbered(symbol.name);
      return !numbered && is_variable(file, symbol);
    };
  };
  const KeyedSymbols from = key_symbols(from_, wanted(from_)), to = key_symbols(to_, wanted(to_));
  for (const auto& [key, symbol] : from.list) {
    if (const Symbol* const other = counterpart(from, to, key, *symbol)) {
      pair_variable(*symbol, *other);
    } else {
      add_line(result_.notes, line("variable ", symbol->name, ": not in the new version"));
    }
  }
  const StaticPairs statics = pair_static_variables(from_, to_, before_, now_, is_variable);
  for (const auto& [symbol, other] : statics.pairs) {
    pair_variable(*symbol, *other);
  }
  for (const std::string& name : statics.gone) {
    add_line(result_.notes, line("variable ", name, ": not in the new version"));
  }
  for (const std::string& name : statics.ambiguous) {
    add_line(result_.obstacles, line("static variables ", name, " in functions: which is which now is not known"));
  }
  // __dso_handle has no size in its symbol: a word that points to itself.
  for (const Symbol& symbol : from_.all_symbols()) {
    if (symbol.name == "__dso_handle" && symbol.defined()) {
      for (const Symbol& other : to_.all_symbols()) {
        if (other.name == symbol.name && other.defined()) {
          add_object(symbol.raw.st_value, other.raw.st_value, sizeof(std::uint64_t));
        }
      }
    }
  }
  const auto& imports = from_.dynamic().symbols();
  result_.follow_pointers = result_.follow_pointers || std::any_of(imports.begin(), imports.end(), [](const Symbol& s) {
                              return !s.defined() && (s.name == "__cxa_atexit" || s.name == "__cxa_thread_atexit");
                            });
}

// What only the old version has, for the hook to know.
void Pairer::find_gone() {
  if (result_.hook == 0) {
    return;
  }
  std::vector<std::pair<std::uint64_t, std::uint64_t>> kept;  // start, and the end of it and all before
  for (const Pair& each : result_.objects) {
    kept.emplace_back(each.from, each.from + each.size);
  }
  for (const ChangedVariable& each : result_.changed) {
    kept.emplace_back(each.from, each.from + each.from_size);
  }
  std::sort(kept.begin(), kept.end());
  for (std::size_t i = 1; i < kept.size(); ++i) {
    kept[i].second = std::max(kept[i].second, kept[i - 1].second);
  }
  for (const Symbol& symbol : from_.all_symbols()) {
    if (!symbol.defined() || !is_variable(from_, symbol) || is_own_of_compiler(symbol.name)) {
      continue;
    }
    const std::uint64_t start = symbol.raw.st_value, end = start + symbol.raw.st_size;
    const auto after = std::lower_bound(kept.begin(), kept.end(), std::pair(end, std::uint64_t{0}));
    if (after == kept.begin() || std::prev(after)->second <= start) {
      result_.changed.push_back(
          {std::string(without_number(without_version(symbol.name))), start, symbol.raw.st_size, 0, 0, false});
    }
  }
  if (result_.changed.size() > most_changed) {
    add_line(result_.obstacles, line("more than ", most_changed, " variables have another layout"));
    result_.changed.clear();
  }
  std::sort(result_.changed.begin(), result_.changed.end(),
            [](const auto& a, const auto& b) { return std::pair(a.from, a.name) < std::pair(b.from, b.name); });
}

// Without symbols for them, variables are where they were if everything that can be seen of them is.
void Pairer::pair_sections() {
  constexpr std::uint64_t only_start_files = 16;
  for (const char* name : {".data", ".bss"}) {
    const Section* const before = from_.section(name);
    const Section* const now = to_.section(name);
    if (before == nullptr || before->raw.sh_size == 0) {
      continue;
    }
    bool same = now != nullptr && now->raw.sh_size == before->raw.sh_size;
    for (const Symbol& symbol : from_.dynamic().symbols()) {
      if (same && symbol.defined() && symbol.raw.st_value - before->raw.sh_addr < before->raw.sh_size) {
        const Symbol* const other = find_definition(to_.dynamic(), symbol.name, symbol.version);
        same = other != nullptr && other->raw.st_value - now->raw.sh_addr == symbol.raw.st_value - before->raw.sh_addr;
      }
    }
    if (same) {
      for (const std::string& each : layouts_.section(*before, *now)) {
        add_line(laid_out_otherwise_, each);
      }
      add_object(before->raw.sh_addr, now->raw.sh_addr, before->raw.sh_size);
      result_.follow_pointers = result_.follow_pointers || before->raw.sh_size > only_start_files;
    } else {
      add_line(result_.obstacles,
               line("section ", name, ": another layout, and without a symbol table its variables are not known"));
    }
  }
}

// Aliases name the same bytes; what lies inside something else goes with it.
void Pairer::drop_overlapping_objects() {
  std::vector<Pair> kept;
  for (const Pair& each : result_.objects) {
    if (kept.empty() || each.from >= kept.back().from + kept.back().size) {
      kept.push_back(each);
    } else if (each.from == kept.back().from && each.size > kept.back().size) {
      kept.back() = each;
    } else if (each.from - kept.back().from != each.to - kept.back().to) {
      add_line(result_.obstacles, "variables that overlapped are apart now");
    }
  }
  result_.objects = std::move(kept);
}

// What lies inside a variable that the hook converts is the hook's affair.
void Pairer::drop_converted_objects() {
  for (const ChangedVariable& each : result_.changed) {
    std::erase_if(result_.objects, [&](const Pair& object) {
      const bool inside = object.from < each.from + each.from_size && each.from < object.from + object.size;
      if (inside && object.to - each.to >= each.to_size) {
        add_line(result_.obstacles, line("variable ", each.name, ": what overlapped it is apart now"));
      }
      return inside;
    });
  }
}

}  // namespace

const Symbol* find_definition(const DynamicImage& image, std::string_view name, std::string_view version) {
  const Symbol* found = nullptr;
  image.for_each_definition(name, [&](const Symbol& symbol) {
    const bool fits = version.empty() ? !symbol.hidden_version : symbol.version == version || symbol.version.empty();
    found = found == nullptr && fits ? &symbol : found;
  });
  return found;
}

Pairing pair_versions(const ElfFile& from, const ElfFile& to, const Layouts& before, const Layouts& now) {
  return Pairer(from, to, before, now).run();
}

}  // namespace kx::hv::libraries
