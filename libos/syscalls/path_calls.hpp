// Handlers of calls that take paths, by file.
#pragma once

#include "syscalls/dispatch.hpp"

namespace kx::libos {

// Opening (path_calls_open.cpp).
i64 call_open(Context& context);
i64 call_openat(Context& context);
i64 call_openat2(Context& context);
i64 call_creat(Context& context);

// Asking (path_calls_stat.cpp).
i64 call_stat(Context& context);
i64 call_lstat(Context& context);
i64 call_fstat(Context& context);
i64 call_newfstatat(Context& context);
i64 call_statx(Context& context);
i64 call_access(Context& context);
i64 call_faccessat(Context& context);
i64 call_faccessat2(Context& context);
i64 call_readlink(Context& context);
i64 call_readlinkat(Context& context);
i64 call_statfs(Context& context);
i64 call_fstatfs(Context& context);

// Extended attributes (path_calls_xattr.cpp).
template <u32 number>
i64 call_xattr(Context& context);

// Places (path_calls_directory.cpp).
i64 call_chdir(Context& context);
i64 call_fchdir(Context& context);
i64 call_getcwd(Context& context);
i64 call_getdents64(Context& context);
i64 call_lseek(Context& context);

}  // namespace kx::libos
