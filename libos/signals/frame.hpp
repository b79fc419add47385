// Signal frames on the program's stack, exactly as Linux builds them on x86-64.
#pragma once

#include "arch/x86_64/context.hpp"
#include "signals/signal_types.hpp"

namespace kx::libos {

// The alternate stack's state as sigaltstack(2) reports it to code running at `rsp`.
i32 alternate_stack_flags(const AlternateStack& stack, u64 rsp);

// sigaltstack(2) for code running at `rsp`: 0, -EPERM, -EINVAL or -ENOMEM.
i64 set_alternate_stack(AlternateStack& stack, const AlternateStack& next, u64 rsp);

// Makes `context` run the handler of `info` on a new frame and blocks what the handler's mask says. False: the stack
// cannot take the frame; nothing has changed.
bool push_signal_frame(Context& context, const SignalAction& action, const SignalInfo& info);

// rt_sigreturn(2). False: the frame is unusable.
bool pop_signal_frame(Context& context);

}  // namespace kx::libos
