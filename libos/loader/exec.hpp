// Builds a process image from a program file (execve(2)).
#pragma once

#include "arch/x86_64/context.hpp"
#include "files/resolve.hpp"

namespace kx::libos {

// Strings one after the other, each with its NUL.
struct StringList {
  const char* text = nullptr;
  u64 size = 0;
  u64 count = 0;
};

struct ExecRequest {
  const char* path = nullptr;  // NUL-terminated, relative to the working directory
  StringList arguments;
  StringList environment;
  FinalLink final = FinalLink::Follow;  // Keep: the program must not be a symbolic link
  bool script_path_lost = false;        // `path` goes with the descriptors closed by this call
  bool first = false;                   // the pVM's first program: there is nothing to leave
};

// Replaces the process image and sets `context` to the program's first instruction. Returns 0, or -errno with the
// caller intact. A failure after the old image is gone ends the process.
i64 load_program(const ExecRequest& request, Context& context);

}  // namespace kx::libos
