// Types as debug information describes them, in the words of hypervisor/libraries/layouts.hpp.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <string>
#include <unordered_map>

#include "toolstack/layouts/dwarf_walk.hpp"
#include "toolstack/layouts/type_table.hpp"

namespace kx::layouts {

class Types {
 public:
  Types(const Walk& walk, TypeTable& table) : walk_(walk), table_(table) {}

  // The number of a type, and of all that it contains. Throws Unusable.
  std::uint32_t add(Dwarf_Die type, unsigned depth = 0);
  // Of what an entry has as its type.
  std::uint32_t add_type_of(Dwarf_Die& die, unsigned depth = 0);

 private:
  std::uint32_t add_array(Dwarf_Die& array, unsigned depth);
  std::uint32_t add_record(Dwarf_Die& record, const char* word, unsigned depth);
  std::uint32_t add_enumeration(Dwarf_Die& enumeration);
  std::uint32_t add_other(Dwarf_Die& type, int tag);
  std::string member(Dwarf_Die& die, int tag, unsigned depth);
  std::string virtual_function(Dwarf_Die& die);
  // Appends what a pointer leads to, by its name.
  void append_name(std::string& text, Dwarf_Die& holder, unsigned depth);
  void append_function(std::string& text, Dwarf_Die& function, unsigned depth);
  void append_members(std::string& text, Dwarf_Die& record, unsigned depth);

  const Walk& walk_;
  TypeTable& table_;
  std::unordered_map<const void*, std::uint32_t> numbers_;
};

}  // namespace kx::layouts
