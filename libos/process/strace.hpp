// --strace: one line a system call.
#pragma once

#include "arch/x86_64/context.hpp"

namespace kx::libos {

extern bool strace_flag;
inline bool strace_enabled() {
  return strace_flag;
}

void trace_call(const Context& context);
void trace_result(const Context& context, i64 result);

}  // namespace kx::libos
