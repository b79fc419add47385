#include "signals/frame.hpp"

#include <signal.h>

#include <cerrno>
#include <cstring>
#include <kx/base/address.hpp>

#include "entry/patching.hpp"
#include "mm/address_space.hpp"
#include "process/thread.hpp"
#include "signals/signals.hpp"
#include "signals/xstate.hpp"

namespace kx::libos {

namespace {

// arch/x86/include/uapi/asm/sigcontext.h, struct sigcontext_64.
struct MachineContext {
  u64 r8, r9, r10, r11, r12, r13, r14, r15;
  u64 rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
  u16 cs, gs, fs, ss;
  u64 error, vector, old_mask, cr2;
  u64 fpstate;
  u64 reserved[8];
};
static_assert(sizeof(MachineContext) == 256);

struct UserContext {
  u64 flags;
  u64 link;
  AlternateStack stack;
  MachineContext machine;
  u64 mask;
};
static_assert(sizeof(UserContext) == 304);

struct SignalFrame {
  u64 return_address;
  UserContext user;
  SignalInfo info;
};
static_assert(sizeof(SignalFrame) == 440);

constexpr u64 frame_flags = 7;  // UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS
constexpr u64 red_zone = 128;
constexpr u64 restorer_flag = 0x04000000;  // SA_RESTORER
constexpr u64 minimum_stack = 2048;        // MINSIGSTKSZ
// What rt_sigreturn takes from the frame, and what a handler starts without.
constexpr u64 restored_rflags = 0x50dd5;  // AC RF OF DF TF SF ZF AF PF CF
constexpr u64 cleared_rflags = 0x10500;   // RF DF TF

MachineContext machine_context(const Context& context, const ThreadSignals& signals) {
  MachineContext m{};
  m.r8 = context.r8;
  m.r9 = context.r9;
  m.r10 = context.r10;
  m.r11 = context.r11;
  m.r12 = context.r12;
  m.r13 = context.r13;
  m.r14 = context.r14;
  m.r15 = context.r15;
  m.rdi = context.rdi;
  m.rsi = context.rsi;
  m.rbp = context.rbp;
  m.rbx = context.rbx;
  m.rdx = context.rdx;
  m.rax = context.rax;
  m.rcx = context.rcx;
  m.rsp = context.rsp;
  m.rip = Patching::instance().program_address(context.rip);
  m.rflags = context.rflags;
  m.cs = abi::selector_user_code;
  m.ss = abi::selector_user_data;
  m.error = signals.fault_error;
  m.vector = signals.fault_vector;
  m.old_mask = signals.mask;
  m.cr2 = signals.fault_address;
  return m;
}

void restore_machine_context(Context& context, const MachineContext& m) {
  context.r8 = m.r8;
  context.r9 = m.r9;
  context.r10 = m.r10;
  context.r11 = m.r11;
  context.r12 = m.r12;
  context.r13 = m.r13;
  context.r14 = m.r14;
  context.r15 = m.r15;
  context.rdi = m.rdi;
  context.rsi = m.rsi;
  context.rbp = m.rbp;
  context.rbx = m.rbx;
  context.rdx = m.rdx;
  context.rax = m.rax;
  context.rcx = m.rcx;
  context.rsp = m.rsp;
  context.rip = Patching::instance().resume_address(m.rip);
  context.rflags = (m.rflags & restored_rflags) | program_rflags;
  context.cs = abi::selector_user_code;
  context.ss = abi::selector_user_data;
  context.orig_rax = ~0ull;
}

// Where the parts of a frame go.
struct FramePlace {
  u64 fpstate;
  u64 frame;
};

bool choose_place(const Context& context, const SignalAction& action, const AlternateStack& stack, FramePlace& place) {
  u64 rsp = context.rsp - red_zone;
  const bool on_stack = stack.in_use(rsp);
  bool entering = false;
  if ((action.flags & SA_ONSTACK) != 0 && stack.size != 0 && !on_stack) {
    rsp = stack.address + stack.size;
    entering = true;
  }
  place.fpstate = align_down(rsp - xstate_frame_size(), 64);
  // The handler finds the stack as a function does after its call: 8 modulo 16.
  place.frame = align_down(place.fpstate - sizeof(SignalFrame), 16) - 8;
  return !(on_stack || entering) || stack.contains(place.frame);
}

}  // namespace

i32 alternate_stack_flags(const AlternateStack& stack, u64 rsp) {
  if (stack.size == 0) {
    return stack_disabled;
  }
  return stack.in_use(rsp) ? stack_on : 0;
}

i64 set_alternate_stack(AlternateStack& stack, const AlternateStack& next, u64 rsp) {
  if (stack.in_use(rsp)) {
    return -EPERM;
  }
  const i32 mode = next.flags & ~stack_autodisarm;
  if (mode != 0 && mode != stack_on && mode != stack_disabled) {
    return -EINVAL;
  }
  if (mode == stack_disabled) {
    stack = AlternateStack{};
    stack.flags = next.flags;
    return 0;
  }
  if (next.size < minimum_stack) {
    return -ENOMEM;
  }
  stack = next;
  stack.padding = 0;
  return 0;
}

bool push_signal_frame(Context& context, const SignalAction& action, const SignalInfo& info) {
  ThreadSignals& signals = Thread::current().signals;
  FramePlace place;
  if ((action.flags & restorer_flag) == 0 || !choose_place(context, action, signals.alternate, place)) {
    return false;
  }
  alignas(64) u8 fpstate[xstate_limit + 64];
  save_xstate(fpstate);
  SignalFrame frame{};
  frame.return_address = action.restorer;
  frame.user.flags = frame_flags;
  frame.user.stack = signals.alternate;
  frame.user.machine = machine_context(context, signals);
  frame.user.machine.fpstate = place.fpstate;
  frame.user.mask = signals.restore_mask ? signals.saved_mask : signals.mask;
  frame.user.machine.old_mask = frame.user.mask;
  frame.info = info;
  if (!copy_to_user(place.fpstate, fpstate, xstate_frame_size()) || !write_user(place.frame, frame)) {
    return false;
  }
  if ((signals.alternate.flags & stack_autodisarm) != 0) {
    signals.alternate = AlternateStack{};
  }
  context.rdi = static_cast<u64>(info.signo);
  context.rsi = place.frame + offsetof(SignalFrame, info);
  context.rdx = place.frame + offsetof(SignalFrame, user);
  context.rax = 0;
  context.rip = action.handler;
  context.rsp = place.frame;
  context.rflags = (context.rflags & ~cleared_rflags) | program_rflags;
  context.orig_rax = ~0ull;
  reset_xstate();
  u64 mask = signals.mask | action.mask;
  if ((action.flags & SA_NODEFER) == 0) {
    mask |= signal_bit(static_cast<u32>(info.signo));
  }
  signals.restore_mask = false;
  Signals::instance().set_mask(mask);
  return true;
}

bool pop_signal_frame(Context& context) {
  SignalFrame frame;
  ThreadSignals& signals = Thread::current().signals;
  // The handler's return has taken the return address off the stack.
  if (!copy_from_user(&frame, context.rsp - sizeof frame.return_address, sizeof frame - sizeof frame.info)) {
    return false;
  }
  const MachineContext& machine = frame.user.machine;
  if ((machine.cs | 3) != abi::selector_user_code || !restore_xstate(machine.fpstate)) {
    return false;
  }
  Signals::instance().set_mask(frame.user.mask);
  restore_machine_context(context, machine);
  set_alternate_stack(signals.alternate, frame.user.stack, context.rsp);  // as Linux: a refusal is no error
  return true;
}

}  // namespace kx::libos
