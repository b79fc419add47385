// Stands in for the process calls, which need virtual machines: none is known.
#include "hypervisor/services/host_calls.hpp"

namespace kx::hv {

std::optional<std::int64_t> serve_process_call(CallContext&, abi::HostCall, Call&) {
  return std::nullopt;
}

}  // namespace kx::hv
