// Opening files by path.
#pragma once

#include "arch/x86_64/context.hpp"
#include "files/fd_table.hpp"
#include "files/resolve.hpp"
#include "host/host_call.hpp"

namespace kx::libos {

struct OpenRequest {
  u32 flags = 0;           // O_*
  u32 mode = 0;            // of a new file, umask applied
  u64 resolve = 0;         // RESOLVE_* of openat2(2)
  bool with_head = false;  // the caller is the dynamic linker: bring along what it asks for next (FileHead)
};

// Opens what `place` names; the path must still be in the call buffer. 0 or -errno.
i64 open_place(Place& place, const OpenRequest& request, FileRef& file);

// The file behind the answer to HostCall::Open, which may be -errno. 0 or -errno.
i64 adopt_opened(const HostReply& reply, u32 flags, FileRef& file);

// Another open file description of the same file as descriptor `fd` (open of /proc/self/fd/N).
i64 reopen_descriptor(u32 fd, const OpenRequest& request, FileRef& file);

}  // namespace kx::libos
