// Handlers of descriptor calls that have a file of their own.
#pragma once

#include "syscalls/dispatch.hpp"

namespace kx::libos {

i64 call_ioctl(Context& context);  // descriptor_calls_ioctl.cpp

}  // namespace kx::libos
