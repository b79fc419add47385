// What may become executable is judged by the hypervisor, if the family has a library policy.
#pragma once

#include <kx/abi/host_call.hpp>

#include "files/open_file.hpp"

namespace kx::libos {

// Whether there is one. If not, nothing here needs to be called.
bool has_library_policy();

// Asks for a file whose private pages become executable. 0: its pages, of any mapping, are read from the content that
// was judged from now on (OpenFile::content_handle()); -EACCES, or another error of the hypervisor's. `program`: handle
// of the file of a program that is about to run, or no_handle: the one that runs loads it.
i64 approve_file(OpenFile& file, u64 program = abi::no_handle);

// Asks for anything else. 0 or -EACCES.
i64 approve_memory(abi::ExecutableKind kind, u64 program = abi::no_handle);

// A new program runs: what the old one was allowed does not count for it.
void forget_approvals();

}  // namespace kx::libos
