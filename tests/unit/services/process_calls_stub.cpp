// Stands in for the process calls, which need virtual machines: none is known.
#include <cerrno>

#include "hypervisor/services/call_support.hpp"

namespace kx::hv {

std::optional<std::int64_t> serve_process_call(CallContext&, abi::HostCall, Call&) {
  return std::nullopt;
}

std::int64_t serve_file_owner(const CallContext&, const HandleTable::File&, int, std::uint64_t) {
  return -EINVAL;
}

}  // namespace kx::hv
