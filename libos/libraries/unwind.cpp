#include "libraries/unwind.hpp"

#include <algorithm>

#include "libraries/unwind_expression.hpp"
#include "libraries/unwind_rules.hpp"

namespace kx::libos {

namespace {

// Registers that a function leaves to its caller as they were (System V ABI for AMD64, figure 3.4): rbx, rbp, rsp, r12
// to r15. Compilers write no rule for the others, although calls destroy them.
constexpr u32 kept_by_calls = (1u << 3) | (1u << 6) | (1u << 7) | (0xfu << 12);

constexpr u32 needed = (1u << UnwindRegisters::rsp) | (1u << UnwindRegisters::rip);

// Makes the caller's registers of a frame's.
class FrameStep {
 public:
  FrameStep(TableReader& tables, const UnwindMemory& memory, const FrameDescription& frame, const FrameRules& rules,
            const UnwindRegisters& registers)
      : frame_(frame),
        rules_(rules),
        registers_(registers),
        stack_(memory, 0, ~0ull),
        input_{tables, stack_, registers} {}

  // False: a rule cannot be followed.
  bool run(UnwindRegisters& caller) {
    if (!find_cfa()) {
      return false;
    }
    caller = {};
    for (unsigned number = 0; number < UnwindRegisters::count; ++number) {
      bool known = true;
      if (!find(number, caller.value[number], known)) {
        return false;
      }
      caller.known |= known ? 1u << number : 0;
    }
    return (caller.known & needed) == needed;
  }

 private:
  [[nodiscard]] u64 expression_address(i32 distance) const { return frame_.address + static_cast<u64>(i64{distance}); }

  bool find_cfa() {
    if (rules_.cfa_register == FrameRules::cfa_expression) {
      return evaluate_expression(input_, expression_address(rules_.cfa_value), nullptr, cfa_);
    }
    if (!registers_.knows(rules_.cfa_register)) {
      return false;
    }
    cfa_ = registers_.value[rules_.cfa_register] + static_cast<u64>(i64{rules_.cfa_value});
    return true;
  }

  // The caller's register `number`. False: there is a rule, but it cannot be followed.
  bool find(unsigned number, u64& value, bool& known) {
    const i32 operand = rules_.value[number];
    const u64 place = cfa_ + static_cast<u64>(i64{operand});
    switch (rules_.rule[number]) {
      case RegisterRule::Unspecified:
        if (number == UnwindRegisters::rsp) {
          value = cfa_;
          return true;
        }
        known = ((kept_by_calls >> number) & 1) != 0 && registers_.knows(number);
        value = registers_.value[number];
        return true;
      case RegisterRule::SameValue:
        known = number != UnwindRegisters::rip && registers_.knows(number);
        value = registers_.value[number];
        return true;
      case RegisterRule::Undefined:
        known = false;
        return true;
      case RegisterRule::AtOffset:
        return stack_.read(place, &value, sizeof value);
      case RegisterRule::IsOffset:
        value = place;
        return true;
      case RegisterRule::InRegister:
        known = operand >= 0 && registers_.knows(static_cast<unsigned>(operand));
        value = known ? registers_.value[operand] : 0;
        return true;
      case RegisterRule::AtExpression: {
        u64 address = 0;
        return evaluate_expression(input_, expression_address(operand), &cfa_, address) &&
               stack_.read(address, &value, sizeof value);
      }
      case RegisterRule::IsExpression:
        return evaluate_expression(input_, expression_address(operand), &cfa_, value);
    }
    return false;
  }

  const FrameDescription& frame_;
  const FrameRules& rules_;
  const UnwindRegisters& registers_;
  BlockReader stack_;
  ExpressionInput input_;
  u64 cfa_ = 0;
};

// Apart, so that its frame and that of find_rules() are not on the stack at the same time. Takes over the caller's
// registers if they are above the callee's.
[[gnu::noinline]] UnwindStep follow(TableReader& tables, const UnwindMemory& memory, const FrameDescription& frame,
                                    const FrameRules& rules, UnwindRegisters& registers, bool& after_call) {
  UnwindRegisters caller;
  if (!FrameStep(tables, memory, frame, rules, registers).run(caller)) {
    return UnwindStep::Unknown;
  }
  const u64 rsp = registers.value[UnwindRegisters::rsp];
  const u64 caller_rsp = caller.value[UnwindRegisters::rsp];
  const bool goes_up = after_call ? caller_rsp > rsp : caller_rsp >= rsp;
  if (!goes_up && !frame.common.signal_frame) {
    return UnwindStep::Unknown;
  }
  registers = caller;
  after_call = !frame.common.signal_frame;
  return UnwindStep::Frame;
}

}  // namespace

UnwindStep unwind_frame(const UnwindMemory& memory, std::span<const UnwindModule> modules, UnwindRegisters& registers,
                        bool& after_call) {
  if ((registers.known & needed) != needed) {
    return UnwindStep::Unknown;
  }
  // A call may be the last instruction of its function or of the stretch that a rule holds for.
  const u64 pc = registers.value[UnwindRegisters::rip] - (after_call ? 1 : 0);
  const auto module = std::find_if(modules.begin(), modules.end(),
                                   [pc](const UnwindModule& each) { return each.start <= pc && pc < each.end; });
  if (module == modules.end() || module->frame_header == 0) {
    return UnwindStep::Unknown;
  }
  TableReader tables(memory, module->start, module->end);
  FrameDescription frame;
  FrameRules rules;
  if (!find_frame(tables, module->frame_header, pc, frame) || !find_rules(tables, frame, pc, rules)) {
    return UnwindStep::Unknown;
  }
  if (rules.rule[UnwindRegisters::rip] == RegisterRule::Undefined) {
    return UnwindStep::End;
  }
  return follow(tables, memory, frame, rules, registers, after_call);
}

}  // namespace kx::libos
