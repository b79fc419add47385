// What a frame description says at one program counter: where the caller's registers are.
#pragma once

#include "libraries/unwind_table.hpp"

namespace kx::libos {

// Where a register of the caller is (DWARF 5, section 6.4.1). CFA: the canonical frame address, the caller's rsp as a
// rule.
enum class RegisterRule : u8 {
  Unspecified,
  SameValue,
  Undefined,
  AtOffset,      // at CFA + value
  IsOffset,      // it is CFA + value
  InRegister,    // in the register `value`
  AtExpression,  // at the address that the expression gives
  IsExpression,  // it is what the expression gives
};

// Small, since several are kept on the library OS's stack: values of 32 bits, addresses of expressions as distances
// from the description.
struct FrameRules {
  static constexpr u8 cfa_undefined = 0xff;
  static constexpr u8 cfa_expression = 0xfe;

  i32 value[UnwindRegisters::count];
  RegisterRule rule[UnwindRegisters::count];
  u8 cfa_register;  // the CFA is this register + cfa_value, or one of the above
  i32 cfa_value;
};

// Works out the rules that hold at `pc` in `frame`. False: the description is malformed or has something unknown.
bool find_rules(TableReader& reader, const FrameDescription& frame, u64 pc, FrameRules& rules);

}  // namespace kx::libos
