// What the debug information of a library's version tells of its data: how types are laid out, and of which type its
// variables are. It comes as a text from the process that reads DWARF (toolstack/layouts/), and is checked here.
//
// A line each, numbers in decimal and names last, to the end of the line. Types are numbered from 0 in the order in
// which they come, and name only those before them; pointers and functions name what they lead to by a text.
//
//   kx-layouts 1
//   base ENCODING SIZE NAME
//   pointer KIND SIZE POINTEE
//   array COUNT ELEMENT                    COUNT of -1: not known
//   enum SIZE COUNT NAME                   then COUNT times: value VALUE NAME
//   struct|class|union SIZE COUNT NAME     then COUNT times: member BIT-OFFSET BITS TYPE NAME
//   other TAG SIZE NAME
//   file NAME                              of the variables that follow
//   variable PLACE ADDRESS TYPE NAME       PLACE: 1 in a function, 2 in thread-local storage, 3 both, 0 neither
//   end
//
// Instead of all that "none" says that there is no debug information, and "unusable WHY" that it cannot be used.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kx::hv::libraries {

struct LayoutMember {
  std::string name;
  std::int64_t bit_offset = 0;  // of an enumerator: its value. Of a virtual function: its place in the table
  std::uint64_t bits = 0;       // of a bit-field; 0: it is none
  std::uint32_t type = 0;
};

struct LayoutType {
  enum class Kind : std::uint8_t { Base, Pointer, Array, Enum, Struct, Class, Union, Other };
  Kind kind = Kind::Base;
  std::uint64_t size = 0;
  std::int64_t detail = 0;    // encoding, kind of pointer, count of elements, tag
  std::uint32_t element = 0;  // of an array
  std::string name;           // with its namespaces; empty: it has none. Of a pointer: of what it points to
  std::vector<LayoutMember> members;

  [[nodiscard]] bool has_members() const {
    return kind == Kind::Struct || kind == Kind::Class || kind == Kind::Union || kind == Kind::Enum;
  }
};

struct LayoutVariable {
  std::uint64_t address = 0;  // at link time; an offset if it is in thread-local storage
  bool in_function = false;
  bool thread_local_storage = false;
  std::uint32_t type = 0;
  std::string name;  // with its namespaces, classes and functions
  std::string file;  // of the source, without directories
};

struct Layouts {
  static constexpr std::size_t most_text = 32 << 20, most_types = 1 << 20, most_members = 2 << 20,
                               most_variables = 1 << 18;
  enum class State : std::uint8_t {
    None,      // no debug information
    Unusable,  // there is some, of a form that is not read: `problem` says why
    Failed,    // reading it went wrong
    Read
  };
  State state = State::None;
  std::string problem;
  std::vector<LayoutType> types;
  std::vector<LayoutVariable> variables;  // each once, thread-local ones last, sorted by address

  // Never fails: what makes no sense is State::Failed.
  static Layouts parse(std::string_view text);
  static Layouts failed(const std::string& why);
  // Null: none is known there.
  [[nodiscard]] const LayoutVariable* at(std::uint64_t address, bool thread_local_storage = false) const;
};

}  // namespace kx::hv::libraries
