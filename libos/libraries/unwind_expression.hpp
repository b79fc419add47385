// DWARF expressions (DWARF 5, section 2.5), as far as frame descriptions use them.
#pragma once

#include "libraries/unwind_reader.hpp"

namespace kx::libos {

// What an expression works on: its text, the memory that it may look at, and the frame's registers.
struct ExpressionInput {
  TableReader& text;
  BlockReader& memory;
  const UnwindRegisters& registers;
};

// Evaluates the expression at `address`, a length and so many bytes of operations. `first`: what is on its stack when
// it starts; null: nothing. False: it is malformed, too long, or needs what is unknown or unreadable.
bool evaluate_expression(const ExpressionInput& input, u64 address, const u64* first, u64& result);

}  // namespace kx::libos
