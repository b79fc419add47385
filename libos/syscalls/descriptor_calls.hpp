// Handlers of descriptor calls that have a file of their own.
#pragma once

#include <optional>

#include "files/open_file.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

i64 call_ioctl(Context& context);  // descriptor_calls_ioctl.cpp

// F_GETFL and F_SETFL. `fd`: what a signal of O_ASYNC names.
i64 status_flags(const OpenFile& file);
i64 set_status_flags(OpenFile& file, u64 flags, u64 fd);

// descriptor_calls_owner.cpp: the result, or nothing if it is none of its commands.
std::optional<i64> owner_fcntl(const OpenFile& file, u32 command, u64 argument);
std::optional<i64> owner_ioctl(const OpenFile& file, u32 request, u64 address);

}  // namespace kx::libos
