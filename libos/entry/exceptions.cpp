// Exceptions of the program become page-table work or signals; those of the library OS itself are faults of its copies
// from and to the program, or our bugs.
#include <signal.h>

#include <cerrno>
#include <kx/abi/vcpu.hpp>

#include "entry/components.hpp"
#include "host/host_call.hpp"
#include "host/stats.hpp"
#include "libraries/hook.hpp"
#include "mm/address_space.hpp"
#include "process/exit.hpp"
#include "process/thread.hpp"
#include "signals/signals.hpp"
#include "signals/xstate.hpp"

extern "C" const char kx_text_begin[], kx_text_end[], kx_iret_instruction[];

namespace kx::libos {

namespace {

enum Vector : u64 {
  divide_error = 0,
  debug = 1,
  breakpoint = 3,
  overflow = 4,
  bound_range = 5,
  invalid_opcode = 6,
  invalid_tss = 10,
  segment_not_present = 11,
  stack_fault = 12,
  general_protection = 13,
  page_fault = 14,
  x87_error = 16,
  alignment_check = 17,
  simd_error = 19,
};

constexpr u64 error_present = 1, error_write = 2, error_fetch = 16;
constexpr u64 trap_flag = 0x100;

u64 address_of(const char* label) {
  return reinterpret_cast<u64>(label);
}

bool in_linear_window(u64 address) {
  return address >= abi::linear_base && address < abi::linear_end;
}

// Only there does the library OS run; entry.S chooses the stack by the same rule.
bool in_image(u64 rip) {
  return rip - abi::linear_gva(abi::libos_text_gpa) < abi::libos_image_size;
}

class Text {
 public:
  Text& add(const char* text) {
    while (*text != 0 && size_ + 1 < sizeof bytes_) {
      bytes_[size_++] = *text++;
    }
    return *this;
  }
  Text& add_hex(u64 value) {
    char digits[17] = {};
    int first = 16;
    do {
      digits[--first] = "0123456789abcdef"[value & 15];
      value >>= 4;
    } while (value != 0);
    return add("0x").add(digits + first);
  }
  [[nodiscard]] const char* c_str() const { return bytes_; }

 private:
  char bytes_[160] = {};
  u64 size_ = 0;
};

[[noreturn]] void own_fault(const Context& context, u64 cr2) {
  Text text;
  text.add("exception ").add_hex(context.vector).add(" error ").add_hex(context.error);
  text.add(" at ").add_hex(context.rip).add(" cr2 ").add_hex(cr2).add(" rsp ").add_hex(context.rsp);
  panic(text.c_str(), __FILE__, __LINE__);
}

// As Linux's OOM killer: the program cannot be told in any other way.
[[noreturn]] void end_out_of_memory() {
  if (in_hook()) {
    end_hook(abi::HookState::NoMemory, ENOMEM, 0);
  }
  host_call(abi::HostCall::OutOfMemory, CallKind::Blocking);
  end_process(killed_by(SIGKILL));
}

FaultOutcome resolve(const Context& context, u64 cr2) {
  if (in_hook() && (context.error & error_write) != 0) [[unlikely]] {
    check_hook_write(cr2);
  }
  ++stats().page_faults;
  return AddressSpace::instance().fault(Gva{cr2},
                                        {(context.error & error_write) != 0, (context.error & error_fetch) != 0});
}

// The copies of entry.S: where a fault that cannot be resolved goes on.
u64 fixup_of(u64 rip) {
  if (rip == address_of(kx_user_copy_instruction)) {
    return address_of(kx_user_copy_fixup);
  }
  if (rip >= address_of(kx_user_copy_small_begin) && rip < address_of(kx_user_copy_small_end)) {
    return address_of(kx_user_copy_small_fixup);
  }
  if (rip == address_of(kx_user_load32_instruction)) {
    return address_of(kx_user_load32_fixup);
  }
  if (rip == address_of(kx_user_cas32_instruction)) {
    return address_of(kx_user_cas32_fixup);
  }
  return 0;
}

// An IRETQ to an address that is none: the fault belongs to the program that the frame describes.
bool is_refused_return(const Context& context) {
  return context.vector == general_protection && context.rip == address_of(kx_iret_instruction);
}

void take_over_return(Context& context) {
  // SAFETY: RSP of the refused IRETQ is a frame on the library OS's stack.
  const auto& frame = *reinterpret_cast<const abi::IretFrame*>(context.rsp);
  const abi::IretFrame copy = frame;
  context.rip = copy.rip;
  context.cs = abi::selector_user_code;
  context.rflags = copy.rflags;
  context.rsp = copy.rsp;
  context.ss = abi::selector_user_data;
  force_fault(context, SIGSEGV, SI_KERNEL, 0, general_protection, 0);
}

// True if the program is to be returned to.
bool nested_exception(Context& context, u64 cr2) {
  if (context.vector == debug) {
    context.rflags &= ~trap_flag;  // a program that single-steps itself into a system call
    return false;
  }
  if (is_refused_return(context)) {
    take_over_return(context);
    return true;
  }
  if (context.vector == page_fault && (context.error & (error_present | error_write)) == 0 && map_component(cr2)) {
    return false;
  }
  const u64 fixup = fixup_of(context.rip);
  if (fixup == 0 || (context.vector != page_fault && context.vector != general_protection)) {
    own_fault(context, cr2);
  }
  if (context.vector == page_fault) {
    const FaultOutcome outcome = resolve(context, cr2);
    if (outcome == FaultOutcome::Resolved) {
      return false;
    }
    if (outcome == FaultOutcome::OutOfMemory) {
      end_out_of_memory();
    }
  }
  context.rip = fixup;
  return false;
}

void program_page_fault(Context& context, u64 cr2) {
  const FaultOutcome outcome = resolve(context, cr2);
  if (outcome == FaultOutcome::Resolved) {
    return;
  }
  if (outcome == FaultOutcome::OutOfMemory) {
    end_out_of_memory();
  }
  Thread::current().signals.fault_address = cr2;
  u64 error = context.error;
  if (cr2 >= abi::user_end || in_linear_window(cr2)) {
    error |= error_present;  // as Linux: what lies there is not told
  }
  switch (outcome) {
    case FaultOutcome::NotPermitted:
      return force_fault(context, SIGSEGV, SEGV_ACCERR, cr2, page_fault, error);
    case FaultOutcome::BeyondFile:
      return force_fault(context, SIGBUS, BUS_ADRERR, cr2, page_fault, error);
    default:
      return force_fault(context, SIGSEGV, SEGV_MAPERR, cr2, page_fault, error);
  }
}

i32 float_code(u32 exceptions) {
  // In the order of arch/x86/kernel/fpu/core.c, fpu__exception_code().
  if ((exceptions & 0x01) != 0) {
    return FPE_FLTINV;
  }
  if ((exceptions & 0x04) != 0) {
    return FPE_FLTDIV;
  }
  if ((exceptions & 0x08) != 0) {
    return FPE_FLTOVF;
  }
  if ((exceptions & 0x12) != 0) {
    return FPE_FLTUND;
  }
  return (exceptions & 0x20) != 0 ? FPE_FLTRES : 0;
}

void float_error(Context& context, u32 exceptions) {
  const i32 code = float_code(exceptions);
  if (code != 0) {
    force_fault(context, SIGFPE, code, context.rip, context.vector, 0);
  }
}

// INT n raises #UD where the hypervisor cannot let it through (shadow-paging KVMs); the program sees what Linux shows.
void illegal_instruction(Context& context) {
  u8 bytes[2] = {};
  if (copy_from_user(bytes, context.rip, sizeof bytes) && bytes[0] == 0xcd) {
    if (bytes[1] == breakpoint) {
      context.rip += 2;
      return force_fault(context, SIGTRAP, SI_KERNEL, 0, breakpoint, 0);
    }
    return force_fault(context, SIGSEGV, SI_KERNEL, 0, general_protection, bytes[1] * 8u + 2);
  }
  force_fault(context, SIGILL, ILL_ILLOPN, context.rip, invalid_opcode, 0);
}

void program_exception(Context& context, u64 cr2) {
  switch (context.vector) {
    case abi::vector_upcall:
      return;  // the pending word is looked at on the way out
    case abi::vector_bus_error:
      if (AddressSpace::instance().drop_beyond_files()) {
        return;  // the access is repeated and faults with its address
      }
      return force_fault(context, SIGBUS, BUS_ADRERR, 0, page_fault, 4);
    case page_fault:
      return program_page_fault(context, cr2);
    case divide_error:
      return force_fault(context, SIGFPE, FPE_INTDIV, context.rip, divide_error, 0);
    case debug:
      return force_fault(context, SIGTRAP, TRAP_TRACE, context.rip, debug, 0);
    case breakpoint:
      return force_fault(context, SIGTRAP, SI_KERNEL, 0, breakpoint, 0);
    case invalid_opcode:
      return illegal_instruction(context);
    case segment_not_present:
    case stack_fault:
      return force_fault(context, SIGBUS, SI_KERNEL, 0, context.vector, context.error);
    case alignment_check:
      return force_fault(context, SIGBUS, BUS_ADRALN, 0, alignment_check, context.error);
    case x87_error:
      return float_error(context, raised_x87_exceptions());
    case simd_error:
      return float_error(context, raised_sse_exceptions());
    case general_protection:
      return force_fault(context, SIGSEGV, SI_KERNEL, 0, general_protection, context.error);
    default:
      return force_fault(context, SIGSEGV, SI_KERNEL, 0, context.vector, 0);
  }
}

}  // namespace

// True: on to the program, through kx_work if something is pending. False: back into the library OS.
extern "C" bool kx_exception(Context* context, u64 cr2) {
  if (in_image(context->rip)) {
    return nested_exception(*context, cr2);
  }
  program_exception(*context, cr2);
  return true;
}

}  // namespace kx::libos
