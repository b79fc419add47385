#include "toolstack/layouts/dwarf_types.hpp"

#include <dwarf.h>

#include <optional>
#include <vector>

namespace kx::layouts {

namespace {

constexpr unsigned deepest = 48;       // of types in types
constexpr unsigned deepest_name = 12;  // of pointers to functions that take pointers to ...
constexpr std::size_t longest_name = 2048;
constexpr std::int64_t unknown_offset = -8;  // of a virtual base class: its objects tell

bool is_alias(int tag) {
  return tag == DW_TAG_typedef || tag == DW_TAG_const_type || tag == DW_TAG_volatile_type ||
         tag == DW_TAG_restrict_type || tag == DW_TAG_atomic_type || tag == DW_TAG_immutable_type;
}

bool is_pointer(int tag) {
  return tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type || tag == DW_TAG_rvalue_reference_type ||
         tag == DW_TAG_ptr_to_member_type;
}

// What an entry has as its type, without typedefs and qualifiers; nothing: void.
std::optional<Dwarf_Die> type_of(Dwarf_Die& die) {
  constexpr int longest_chain = 64;
  Dwarf_Die type = die;
  for (int i = 0; i < longest_chain; ++i) {
    auto found = attribute(type, DW_AT_type);
    if (!found) {
      return std::nullopt;
    }
    Dwarf_Die next;
    if (dwarf_formref_die(&*found, &next) == nullptr) {
      throw Unusable{std::string("a type of it is not found: ") + dwarf_errmsg(-1)};
    }
    type = next;
    if (!is_alias(dwarf_tag(&type))) {
      return type;
    }
  }
  throw Unusable{"its types make no sense"};
}

// Its definition, if it lies in a unit of its own.
Dwarf_Die definition(Dwarf_Die type) {
  auto signature = attribute(type, DW_AT_signature);
  Dwarf_Die found;
  return signature && dwarf_formref_die(&*signature, &found) != nullptr ? found : type;
}

std::int64_t size_of(Dwarf_Die& type) {
  const std::int64_t size = number(type, DW_AT_byte_size).value_or(0);
  return size < 0 ? 0 : size;
}

// In bits.
std::int64_t offset_of(Dwarf_Die& member, std::int64_t bits, Dwarf_Die* type) {
  if (const auto offset = number(member, DW_AT_data_bit_offset)) {
    return *offset;
  }
  std::int64_t offset = 0;
  if (const auto bytes = number(member, DW_AT_data_member_location)) {
    offset = static_cast<std::int64_t>(static_cast<std::uint64_t>(*bytes) * 8);
  } else if (auto location = attribute(member, DW_AT_data_member_location)) {
    Dwarf_Op* operations = nullptr;
    std::size_t count = 0;
    const bool plain = dwarf_getlocation(&location.value(), &operations, &count) == 0 && count == 1 &&
                       operations[0].atom == DW_OP_plus_uconst;
    offset = plain ? static_cast<std::int64_t>(operations[0].number * 8) : unknown_offset;
  }
  // The form before DWARF 4 counts from the most significant bit.
  if (const auto from_top = number(member, DW_AT_bit_offset); from_top && type != nullptr) {
    const std::int64_t size = number(member, DW_AT_byte_size).value_or(size_of(*type));
    offset = static_cast<std::int64_t>(static_cast<std::uint64_t>(offset) + static_cast<std::uint64_t>(size) * 8 -
                                       static_cast<std::uint64_t>(*from_top) - static_cast<std::uint64_t>(bits));
  }
  return offset;
}

std::vector<std::int64_t> dimensions(Dwarf_Die& array) {
  std::vector<std::int64_t> counts;
  for_each_child(array, [&](Dwarf_Die& child, int tag) {
    if (tag != DW_TAG_subrange_type && tag != DW_TAG_enumeration_type) {
      return;
    }
    const auto count = number(child, DW_AT_count), last = number(child, DW_AT_upper_bound);
    const std::int64_t first = number(child, DW_AT_lower_bound).value_or(0);
    counts.push_back(
        count  ? *count
        : last ? static_cast<std::int64_t>(static_cast<std::uint64_t>(*last) - static_cast<std::uint64_t>(first) + 1)
               : -1);
  });
  return counts;
}

std::string words(std::initializer_list<std::int64_t> numbers) {
  std::string text;
  for (const std::int64_t each : numbers) {
    text += std::to_string(each) + " ";
  }
  return text;
}

const char* record_word(int tag) {
  switch (tag) {
    case DW_TAG_structure_type:
      return "struct";
    case DW_TAG_class_type:
      return "class";
    case DW_TAG_union_type:
      return "union";
    default:
      return nullptr;
  }
}

}  // namespace

std::uint32_t Types::add_type_of(Dwarf_Die& die, unsigned depth) {
  const auto type = type_of(die);
  return type ? add(*type, depth) : table_.add("other " + words({DW_TAG_unspecified_type, 0}) + "void\n");
}

std::uint32_t Types::add(Dwarf_Die type, unsigned depth) {
  if (depth > deepest) {
    throw Unusable{"its types are nested too deeply"};
  }
  type = definition(type);
  if (const auto known = numbers_.find(type.addr); known != numbers_.end()) {
    return known->second;
  }
  const int tag = dwarf_tag(&type);
  const std::uint32_t made = [&] {
    if (is_pointer(tag)) {
      std::string text;
      append_name(text, type, 0);
      if (Dwarf_Die holder; tag == DW_TAG_ptr_to_member_type) {
        if (auto containing = attribute(type, DW_AT_containing_type);
            containing && dwarf_formref_die(&*containing, &holder) != nullptr) {
          text += " " + walk_.full_name(holder) + "::";
        }
      }
      return table_.add("pointer " + words({tag, size_of(type)}) + one_line(text) + "\n");
    }
    if (tag == DW_TAG_array_type) {
      return add_array(type, depth);
    }
    if (flag(type, DW_AT_declaration)) {
      return add_other(type, tag);
    }
    if (const char* const word = record_word(tag)) {
      return add_record(type, word, depth);
    }
    if (tag == DW_TAG_enumeration_type) {
      return add_enumeration(type);
    }
    if (tag == DW_TAG_base_type) {
      return table_.add("base " + words({number(type, DW_AT_encoding).value_or(0), size_of(type)}) +
                        one_line(name_of(type)) + "\n");
    }
    return add_other(type, tag);
  }();
  numbers_.emplace(type.addr, made);
  return made;
}

std::uint32_t Types::add_other(Dwarf_Die& type, int tag) {
  return table_.add("other " + words({tag, size_of(type)}) + one_line(walk_.full_name(type)) + "\n");
}

std::uint32_t Types::add_array(Dwarf_Die& array, unsigned depth) {
  std::uint32_t element = add_type_of(array, depth + 1);
  std::vector<std::int64_t> counts = dimensions(array);
  if (counts.size() > deepest) {
    throw Unusable{"its types are nested too deeply"};
  }
  for (; !counts.empty(); counts.pop_back()) {
    element = table_.add("array " + std::to_string(counts.back()) + " " + std::to_string(element) + "\n");
  }
  return element;
}

std::string Types::member(Dwarf_Die& die, int tag, unsigned depth) {
  const bool is_base = tag == DW_TAG_inheritance;
  // Static members are variables.
  if (!is_base && (flag(die, DW_AT_external) || flag(die, DW_AT_declaration))) {
    return {};
  }
  auto type = type_of(die);
  const std::int64_t bits = number(die, DW_AT_bit_size).value_or(0);
  const std::int64_t offset = offset_of(die, bits, type ? &*type : nullptr);
  std::string name = is_base && type ? "base class " + walk_.full_name(*type) : name_of(die);
  return "member " + words({offset, bits < 0 ? 0 : bits, add_type_of(die, depth + 1)}) + one_line(name) + "\n";
}

// Objects of the old version keep its table of them, so each must be where it was. Those that compilers make are not
// in every unit; what they would push aside is.
std::string Types::virtual_function(Dwarf_Die& die) {
  auto place = attribute(die, DW_AT_vtable_elem_location);
  Dwarf_Op* operations = nullptr;
  std::size_t count = 0;
  if (!place || flag(die, DW_AT_artificial) || dwarf_getlocation(&*place, &operations, &count) != 0 || count != 1) {
    return {};
  }
  constexpr std::int64_t entry_bits = 64;
  const std::uint32_t type = table_.add("other " + words({DW_TAG_subprogram, 0}) + "virtual function\n");
  const auto slot = static_cast<std::int64_t>(operations[0].number & 0xffff'ffff);
  return "member " + words({slot * entry_bits, 0, type}) + one_line("virtual " + name_of(die)) + "\n";
}

std::uint32_t Types::add_record(Dwarf_Die& record, const char* word, unsigned depth) {
  std::string members;
  std::int64_t count = 0;
  for_each_child(record, [&](Dwarf_Die& child, int tag) {
    std::string line;
    if (tag == DW_TAG_member || tag == DW_TAG_inheritance) {
      line = member(child, tag, depth);
    } else if (tag == DW_TAG_subprogram) {
      line = virtual_function(child);
    } else if (tag == DW_TAG_variant_part) {
      throw Unusable{"it has types with variants"};
    }
    members += line;
    count += line.empty() ? 0 : 1;
  });
  return table_.add(std::string(word) + " " + words({size_of(record), count}) + one_line(walk_.full_name(record)) +
                    "\n" + members);
}

std::uint32_t Types::add_enumeration(Dwarf_Die& enumeration) {
  std::string values;
  std::int64_t count = 0;
  for_each_child(enumeration, [&](Dwarf_Die& child, int tag) {
    if (tag == DW_TAG_enumerator) {
      ++count;
      values += "value " + words({number(child, DW_AT_const_value).value_or(0)}) + one_line(name_of(child)) + "\n";
    }
  });
  return table_.add("enum " + words({size_of(enumeration), count}) + one_line(walk_.full_name(enumeration)) + "\n" +
                    values);
}

void Types::append_name(std::string& text, Dwarf_Die& holder, unsigned depth) {
  if (text.size() > longest_name || depth > deepest_name) {
    text += "...";
    return;
  }
  auto type = type_of(holder);
  if (!type) {
    text += "void";
    return;
  }
  const int tag = dwarf_tag(&*type);
  if (is_pointer(tag)) {
    append_name(text, *type, depth + 1);
    text += tag == DW_TAG_pointer_type ? "*" : tag == DW_TAG_ptr_to_member_type ? " ::*" : "&";
  } else if (tag == DW_TAG_array_type) {
    append_name(text, *type, depth + 1);
    for (const std::int64_t count : dimensions(*type)) {
      text += "[" + std::to_string(count) + "]";
    }
  } else if (tag == DW_TAG_subroutine_type) {
    append_function(text, *type, depth);
  } else {
    const std::string name = walk_.full_name(*type);
    const char* const word = tag == DW_TAG_enumeration_type ? "enum" : record_word(tag);
    // A class and a structure are the same to compilers.
    text += word != nullptr ? (tag == DW_TAG_class_type ? "struct" : word) + std::string(" ") : "";
    text += name;
    if (record_word(tag) != nullptr && name.empty()) {
      append_members(text, *type, depth);
    }
  }
}

void Types::append_function(std::string& text, Dwarf_Die& function, unsigned depth) {
  append_name(text, function, depth + 1);
  text += " (";
  const char* comma = "";
  for_each_child(function, [&](Dwarf_Die& child, int tag) {
    if (tag == DW_TAG_formal_parameter) {
      text += comma;
      append_name(text, child, depth + 1);
    } else if (tag == DW_TAG_unspecified_parameters) {
      text += std::string(comma) + "...";
    }
    comma = ", ";
  });
  text += ")";
}

void Types::append_members(std::string& text, Dwarf_Die& record, unsigned depth) {
  text += "{";
  for_each_child(record, [&](Dwarf_Die& child, int tag) {
    if (tag == DW_TAG_member && text.size() <= longest_name) {
      append_name(text, child, depth + 1);
      auto type = type_of(child);
      const std::int64_t bits = number(child, DW_AT_bit_size).value_or(0);
      text += " " + name_of(child) + "@" + std::to_string(offset_of(child, bits, type ? &*type : nullptr)) +
              (bits != 0 ? ":" + std::to_string(bits) : "") + "; ";
    }
  });
  text += "}";
}

}  // namespace kx::layouts
