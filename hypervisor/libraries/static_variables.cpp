#include "hypervisor/libraries/static_variables.hpp"

#include <Zydis/Zydis.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

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

Groups group(const ElfFile& file, const WantedSymbol& wanted) {
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

// The function and the name in it; with the source file in front if that is asked for. Empty: debug information does
// not tell.
std::string owner_of(const Symbol& symbol, const Layouts& layouts, bool with_file) {
  const LayoutVariable* const variable = layouts.at(symbol.raw.st_value);
  if (variable == nullptr || !variable->in_function) {
    return {};
  }
  return (with_file ? variable->file + "/" : "") + variable->name;
}

// Those of which debug information tells.
class ByOwner {
 public:
  ByOwner(const Groups& before, const Groups& now, const Layouts& old_layouts, const Layouts& new_layouts)
      : old_layouts_(old_layouts), new_layouts_(new_layouts) {
    // A source file that was renamed makes no difference where the name is the only one of its kind.
    for (const bool with_file : {true, false}) {
      const Groups from = by_owner(before, old_layouts, with_file), to = by_owner(now, new_layouts, with_file);
      for (const auto& [owner, symbols] : from) {
        const auto found = to.find(owner);
        if (found != to.end() && (with_file || (symbols.size() == 1 && found->second.size() == 1))) {
          pair(symbols, found->second);
        }
      }
    }
  }

  StaticPairs result;
  [[nodiscard]] bool has(const Symbol* symbol) const { return done_.contains(symbol); }

  // What is left, for others to pair; `same_name` are those of the other version. Who is known there to be of another
  // function is not the one.
  [[nodiscard]] std::vector<const Symbol*> left_of_old(const std::vector<const Symbol*>& symbols,
                                                       const std::vector<const Symbol*>& same_name) const {
    return left(symbols, old_layouts_, same_name, new_layouts_);
  }
  [[nodiscard]] std::vector<const Symbol*> left_of_new(const std::vector<const Symbol*>& symbols,
                                                       const std::vector<const Symbol*>& same_name) const {
    return left(symbols, new_layouts_, same_name, old_layouts_);
  }

 private:
  Groups by_owner(const Groups& groups, const Layouts& layouts, bool with_file) const {
    Groups owners;
    for (const auto& [name, symbols] : groups) {
      for (const Symbol* symbol : symbols) {
        const std::string owner = owner_of(*symbol, layouts, with_file);
        if (!owner.empty() && !done_.contains(symbol)) {
          owners[owner].push_back(symbol);
        }
      }
    }
    return owners;
  }

  // Of several in one function the order tells.
  void pair(const std::vector<const Symbol*>& from, const std::vector<const Symbol*>& to) {
    if (from.size() != to.size()) {
      result.ambiguous.emplace_back(without_number(from.front()->name));
    }
    for (std::size_t i = 0; i < from.size() && from.size() == to.size(); ++i) {
      result.pairs.emplace_back(from[i], to[i]);
    }
    done_.insert(from.begin(), from.end());
    done_.insert(to.begin(), to.end());
  }

  [[nodiscard]] std::vector<const Symbol*> left(const std::vector<const Symbol*>& symbols, const Layouts& layouts,
                                                const std::vector<const Symbol*>& others,
                                                const Layouts& other_layouts) const {
    const bool others_known = std::ranges::none_of(others, [&](const Symbol* other) {
      return !done_.contains(other) && owner_of(*other, other_layouts, false).empty();
    });
    std::vector<const Symbol*> rest;
    for (const Symbol* symbol : symbols) {
      if (!done_.contains(symbol) && (!others_known || owner_of(*symbol, layouts, false).empty())) {
        rest.push_back(symbol);
      }
    }
    return rest;
  }

  const Layouts& old_layouts_;
  const Layouts& new_layouts_;
  std::set<const Symbol*> done_;
};

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

StaticPairs pair_static_variables(const ElfFile& from, const ElfFile& to, const Layouts& before, const Layouts& now,
                                  const WantedSymbol& wanted) {
  const Groups old_groups = group(from, wanted), new_groups = group(to, wanted);
  ByOwner by_owner(old_groups, new_groups, before, now);
  StaticPairs result = std::move(by_owner.result);
  std::optional<std::map<std::uint64_t, std::string>> old_users, new_users;
  for (const auto& [name, all] : old_groups) {
    const auto found = new_groups.find(name);
    if (found == new_groups.end()) {
      continue;  // they are gone
    }
    const auto symbols = by_owner.left_of_old(all, found->second), others = by_owner.left_of_new(found->second, all);
    for (const Symbol* symbol : all) {
      if (!by_owner.has(symbol) && std::ranges::find(symbols, symbol) == symbols.end()) {
        result.gone.push_back(owner_of(*symbol, before, false));
      }
    }
    if (symbols.empty() || others.empty()) {
      continue;
    }
    if (symbols.size() == 1 && others.size() == 1) {
      result.pairs.emplace_back(symbols.front(), others.front());
      continue;
    }
    if (!old_users) {
      old_users = find_users(from);
      new_users = find_users(to);
    }
    const auto old_by_user = by_user(*old_users, symbols), new_by_user = by_user(*new_users, others);
    if (old_by_user && new_by_user) {
      for (const auto& [user, symbol] : *old_by_user) {
        if (const auto other = new_by_user->find(user); other != new_by_user->end()) {
          result.pairs.emplace_back(symbol, other->second);
        }
      }
    } else if (symbols.size() == others.size()) {
      // The same variables in the same functions have the same order.
      for (std::size_t i = 0; i < symbols.size(); ++i) {
        result.pairs.emplace_back(symbols[i], others[i]);
      }
    } else {
      result.ambiguous.push_back(name);
    }
  }
  return result;
}

}  // namespace kx::hv::libraries
