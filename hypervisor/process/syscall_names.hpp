#pragma once

#include <cstddef>

namespace kx::hv {

// The name of system call `number`, or "unknown".
const char* syscall_name(std::size_t number);

}  // namespace kx::hv
