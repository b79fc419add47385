#include "hypervisor/libraries/allocations.hpp"

#include <Zydis/Zydis.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <iterator>
#include <optional>
#include <unordered_map>
#include <utility>

#include "hypervisor/text.hpp"

namespace kx::hv::libraries {

namespace {

// More than libraries have; what a damaged file seems to have beyond is not looked at.
constexpr std::size_t most_of_function = 256, most_constant = 4096, most_lines = 50;

bool is_allocator(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const bool by_name = lower.find("alloc") != std::string::npos && lower.find("dealloc") == std::string::npos;
  return by_name || name.starts_with("_Znw") || name.starts_with("_Zna");  // operator new, new[]
}

// A call of an allocator, with its first two arguments where they are constants.
struct Allocation {
  std::string_view allocator;
  std::array<std::optional<std::uint64_t>, 2> sizes;

  [[nodiscard]] bool may_be(const Allocation& other) const {
    bool same = allocator == other.allocator;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      same = same && (!sizes[i] || !other.sizes[i] || *sizes[i] == *other.sizes[i]);
    }
    return same;
  }
  [[nodiscard]] bool is_constant() const { return sizes[0] || sizes[1]; }
  bool operator==(const Allocation&) const = default;
  [[nodiscard]] std::string text() const {
    std::string list;
    for (const auto& size : sizes) {
      list += size ? (list.empty() ? "" : ", ") + std::to_string(*size) : "";
    }
    return std::string(allocator) + "(" + list + ")";
  }
};

class Allocators {
 public:
  explicit Allocators(const LibraryPointers& library) : library_(library), file_(library.file()) {
    const auto& symbols = file_.dynamic().symbols();
    for (const Relocation& each : file_.dynamic().relocations()) {
      const bool names = each.type == R_X86_64_JUMP_SLOT || each.type == R_X86_64_GLOB_DAT;
      if (names && each.symbol < symbols.size() && is_allocator(symbols[each.symbol].name)) {
        slots_.emplace(each.offset, symbols[each.symbol].name);
      }
    }
    for (const Symbol& symbol : symbols) {
      if (symbol.defined() && symbol.is_function() && is_allocator(symbol.name)) {
        functions_.emplace(symbol.raw.st_value, symbol.name);
      }
    }
  }

  // Of a function, in the order of its code.
  std::vector<Allocation> in(std::uint64_t function);

 private:
  // What is called at an address: an exported function, or another library's by an entry of the linkage table. Empty:
  // no allocator.
  std::string_view at(std::uint64_t address);
  std::string_view by_linkage_table(std::uint64_t address) const;
  std::string_view callee(const ZydisDecodedInstruction& instruction, const ZydisDecodedOperand& operand,
                          std::uint64_t address);

  const LibraryPointers& library_;
  const ElfFile& file_;
  std::unordered_map<std::uint64_t, std::string_view> slots_, functions_;
};

std::string_view Allocators::by_linkage_table(std::uint64_t address) const {
  constexpr std::size_t entry_size = 16;
  constexpr std::array<std::uint8_t, 4> endbr64 = {0xf3, 0x0f, 0x1e, 0xfa};
  const auto code = file_.at(address, entry_size);
  if (code.size() != entry_size) {
    return {};
  }
  // [endbr64] [bnd] jmp *distance(%rip)
  std::size_t at = std::memcmp(code.data(), endbr64.data(), endbr64.size()) == 0 ? endbr64.size() : 0;
  at += code[at] == std::byte{0xf2} ? 1 : 0;
  if (code[at] != std::byte{0xff} || code[at + 1] != std::byte{0x25}) {
    return {};
  }
  std::int32_t distance = 0;
  std::memcpy(&distance, code.data() + at + 2, sizeof distance);
  const auto found = slots_.find(address + at + 6 + static_cast<std::uint64_t>(std::int64_t{distance}));
  return found != slots_.end() ? found->second : std::string_view();
}

std::string_view Allocators::at(std::uint64_t address) {
  const auto [place, is_new] = functions_.try_emplace(address);
  if (is_new) {
    place->second = by_linkage_table(address);
  }
  return place->second;
}

std::string_view Allocators::callee(const ZydisDecodedInstruction& instruction, const ZydisDecodedOperand& operand,
                                    std::uint64_t address) {
  ZyanU64 target = 0;
  if (!ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(&instruction, &operand, address, &target))) {
    return {};
  }
  if (operand.type == ZYDIS_OPERAND_TYPE_MEMORY) {
    const auto found = operand.mem.base == ZYDIS_REGISTER_RIP ? slots_.find(target) : slots_.end();
    return found != slots_.end() ? found->second : std::string_view();
  }
  return at(target);
}

std::vector<Allocation> Allocators::in(std::uint64_t function) {
  const auto code = library_.code().find(function);
  if (code == library_.code().end() || std::ranges::none_of(code->second.references, [&](const Reference& each) {
        return each.is_branch ? !at(each.target).empty() : slots_.contains(each.target);
      })) {
    return {};
  }
  const auto bytes = file_.at(function, code->second.plain.size());
  std::vector<Allocation> found;
  std::array<std::optional<std::uint64_t>, 2> arguments;
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  ZydisDecodedInstruction instruction;
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
  for (std::size_t at = 0; at < bytes.size(); at += instruction.length) {
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, bytes.data() + at, bytes.size() - at, &instruction, operands))) {
      break;
    }
    const bool is_call = instruction.mnemonic == ZYDIS_MNEMONIC_CALL;
    if (is_call || instruction.mnemonic == ZYDIS_MNEMONIC_JMP) {
      const std::string_view name = callee(instruction, operands[0], function + at);
      if (!name.empty() && found.size() < most_of_function) {
        found.push_back({name, arguments});
      }
      arguments = {};
      continue;
    }
    for (std::size_t i = 0; i < instruction.operand_count; ++i) {
      const ZydisDecodedOperand& operand = operands[i];
      if (operand.type != ZYDIS_OPERAND_TYPE_REGISTER || (operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) == 0) {
        continue;
      }
      const ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, operand.reg.value);
      if (whole != ZYDIS_REGISTER_RDI && whole != ZYDIS_REGISTER_RSI) {
        continue;
      }
      const bool is_constant =
          instruction.mnemonic == ZYDIS_MNEMONIC_MOV && operands[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE;
      arguments[whole == ZYDIS_REGISTER_RDI ? 0 : 1] =
          is_constant ? std::optional(operands[1].imm.value.u) : std::nullopt;
    }
  }
  return found;
}

std::string name_of(const ElfFile& file, std::uint64_t function) {
  for (const Symbol& symbol : file.all_symbols()) {
    if (symbol.defined() && symbol.is_function() && symbol.raw.st_value == function) {
      return std::string(symbol.name.substr(0, symbol.name.find('@')));
    }
  }
  return "the function at " + hexadecimal(function);
}

// Those of `some` that none of `others` may be.
std::vector<Allocation> without(const std::vector<Allocation>& some, const std::vector<Allocation>& others) {
  std::vector<Allocation> left;
  std::ranges::copy_if(some, std::back_inserter(left), [&](const Allocation& each) {
    return std::ranges::none_of(others, [&](const Allocation& other) { return each.may_be(other); });
  });
  return left;
}

// What was and what is now of one allocation that changed.
std::optional<std::pair<Allocation, Allocation>> find_change(const std::vector<Allocation>& were,
                                                             const std::vector<Allocation>& are) {
  const auto same_allocator = [](const Allocation& a, const Allocation& b) { return a.allocator == b.allocator; };
  if (std::ranges::equal(were, are, same_allocator)) {
    for (std::size_t i = 0; i < were.size(); ++i) {
      if (!were[i].may_be(are[i])) {
        return std::pair(were[i], are[i]);
      }
    }
    return std::nullopt;
  }
  const auto gone = without(were, are), added = without(are, were);
  for (const Allocation& each : gone) {
    const auto other =
        std::ranges::find_if(added, [&](const Allocation& candidate) { return same_allocator(each, candidate); });
    if (other != added.end()) {
      return std::pair(each, *other);
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> find_other_allocations(const LibraryPointers& before, const LibraryPointers& now,
                                                const KnownFunctions& known) {
  const std::string otherwise = " now: what it has allocated is laid out otherwise";
  Allocators old_allocators(before), new_allocators(now);
  std::vector<std::string> lines;
  // What is constant: everywhere, and in functions without a counterpart.
  std::vector<Allocation> all_old, all_new, rest_old, rest_new;
  const auto add = [](std::vector<Allocation>& to, const std::vector<Allocation>& some) {
    if (to.size() < most_constant) {
      std::ranges::copy_if(some, std::back_inserter(to), &Allocation::is_constant);
    }
  };
  std::unordered_map<std::uint64_t, std::vector<Allocation>> of_new;
  for (const std::uint64_t function : now.function_starts()) {
    auto found = new_allocators.in(function);
    add(all_new, found);
    if (!found.empty()) {
      of_new.emplace(function, std::move(found));
    }
  }
  for (const std::uint64_t function : before.function_starts()) {
    const std::vector<Allocation> were = old_allocators.in(function);
    add(all_old, were);
    const auto counterpart = known.find(function);
    if (counterpart == known.end()) {
      add(rest_old, were);
      continue;
    }
    const auto are = of_new.extract(counterpart->second);
    const auto change = find_change(were, are.empty() ? std::vector<Allocation>() : are.mapped());
    if (change && lines.size() < most_lines) {
      lines.push_back(name_of(before.file(), function) + ": calls " + change->first.text() + " before, " +
                      change->second.text() + otherwise);
    }
  }
  for (const auto& [function, found] : of_new) {
    add(rest_new, found);
  }
  const auto is_in = [](const std::vector<Allocation>& all, const Allocation& each) {
    return std::ranges::find(all, each) != all.end();
  };
  for (const Allocation& gone : rest_old) {
    const auto added = std::ranges::find_if(
        rest_new, [&](const Allocation& each) { return each.allocator == gone.allocator && !is_in(all_old, each); });
    if (!is_in(all_new, gone) && added != rest_new.end()) {
      lines.push_back("functions that no symbol tells apart: call " + gone.text() + " before, " + added->text() +
                      otherwise);
      break;
    }
  }
  return lines;
}

}  // namespace kx::hv::libraries
