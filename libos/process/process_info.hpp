// What /proc tells about the running program beyond the address space: kept by exec, read by files/.
#pragma once

#include "arch/x86_64/context.hpp"

namespace kx::libos {

struct ProcessInfo {
  char exe_path[4096] = {};   // in the family's view
  char comm[16] = {};         // PR_SET_NAME of the main thread before it has a Thread
  u64 auxiliary_address = 0;  // the auxiliary vector on the program's first stack, AT_NULL included
  u64 auxiliary_size = 0;
  // Of the program, and of its dynamic linker (0: it has none), for updates of its libraries.
  u64 headers_start = 0, header_count = 0;
  u64 linker_start = 0, linker_end = 0;
  u64 generation = 0;  // counts programs

  static ProcessInfo& instance();
};

}  // namespace kx::libos
