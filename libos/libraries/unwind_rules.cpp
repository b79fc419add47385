#include "libraries/unwind_rules.hpp"

namespace kx::libos {

namespace {

// DWARF 5, section 7.24, and what GNU adds. The first three have their operand in the lower six bits.
enum Instruction : u8 {
  cfa_advance_loc = 0x40,
  cfa_offset = 0x80,
  cfa_restore = 0xc0,
  cfa_nop = 0x00,
  cfa_set_loc = 0x01,
  cfa_advance_loc1 = 0x02,
  cfa_advance_loc2 = 0x03,
  cfa_advance_loc4 = 0x04,
  cfa_offset_extended = 0x05,
  cfa_restore_extended = 0x06,
  cfa_undefined = 0x07,
  cfa_same_value = 0x08,
  cfa_register = 0x09,
  cfa_remember_state = 0x0a,
  cfa_restore_state = 0x0b,
  cfa_def_cfa = 0x0c,
  cfa_def_cfa_register = 0x0d,
  cfa_def_cfa_offset = 0x0e,
  cfa_def_cfa_expression = 0x0f,
  cfa_expression = 0x10,
  cfa_offset_extended_sf = 0x11,
  cfa_def_cfa_sf = 0x12,
  cfa_def_cfa_offset_sf = 0x13,
  cfa_val_offset = 0x14,
  cfa_val_offset_sf = 0x15,
  cfa_val_expression = 0x16,
  cfa_gnu_args_size = 0x2e,
  cfa_gnu_negative_offset_extended = 0x2f,
};

constexpr u8 operand_bits = 0x3f;
constexpr unsigned max_remembered = 4;  // compilers nest one in another at most
constexpr unsigned max_instructions = 1u << 16;

class RuleMachine {
 public:
  RuleMachine(TableReader& reader, const FrameDescription& frame, FrameRules& rules)
      : reader_(reader), frame_(frame), rules_(rules) {}

  bool run(u64 pc) {
    rules_ = {};
    rules_.cfa_register = FrameRules::cfa_undefined;
    location_ = frame_.pc_start;
    if (!run_program(frame_.common.program, pc)) {
      return false;
    }
    initial_ = rules_;
    location_ = frame_.pc_start;
    return run_program(frame_.program, pc);
  }

 private:
  // Executes what holds at `pc`.
  bool run_program(const FrameProgram& program, u64 pc) {
    reader_.seek(program.start, program.end);
    for (unsigned count = 0; reader_.more() && good_; ++count) {
      if (count == max_instructions) {
        return false;
      }
      const u8 instruction = reader_.byte();
      const u8 operand = instruction & operand_bits;
      switch (instruction & ~operand_bits) {
        case cfa_advance_loc:
          advance(operand);
          break;
        case cfa_offset:
          set_factored(operand, RegisterRule::AtOffset, reader_.uleb128());
          break;
        case cfa_restore:
          restore(operand);
          break;
        default:
          execute(instruction);
      }
      if (location_ > pc) {
        break;
      }
    }
    return good_ && reader_.good();
  }

  void execute(u8 instruction) {
    switch (instruction) {
      case cfa_nop:
        break;
      case cfa_gnu_args_size:
        reader_.uleb128();  // matters to who continues in this frame
        break;
      case cfa_set_loc:
        location_ = reader_.pointer(frame_.common.pointer_encoding, 0);
        break;
      case cfa_advance_loc1:
        advance(reader_.fixed(1));
        break;
      case cfa_advance_loc2:
        advance(reader_.fixed(2));
        break;
      case cfa_advance_loc4:
        advance(reader_.fixed(4));
        break;
      case cfa_remember_state:
        remember_state();
        break;
      case cfa_restore_state:
        restore_state();
        break;
      default:
        if (!execute_cfa(instruction)) {
          execute_register(instruction, reader_.uleb128());
        }
    }
  }

  // Instructions that define the CFA. False: it is none.
  bool execute_cfa(u8 instruction) {
    switch (instruction) {
      case cfa_def_cfa:
        define_cfa_register(reader_.uleb128());
        rules_.cfa_value = narrow(reader_.uleb128());
        return true;
      case cfa_def_cfa_sf:
        define_cfa_register(reader_.uleb128());
        rules_.cfa_value = factored(reader_.sleb128());
        return true;
      case cfa_def_cfa_register:
        // An offset would be missing.
        good_ = good_ && rules_.cfa_register < UnwindRegisters::count;
        define_cfa_register(reader_.uleb128());
        return true;
      case cfa_def_cfa_offset:
      case cfa_def_cfa_offset_sf:
        good_ = good_ && rules_.cfa_register < UnwindRegisters::count;
        rules_.cfa_value = instruction == cfa_def_cfa_offset ? narrow(reader_.uleb128()) : factored(reader_.sleb128());
        return true;
      case cfa_def_cfa_expression:
        rules_.cfa_register = FrameRules::cfa_expression;
        rules_.cfa_value = take_expression();
        return true;
      default:
        return false;
    }
  }

  // Instructions that say where a register is.
  void execute_register(u8 instruction, u64 number) {
    switch (instruction) {
      case cfa_offset_extended:
        return set_factored(number, RegisterRule::AtOffset, reader_.uleb128());
      case cfa_offset_extended_sf:
        return set_factored(number, RegisterRule::AtOffset, reader_.sleb128());
      case cfa_gnu_negative_offset_extended:
        return set_factored(number, RegisterRule::AtOffset, -reader_.uleb128());
      case cfa_val_offset:
        return set_factored(number, RegisterRule::IsOffset, reader_.uleb128());
      case cfa_val_offset_sf:
        return set_factored(number, RegisterRule::IsOffset, reader_.sleb128());
      case cfa_restore_extended:
        return restore(number);
      case cfa_undefined:
        return set(number, RegisterRule::Undefined, 0);
      case cfa_same_value:
        return set(number, RegisterRule::SameValue, 0);
      case cfa_register:
        return set(number, RegisterRule::InRegister, narrow(reader_.uleb128()));
      case cfa_expression:
        return set(number, RegisterRule::AtExpression, take_expression());
      case cfa_val_expression:
        return set(number, RegisterRule::IsExpression, take_expression());
      default:
        good_ = false;
    }
  }

  void advance(u64 distance) { location_ += distance * frame_.common.code_alignment; }

  void define_cfa_register(u64 number) {
    good_ = good_ && number < UnwindRegisters::count;
    rules_.cfa_register = static_cast<u8>(number);
  }

  // Registers beyond those that are followed, vector registers for instance, have rules that nobody asks for.
  void set(u64 number, RegisterRule rule, i32 value) {
    if (number < UnwindRegisters::count) {
      rules_.rule[number] = rule;
      rules_.value[number] = value;
    }
  }

  void set_factored(u64 number, RegisterRule rule, u64 factor) { set(number, rule, factored(factor)); }

  void restore(u64 number) {
    if (number < UnwindRegisters::count) {
      set(number, initial_.rule[number], initial_.value[number]);
    }
  }

  void remember_state() {
    if (remembered_count_ == max_remembered) {
      good_ = false;
      return;
    }
    remembered_[remembered_count_++] = rules_;
  }

  void restore_state() {
    if (remembered_count_ == 0) {
      good_ = false;
      return;
    }
    rules_ = remembered_[--remembered_count_];
  }

  i32 narrow(u64 value) {
    const auto narrowed = static_cast<i32>(value);
    good_ = good_ && static_cast<u64>(static_cast<i64>(narrowed)) == value;
    return narrowed;
  }

  i32 factored(u64 factor) { return narrow(factor * frame_.common.data_alignment); }

  // Steps over an expression; where it is, as FrameRules keep it.
  i32 take_expression() {
    const i32 distance = narrow(reader_.at() - frame_.address);
    reader_.skip(reader_.uleb128());
    return distance;
  }

  TableReader& reader_;
  const FrameDescription& frame_;
  FrameRules& rules_;
  FrameRules initial_{};
  FrameRules remembered_[max_remembered];
  unsigned remembered_count_ = 0;
  u64 location_ = 0;
  bool good_ = true;
};

}  // namespace

bool find_rules(TableReader& reader, const FrameDescription& frame, u64 pc, FrameRules& rules) {
  return RuleMachine(reader, frame, rules).run(pc);
}

}  // namespace kx::libos
