// What /proc tells of a process of the family.
#pragma once

#include <cstdint>

#include "hypervisor/services/host_calls.hpp"

namespace kx::hv {

// HostCall::ProcessDescribe. -ESRCH if there is no such process.
std::int64_t describe_process(const CallContext& context, const Call& call);

}  // namespace kx::hv
