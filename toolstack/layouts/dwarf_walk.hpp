// The way through the debug information of a library: which types it defines, under which names, and which variables
// have an address.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "toolstack/layouts/type_table.hpp"

namespace kx::layouts {

struct Variable {
  Dwarf_Die die{};
  std::uint64_t address = 0;
  bool in_function = false;
  bool thread_local_storage = false;  // the address is an offset in it
  std::string name, file;
};

// The attribute, from the entry itself or from what it completes.
std::optional<Dwarf_Attribute> attribute(Dwarf_Die& die, unsigned name);
std::optional<std::int64_t> number(Dwarf_Die& die, unsigned name);
bool flag(Dwarf_Die& die, unsigned name);
std::string name_of(Dwarf_Die& die);

// Calls visit(child, tag) for each child.
template <class Visit>
void for_each_child(Dwarf_Die& die, Visit&& visit) {
  Dwarf_Die child;
  int result = dwarf_child(&die, &child);
  for (; result == 0; result = dwarf_siblingof(&child, &child)) {
    visit(child, dwarf_tag(&child));
  }
  if (result < 0) {
    throw Unusable{std::string("it is damaged: ") + dwarf_errmsg(-1)};
  }
}

class Walk {
 public:
  // Throws Unusable.
  explicit Walk(Dwarf* debug);

  [[nodiscard]] const std::vector<Dwarf_Die>& types() const { return types_; }
  [[nodiscard]] const std::vector<Variable>& variables() const { return variables_; }
  // With namespaces, classes and functions around it; of a type without a name that of the first typedef for it. Empty:
  // it has none.
  std::string full_name(Dwarf_Die& type) const;

 private:
  struct Scope {
    std::string name;  // with "::" behind it, or nothing
    bool in_function = false;
  };

  void unit(Dwarf_Die& die);
  void children(Dwarf_Die& die, const Scope& scope, unsigned depth);
  void visit(Dwarf_Die& die, const Scope& scope, unsigned depth);
  void add_type(Dwarf_Die& die, const Scope& scope);
  void add_typedef(Dwarf_Die& die, const Scope& scope);
  void add_variable(Dwarf_Die& die, const Scope& scope);
  void imported(Dwarf_Die& die, unsigned depth);

  std::vector<Dwarf_Die> types_;
  std::vector<Variable> variables_;
  std::unordered_map<const void*, std::string> names_;
  std::unordered_set<const void*> units_;
  std::string file_;
  std::size_t visited_ = 0;
};

}  // namespace kx::layouts
