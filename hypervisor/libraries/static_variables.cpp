#include "hypervisor/libraries/static_variables.hpp"

#include <Zydis/Zydis.h>

#include <algorithm>
#include <map>

namespace kx::hv::libraries {

namespace {

constexpr std::uint64_t most_code = 256 << 20;

// Parts of a function that the compiler moved away (`f.cold`, `f.part.0`) are still its own.
std::string owner_name(std::string_view function) {
  return std::string(function.substr(0, function.find('.', 1)));
}

// Function that refers to an address relative to RIP, by address; the first one, if several do.
std::map<std::uint64_t, std::string> find_users(const ElfFile& file) {
  std::map<std::uint64_t, std::string> users;
  std::uint64_t left = most_code;  // a damaged file may say that its functions overlap
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  for (const Symbol& symbol : file.all_symbols()) {
    if (symbol.type() != STT_FUNC || !symbol.defined()) {
      continue;
    }
    const auto code = file.at(symbol.raw.st_value, std::min(symbol.raw.st_size, left));
    left -= code.size();
    for (std::size_t at = 0; at < code.size();) {
      ZydisDecodedInstruction instruction;
      if (!ZYAN_SUCCESS(
              ZydisDecoderDecodeInstruction(&decoder, nullptr, code.data() + at, code.size() - at, &instruction))) {
        break;
      }
      at += instruction.length;
      const bool relative = (instruction.attributes & ZYDIS_ATTRIB_HAS_MODRM) != 0 && instruction.raw.modrm.mod == 0 &&
                            instruction.raw.modrm.rm == 5;
      if (relative) {
        users.emplace(symbol.raw.st_value + at + static_cast<std::uint64_t>(instruction.raw.disp.value),
                      owner_name(symbol.name));
      }
    }
  }
  return users;
}

// The variables that share a name but for the number, in the order of their numbers.
using Groups = std::map<std::string, std::vector<const Symbol*>, std::less<>>;

Groups group(const ElfFile& file, bool (*wanted)(const ElfFile&, const Symbol&)) {
  Groups groups;
  for (const Symbol& symbol : file.all_symbols()) {
    if (symbol.defined() && symbol.binding() == STB_LOCAL && is_numbered(symbol.name) && wanted(file, symbol)) {
      groups[std::string(without_number(symbol.name))].push_back(&symbol);
    }
  }
  const auto number = [](const Symbol* symbol) {
    const std::string_view digits = symbol->name.substr(without_number(symbol->name).size() + 1);
    return std::pair(digits.size(), digits);
  };
  for (auto& [name, symbols] : groups) {
    std::stable_sort(symbols.begin(), symbols.end(),
                     [&](const Symbol* a, const Symbol* b) { return number(a) < number(b); });
  }
  return groups;
}

// The users of a group's variables; nothing if one has none, or two have the same.
std::optional<std::map<std::string, const Symbol*>> by_user(const std::map<std::uint64_t, std::string>& users,
                                                            const std::vector<const Symbol*>& group) {
  std::map<std::string, const Symbol*> result;
  for (const Symbol* symbol : group) {
    // A field of a structure is referred to as well as its start.
    const auto found = users.lower_bound(symbol->raw.st_value);
    if (found == users.end() || found->first - symbol->raw.st_value >= symbol->raw.st_size ||
        !result.emplace(found->second, symbol).second) {
      return std::nullopt;
    }
  }
  return result;
}

}  // namespace

std::string_view without_number(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  const bool numbered = dot != std::string_view::npos && dot != 0 && dot + 1 < name.size() &&
                        std::all_of(name.begin() + static_cast<std::ptrdiff_t>(dot) + 1, name.end(),
                                    [](char c) { return c >= '0' && c <= '9'; });
  return numbered ? name.substr(0, dot) : name;
}

bool is_numbered(std::string_view name) {
  return without_number(name).size() != name.size();
}

StaticPairs pair_static_variables(const ElfFile& from, const ElfFile& to,
                                  bool (*wanted)(const ElfFile& file, const Symbol& symbol)) {
  StaticPairs result;
  const Groups old_groups = group(from, wanted), new_groups = group(to, wanted);
  std::optional<std::map<std::uint64_t, std::string>> old_users, new_users;
  for (const auto& [name, symbols] : old_groups) {
    const auto found = new_groups.find(name);
    if (found == new_groups.end()) {
      continue;  // they are gone
    }
    if (symbols.size() == 1 && found->second.size() == 1) {
      result.pairs.emplace_back(symbols.front(), found->second.front());
      continue;
    }
    if (!old_users) {
      old_users = find_users(from);
      new_users = find_users(to);
    }
    const auto old_by_user = by_user(*old_users, symbols), new_by_user = by_user(*new_users, found->second);
    if (old_by_user && new_by_user) {
      for (const auto& [user, symbol] : *old_by_user) {
        if (const auto other = new_by_user->find(user); other != new_by_user->end()) {
          result.pairs.emplace_back(symbol, other->second);
        }
      }
    } else if (symbols.size() == found->second.size()) {
      // The same variables in the same functions have the same order.
      for (std::size_t i = 0; i < symbols.size(); ++i) {
        result.pairs.emplace_back(symbols[i], found->second[i]);
      }
    } else {
      result.ambiguous.push_back(name);
    }
  }
  return result;
}

}  // namespace kx::hv::libraries
