#include "libraries/unwind_expression.hpp"

#include <limits>
#include <utility>

namespace kx::libos {

namespace {

// DWARF 5, section 7.7.1.
enum Operation : u8 {
  op_addr = 0x03,
  op_deref = 0x06,
  op_const1u = 0x08,
  op_const1s = 0x09,
  op_const2u = 0x0a,
  op_const2s = 0x0b,
  op_const4u = 0x0c,
  op_const4s = 0x0d,
  op_const8u = 0x0e,
  op_const8s = 0x0f,
  op_constu = 0x10,
  op_consts = 0x11,
  op_dup = 0x12,
  op_drop = 0x13,
  op_over = 0x14,
  op_pick = 0x15,
  op_swap = 0x16,
  op_rot = 0x17,
  op_abs = 0x19,
  op_and = 0x1a,
  op_div = 0x1b,
  op_minus = 0x1c,
  op_mod = 0x1d,
  op_mul = 0x1e,
  op_neg = 0x1f,
  op_not = 0x20,
  op_or = 0x21,
  op_plus = 0x22,
  op_plus_uconst = 0x23,
  op_shl = 0x24,
  op_shr = 0x25,
  op_shra = 0x26,
  op_xor = 0x27,
  op_bra = 0x28,
  op_eq = 0x29,
  op_ge = 0x2a,
  op_gt = 0x2b,
  op_le = 0x2c,
  op_lt = 0x2d,
  op_ne = 0x2e,
  op_skip = 0x2f,
  op_lit0 = 0x30,
  op_lit31 = 0x4f,
  op_breg0 = 0x70,
  op_breg31 = 0x8f,
  op_bregx = 0x92,
  op_deref_size = 0x94,
  op_nop = 0x96,
};

constexpr unsigned max_depth = 16;
constexpr unsigned max_operations = 256;  // branches may go back

class Evaluation {
 public:
  explicit Evaluation(const ExpressionInput& input) : input_(input) {}

  bool run(u64 address, const u64* first, u64& result) {
    if (first != nullptr) {
      push(*first);
    }
    input_.text.seek(address);
    const u64 size = input_.text.uleb128();
    start_ = input_.text.at();
    end_ = start_ + size;
    if (end_ < start_) {
      return false;
    }
    input_.text.seek(start_, end_);
    for (unsigned count = 0; input_.text.more() && good_; ++count) {
      if (count == max_operations) {
        return false;
      }
      execute(input_.text.byte());
    }
    result = pop();
    return good_ && input_.text.good();
  }

 private:
  void push(u64 value) {
    if (depth_ == max_depth) {
      good_ = false;
      return;
    }
    stack_[depth_++] = value;
  }

  u64 pop() {
    if (depth_ == 0) {
      good_ = false;
      return 0;
    }
    return stack_[--depth_];
  }

  // The value `index` below the top.
  u64 peek(u64 index) {
    if (index >= depth_) {
      good_ = false;
      return 0;
    }
    return stack_[depth_ - 1 - index];
  }

  void push_register(u64 number, u64 offset) {
    if (number >= UnwindRegisters::count || !input_.registers.knows(static_cast<unsigned>(number))) {
      good_ = false;
      return;
    }
    push(input_.registers.value[number] + offset);
  }

  void dereference(u64 size) {
    const u64 address = pop();
    u64 value = 0;
    if (size == 0 || size > sizeof value || !input_.memory.read(address, &value, size)) {
      good_ = false;
    }
    push(value);
  }

  // Goes `distance` bytes on or back.
  void branch(bool taken, u64 distance) {
    const u64 target = input_.text.at() + distance;
    if (!taken) {
      return;
    }
    if (target < start_ || target > end_) {
      good_ = false;
      return;
    }
    input_.text.seek(target, end_);
  }

  void execute(u8 operation) {
    if (operation >= op_lit0 && operation <= op_lit31) {
      push(operation - op_lit0);
    } else if (operation >= op_breg0 && operation <= op_breg31) {
      push_register(operation - op_breg0, input_.text.sleb128());
    } else if (!execute_operand(operation) && !execute_stack(operation)) {
      const u64 right = pop();
      push(combine(operation, pop(), right));
    }
  }

  // Operations with an operand in the text. False: it is none.
  bool execute_operand(u8 operation) {
    TableReader& text = input_.text;
    switch (operation) {
      case op_const1u:
        return push(text.fixed(1)), true;
      case op_const1s:
        return push(text.fixed_signed(1)), true;
      case op_const2u:
        return push(text.fixed(2)), true;
      case op_const2s:
        return push(text.fixed_signed(2)), true;
      case op_const4u:
        return push(text.fixed(4)), true;
      case op_const4s:
        return push(text.fixed_signed(4)), true;
      case op_addr:
      case op_const8u:
      case op_const8s:
        return push(text.fixed(8)), true;
      case op_constu:
        return push(text.uleb128()), true;
      case op_consts:
        return push(text.sleb128()), true;
      case op_pick:
        return push(peek(text.byte())), true;
      case op_plus_uconst:
        return push(pop() + text.uleb128()), true;
      case op_bregx: {
        const u64 number = text.uleb128();
        return push_register(number, text.sleb128()), true;
      }
      case op_deref_size:
        return dereference(text.byte()), true;
      case op_skip:
        return branch(true, text.fixed_signed(2)), true;
      case op_bra: {
        const u64 distance = text.fixed_signed(2);
        return branch(pop() != 0, distance), true;
      }
      default:
        return false;
    }
  }

  // Operations on the stack other than those that make one value of two. False: it is none.
  bool execute_stack(u8 operation) {
    switch (operation) {
      case op_deref:
        return dereference(sizeof(u64)), true;
      case op_dup:
        return push(peek(0)), true;
      case op_drop:
        return pop(), true;
      case op_over:
        return push(peek(1)), true;
      case op_swap:
      case op_rot:
        return rotate(operation == op_swap ? 2 : 3), true;
      case op_abs: {
        const u64 value = pop();
        return push(static_cast<i64>(value) < 0 ? -value : value), true;
      }
      case op_neg:
        return push(-pop()), true;
      case op_not:
        return push(~pop()), true;
      case op_nop:
        return true;
      default:
        return false;
    }
  }

  // Puts the top below the count - 1 values under it.
  void rotate(unsigned count) {
    if (depth_ < count) {
      good_ = false;
      return;
    }
    for (unsigned i = 1; i < count; ++i) {
      std::swap(stack_[depth_ - i], stack_[depth_ - i - 1]);
    }
  }

  // Comparisons and division are of signed numbers; all else wraps.
  u64 combine(u8 operation, u64 left, u64 right) {
    const auto signed_left = static_cast<i64>(left);
    const auto signed_right = static_cast<i64>(right);
    switch (operation) {
      case op_and:
        return left & right;
      case op_or:
        return left | right;
      case op_xor:
        return left ^ right;
      case op_plus:
        return left + right;
      case op_minus:
        return left - right;
      case op_mul:
        return left * right;
      case op_div:
        return divide(signed_left, signed_right);
      case op_mod:
        good_ = good_ && right != 0;
        return right != 0 ? left % right : 0;
      case op_shl:
        return right < 64 ? left << right : 0;
      case op_shr:
        return right < 64 ? left >> right : 0;
      case op_shra:
        return static_cast<u64>(signed_left >> (right < 64 ? right : 63));
      case op_eq:
        return left == right;
      case op_ne:
        return left != right;
      case op_ge:
        return signed_left >= signed_right;
      case op_gt:
        return signed_left > signed_right;
      case op_le:
        return signed_left <= signed_right;
      case op_lt:
        return signed_left < signed_right;
      default:
        good_ = false;
        return 0;
    }
  }

  u64 divide(i64 left, i64 right) {
    if (right == 0 || (right == -1 && left == std::numeric_limits<i64>::min())) {
      good_ = false;
      return 0;
    }
    return static_cast<u64>(left / right);
  }

  const ExpressionInput& input_;
  u64 start_ = 0;  // of the operations
  u64 end_ = 0;
  u64 stack_[max_depth];
  unsigned depth_ = 0;
  bool good_ = true;
};

}  // namespace

bool evaluate_expression(const ExpressionInput& input, u64 address, const u64* first, u64& result) {
  return Evaluation(input).run(address, first, result);
}

}  // namespace kx::libos
