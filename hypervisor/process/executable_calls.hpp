#pragma once

#include <cstdint>

#include "hypervisor/services/call_support.hpp"

namespace kx::hv {

// HostCall::CheckExecutable.
std::int64_t check_executable(const CallContext& context, const Call& call);

}  // namespace kx::hv
