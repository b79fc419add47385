#include "hypervisor/updates/symbol_resolver.hpp"

#include <algorithm>

#include "hypervisor/text.hpp"

namespace kx::hv::libraries {

Error obstacle(std::string_view text) {
  return make_error(ErrorKind::Unsupported, text);
}

std::string quoted(const Symbol& symbol) {
  return std::string(symbol.name) + (symbol.version.empty() ? "" : "@") + std::string(symbol.version);
}

Error no_counterpart(std::string_view function) {
  return make_error(ErrorKind::Unsupported, "function chosen at load time (IFUNC), ", function,
                    ": the implementation that was chosen has no counterpart in the new version");
}

bool is_thread_local(std::uint32_t type) {
  return type == R_X86_64_DTPMOD64 || type == R_X86_64_DTPOFF64 || type == R_X86_64_TPOFF64;
}

bool names_a_symbol(std::uint32_t type) {
  return type == R_X86_64_64 || type == R_X86_64_GLOB_DAT || type == R_X86_64_JUMP_SLOT;
}

void SymbolResolver::read_old_words() {
  const auto& symbols = what_.old_file.dynamic().symbols();
  for (const Relocation& each : what_.old_file.dynamic().relocations()) {
    std::uint64_t value = 0;
    if (!what_.program.read(what_.old_image.bias + each.offset, value)) {
      continue;
    }
    const Symbol& symbol = symbols[each.symbol];
    const bool own = symbol.defined() || each.symbol == 0;
    note_choice(each, symbol, value);
    if (!own && is_thread_local(each.type)) {
      foreign_.emplace(std::pair(each.type, quoted(symbol)), value - static_cast<std::uint64_t>(each.addend));
    } else if (each.type == R_X86_64_DTPMOD64) {
      module_id_ = value;
    } else if (each.type == R_X86_64_TPOFF64) {
      thread_offset_ = symbol.raw.st_value + static_cast<std::uint64_t>(each.addend) - value;
    } else if (names_a_symbol(each.type) && !what_.is_old(value) && value != 0) {
      // Data may have changed since; tables of addresses have not.
      if (each.type != R_X86_64_64 || !what_.old_file.is_writable(each.offset)) {
        const auto addend = each.type == R_X86_64_64 ? static_cast<std::uint64_t>(each.addend) : 0;
        resolved_.emplace(quoted(symbol), value - addend);
      }
    }
  }
}

// `value`: that of a word of the old version.
void SymbolResolver::note_choice(const Relocation& relocation, const Symbol& symbol, std::uint64_t value) {
  // A variable's word the program may have changed.
  const auto& objects = what_.pairing.objects;
  if (std::any_of(objects.begin(), objects.end(),
                  [&](const Pair& object) { return relocation.offset - object.from < object.size; })) {
    return;
  }
  if (relocation.type == R_X86_64_IRELATIVE) {
    choices_.emplace(static_cast<std::uint64_t>(relocation.addend), value);
    return;
  }
  // A function that was not called yet has the word that the file has for it.
  const bool is_unresolved = value == what_.old_image.bias + what_.old_file.word(relocation.offset);
  if (names_a_symbol(relocation.type) && symbol.defined() && symbol.type() == STT_GNU_IFUNC && !is_unresolved &&
      what_.is_old(value)) {
    choices_.emplace(symbol.raw.st_value, value);
  }
}

// Some other image's word for the same function, if it has been called there.
std::optional<std::uint64_t> SymbolResolver::resolved_elsewhere(const Symbol& symbol) {
  for (const LoadedImage& image : what_.loaded.images) {
    const DynamicImage* const dynamic =
        &image != &what_.old_image ? what_.loaded.dynamic_of(what_.program, image) : nullptr;
    if (dynamic == nullptr) {
      continue;
    }
    for (const Relocation& each : dynamic->relocations()) {
      const bool same = (each.type == R_X86_64_GLOB_DAT || each.type == R_X86_64_JUMP_SLOT) &&
                        dynamic->symbols()[each.symbol].name == symbol.name;
      std::uint64_t value = 0;
      if (same && what_.program.read(image.bias + each.offset, value) &&
          value - image.start >= image.end - image.start) {
        return value;
      }
    }
  }
  return std::nullopt;
}

// What the resolver at a link-time address of another image chose for that image's own calls.
std::optional<std::uint64_t> SymbolResolver::chosen_in(const LoadedImage& image, const DynamicImage& dynamic,
                                                       std::uint64_t resolver) const {
  for (const Relocation& each : dynamic.relocations()) {
    std::uint64_t value = 0;
    if (each.type == R_X86_64_IRELATIVE && static_cast<std::uint64_t>(each.addend) == resolver &&
        what_.program.read(image.bias + each.offset, value) && value - image.start < image.end - image.start) {
      return value;
    }
  }
  return std::nullopt;
}

Result<std::optional<std::uint64_t>> SymbolResolver::look_up(const Symbol& symbol, bool may_be_lazy) {
  for (const LoadedImage& image : what_.loaded.images) {
    const DynamicImage* const dynamic =
        &image != &what_.old_image ? what_.loaded.dynamic_of(what_.program, image) : nullptr;
    const Symbol* const found = dynamic != nullptr ? find_definition(*dynamic, symbol.name, symbol.version) : nullptr;
    if (found == nullptr) {
      continue;
    }
    if (found->type() != STT_GNU_IFUNC) {
      return std::optional(image.bias + found->raw.st_value);
    }
    // A hook may call it before the dynamic linker could resolve it.
    if (may_be_lazy && what_.pairing.hook == 0) {
      return std::optional<std::uint64_t>();
    }
    if (const auto value = resolved_elsewhere(symbol)) {
      return value;
    }
    if (const auto value = chosen_in(image, *dynamic, found->raw.st_value)) {
      return value;
    }
    if (may_be_lazy) {
      return std::optional<std::uint64_t>();
    }
    return Unexpected{obstacle("symbol " + quoted(symbol) + ": chosen at load time (IFUNC), and not used so far")};
  }
  if (symbol.binding() == STB_WEAK) {
    return std::optional<std::uint64_t>(0);
  }
  return Unexpected{obstacle("symbol " + quoted(symbol) + ": the new version needs it and the program has none")};
}

Result<std::optional<std::uint64_t>> SymbolResolver::resolve(const Symbol& symbol, bool may_be_lazy) {
  const std::uint64_t own = what_.new_bias + symbol.raw.st_value;
  const bool is_chosen = symbol.defined() && symbol.type() == STT_GNU_IFUNC;
  if (symbol.defined() && (symbol.binding() == STB_LOCAL || ELF64_ST_VISIBILITY(symbol.raw.st_other) != STV_DEFAULT)) {
    return is_chosen ? chosen_for(symbol, may_be_lazy) : std::optional(own);
  }
  if (const auto found = resolved_.find(quoted(symbol)); found != resolved_.end()) {
    return std::optional(found->second);
  }
  if (!symbol.defined()) {
    return look_up(symbol, may_be_lazy);
  }
  // The program itself comes first; an old word that leads into the old version said that nobody else had it.
  const DynamicImage* const program = what_.loaded.dynamic_of(what_.program, what_.loaded.images.front());
  const Symbol* const preempting =
      program != nullptr ? find_definition(*program, symbol.name, symbol.version) : nullptr;
  if (preempting == nullptr && is_chosen) {
    return chosen_for(symbol, may_be_lazy);
  }
  return std::optional(preempting != nullptr ? what_.loaded.images.front().bias + preempting->raw.st_value : own);
}

// `chosen`: what a word says that was chosen for the old version.
Result<std::uint64_t> SymbolResolver::counterpart(std::uint64_t chosen, std::string_view function) const {
  if (!what_.is_old(chosen)) {
    return chosen;  // another library's
  }
  const std::uint64_t in_old = chosen - what_.old_image.bias;
  const auto& functions = what_.pairing.functions;
  const auto found = std::lower_bound(functions.begin(), functions.end(), in_old,
                                      [](const Pair& pair, std::uint64_t value) { return pair.from < value; });
  if (found == functions.end() || found->from != in_old) {
    return Unexpected{no_counterpart(function)};
  }
  return what_.new_bias + found->to;
}

Result<std::optional<std::uint64_t>> SymbolResolver::chosen_for(const Symbol& symbol, bool may_be_lazy) {
  const Symbol* const before = find_definition(what_.old_file.dynamic(), symbol.name, symbol.version);
  std::optional<std::uint64_t> chosen;
  if (before != nullptr) {
    const auto found = choices_.find(before->raw.st_value);
    chosen = found != choices_.end() ? std::optional(found->second) : resolved_elsewhere(symbol);
  }
  if (chosen) {
    KX_TRY_ASSIGN(const std::uint64_t value, counterpart(*chosen, quoted(symbol)));
    return std::optional(value);
  }
  if (may_be_lazy) {
    return std::optional<std::uint64_t>();
  }
  return Unexpected{obstacle("symbol " + quoted(symbol) + ": chosen at load time (IFUNC), and " +
                             (before != nullptr ? "not used so far" : "the old version has none"))};
}

Result<std::uint64_t> SymbolResolver::chosen_by(std::uint64_t resolver) {
  for (const Pair& pair : what_.pairing.functions) {
    const auto found = pair.to == resolver ? choices_.find(pair.from) : choices_.end();
    if (found != choices_.end()) {
      return counterpart(found->second, "the one whose resolver is at " + hexadecimal(resolver));
    }
  }
  return Unexpected{obstacle("a function chosen at load time (IFUNC) by the resolver at " + hexadecimal(resolver) +
                             " of the new version: what the old version would choose is not known")};
}

Result<std::uint64_t> SymbolResolver::foreign(std::uint32_t type, const Symbol& symbol) {
  const auto found = foreign_.find({type, quoted(symbol)});
  if (found == foreign_.end()) {
    return Unexpected{obstacle("thread-local symbol " + quoted(symbol) + ": the old version did not use it so")};
  }
  return found->second;
}

Result<std::uint64_t> SymbolResolver::module_id() {
  if (!module_id_) {
    return Unexpected{obstacle("thread-local storage: the old version has none to tell its number by")};
  }
  return *module_id_;
}

Result<std::uint64_t> SymbolResolver::thread_offset() {
  if (!thread_offset_) {
    return Unexpected{obstacle("thread-local storage: the new version uses it in a way that the old one did not")};
  }
  return *thread_offset_;
}

}  // namespace kx::hv::libraries
