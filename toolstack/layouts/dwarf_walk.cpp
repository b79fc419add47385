#include "toolstack/layouts/dwarf_walk.hpp"

#include <dwarf.h>

#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

#include "hypervisor/libraries/layouts.hpp"

namespace kx::layouts {

namespace {

constexpr unsigned deepest = 128;
constexpr std::size_t most_entries = 100'000'000;

bool defines_names(int tag) {
  return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type ||
         tag == DW_TAG_enumeration_type;
}

std::string_view without_directories(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// By which a function differs from others of its name.
std::string function_name(Dwarf_Die& die) {
  auto linkage = attribute(die, DW_AT_linkage_name);
  const char* const text = linkage ? dwarf_formstring(&*linkage) : nullptr;
  return text != nullptr ? text : name_of(die);
}

}  // namespace

std::optional<Dwarf_Attribute> attribute(Dwarf_Die& die, unsigned name) {
  Dwarf_Attribute found;
  return dwarf_attr_integrate(&die, name, &found) != nullptr ? std::optional(found) : std::nullopt;
}

std::optional<std::int64_t> number(Dwarf_Die& die, unsigned name) {
  auto found = attribute(die, name);
  Dwarf_Sword value = 0;
  Dwarf_Word unsigned_value = 0;
  if (found && dwarf_formsdata(&*found, &value) == 0) {
    return value;
  }
  return found && dwarf_formudata(&*found, &unsigned_value) == 0
             ? std::optional(static_cast<std::int64_t>(unsigned_value))
             : std::nullopt;
}

bool flag(Dwarf_Die& die, unsigned name) {
  Dwarf_Attribute found;
  bool value = false;
  return dwarf_attr(&die, name, &found) != nullptr && dwarf_formflag(&found, &value) == 0 && value;
}

std::string name_of(Dwarf_Die& die) {
  const char* const name = dwarf_diename(&die);
  return name != nullptr ? name : "";
}

Walk::Walk(Dwarf* debug) {
  Dwarf_CU* unit_at = nullptr;
  Dwarf_Half version = 0;
  std::uint8_t kind = 0;
  Dwarf_Die die, type;
  int result = 0;
  while ((result = dwarf_get_units(debug, unit_at, &unit_at, &version, &kind, &die, &type)) == 0) {
    if (kind == DW_UT_skeleton || kind == DW_UT_split_compile || dwarf_hasattr(&die, DW_AT_GNU_dwo_name) != 0) {
      throw Unusable{"it lies in other files (.dwo)"};
    }
    // Those that are shared are looked at where they are imported: another library's are none of ours.
    if (kind != DW_UT_partial && dwarf_tag(&die) != DW_TAG_partial_unit) {
      unit(die);
    }
  }
  if (result < 0) {
    throw Unusable{std::string("it is damaged: ") + dwarf_errmsg(-1)};
  }
}

void Walk::unit(Dwarf_Die& die) {
  units_.insert(die.addr);
  file_ = without_directories(name_of(die));
  children(die, {}, 0);
}

void Walk::children(Dwarf_Die& die, const Scope& scope, unsigned depth) {
  if (depth > deepest) {
    throw Unusable{"its entries are nested too deeply"};
  }
  for_each_child(die, [&](Dwarf_Die& child, int) {
    if (++visited_ > most_entries) {
      throw Unusable{"it has too many entries"};
    }
    visit(child, scope, depth);
  });
}

void Walk::visit(Dwarf_Die& die, const Scope& scope, unsigned depth) {
  const int tag = dwarf_tag(&die);
  switch (tag) {
    case DW_TAG_imported_unit:
      imported(die, depth);
      break;
    case DW_TAG_variable:
      add_variable(die, scope);
      break;
    case DW_TAG_typedef:
      add_typedef(die, scope);
      break;
    case DW_TAG_namespace:
    case DW_TAG_module: {
      const std::string name = name_of(die);
      children(die, {scope.name + (name.empty() ? "(anonymous)" : name) + "::", scope.in_function}, depth + 1);
      break;
    }
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type:
    case DW_TAG_enumeration_type:
      add_type(die, scope);
      if (tag != DW_TAG_enumeration_type) {
        const std::string name = name_of(die);
        children(die, {scope.name + (name.empty() ? "" : name + "::"), scope.in_function}, depth + 1);
      }
      break;
    case DW_TAG_subprogram:
    case DW_TAG_inlined_subroutine:
      children(die, {function_name(die) + "::", true}, depth + 1);
      break;
    case DW_TAG_lexical_block:
    case DW_TAG_try_block:
    case DW_TAG_catch_block:
    case DW_TAG_with_stmt:
    case DW_TAG_common_block:
      children(die, scope, depth + 1);
      break;
    default:
      break;
  }
}

void Walk::imported(Dwarf_Die& die, unsigned depth) {
  auto import = attribute(die, DW_AT_import);
  Dwarf_Die unit;
  if (!import || dwarf_formref_die(&*import, &unit) == nullptr) {
    throw Unusable{"a part of it lies in another file, which was not found"};
  }
  if (units_.insert(unit.addr).second) {
    children(unit, {}, depth + 1);
  }
}

void Walk::add_type(Dwarf_Die& die, const Scope& scope) {
  const std::string name = name_of(die);
  if (!name.empty()) {
    names_.insert_or_assign(die.addr, scope.name + name);
  }
  if (!flag(die, DW_AT_declaration)) {
    types_.push_back(die);
  }
}

void Walk::add_typedef(Dwarf_Die& die, const Scope& scope) {
  auto type = attribute(die, DW_AT_type);
  Dwarf_Die named;
  if (type && dwarf_formref_die(&*type, &named) != nullptr && defines_names(dwarf_tag(&named)) &&
      name_of(named).empty()) {
    names_.try_emplace(named.addr, scope.name + name_of(die));
  }
}

void Walk::add_variable(Dwarf_Die& die, const Scope& scope) {
  Dwarf_Attribute location;
  Dwarf_Op* operations = nullptr;
  std::size_t count = 0;
  if (dwarf_attr(&die, DW_AT_location, &location) == nullptr ||
      dwarf_getlocation(&location, &operations, &count) != 0 || count == 0) {
    return;
  }
  const auto is_thread_local = [](const Dwarf_Op& operation) {
    return operation.atom == DW_OP_GNU_push_tls_address || operation.atom == DW_OP_form_tls_address;
  };
  Variable variable;
  variable.die = die;
  variable.thread_local_storage = count == 2 && is_thread_local(operations[1]);
  if (operations[0].atom == DW_OP_addrx || operations[0].atom == DW_OP_GNU_addr_index) {
    Dwarf_Attribute place;
    if (dwarf_getlocation_attr(&location, &operations[0], &place) != 0 ||
        dwarf_formaddr(&place, &variable.address) != 0) {
      return;
    }
  } else if (operations[0].atom == DW_OP_addr || variable.thread_local_storage) {
    variable.address = operations[0].number;
  } else {
    return;
  }
  // What is left of it where it lies is part of another one.
  if (count != 1 && !variable.thread_local_storage) {
    return;
  }
  if (variables_.size() == hv::libraries::Layouts::most_variables) {
    throw Unusable{"it has too many variables"};
  }
  const std::string name = scope.in_function ? name_of(die) : function_name(die);
  variable.in_function = scope.in_function;
  variable.name = scope.name + name;
  variable.file = file_;
  variables_.push_back(std::move(variable));
}

std::string Walk::full_name(Dwarf_Die& type) const {
  if (const auto found = names_.find(type.addr); found != names_.end()) {
    return found->second;
  }
  // In a unit that nobody imports.
  std::string name = name_of(type);
  Dwarf_Die* scopes = nullptr;
  const int count = name.empty() ? 0 : dwarf_getscopes_die(&type, &scopes);
  const std::unique_ptr<Dwarf_Die, void (*)(void*)> owner(scopes, &std::free);
  for (int i = 1; i + 1 < count; ++i) {
    const int tag = dwarf_tag(&scopes[i]);
    const bool is_function = tag == DW_TAG_subprogram;
    std::string around = is_function ? function_name(scopes[i]) : name_of(scopes[i]);
    if (tag == DW_TAG_namespace && around.empty()) {
      around = "(anonymous)";
    }
    name = around.empty() ? name : around + "::" + name;
    if (is_function) {
      break;
    }
  }
  return name;
}

}  // namespace kx::layouts
