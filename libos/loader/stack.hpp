// The first stack of a program: strings, auxiliary vector, environment, arguments (System V ABI, 3.4.1).
#pragma once

#include "loader/exec.hpp"

namespace kx::libos {

struct StackRequest {
  StringList arguments;
  StringList environment;
  const char* path = nullptr;
  bool executable = false;
  u64 vdso = 0;  // 0: none
  u64 phdr = 0, phdr_count = 0;
  u64 interpreter_base = 0;
  u64 entry = 0;
};

// Maps the stack and writes it. 0 or -errno.
i64 build_stack(const StackRequest& request, u64& stack_pointer);

}  // namespace kx::libos
