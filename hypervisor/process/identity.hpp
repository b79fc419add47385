// Identities of threads of the host. A vCPU's thread has that of its thread of the program, so the host judges what a
// program that has given up its rights may do; setuid(2) and its like are made by the thread itself and concern it
// alone (nptl(7)).
#pragma once

#include <linux/capability.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <kx/abi/identity.hpp>

#include "hypervisor/services/call_support.hpp"

namespace kx::hv {

// Capability sets as capset(2) takes them.
struct CapabilitySets {
  __user_cap_data_struct halves[2];
};
std::int64_t set_capabilities(CapabilitySets sets);

// A system call as it is: the C library's own functions would change all threads. Its result or -errno.
template <class... Arguments>
std::int64_t identity_call(long number, Arguments... arguments) {
  const long result = ::syscall(number, arguments...);
  return result == -1 ? -errno : result;
}

// Of the calling thread. Groups beyond most_groups are left out.
abi::Identity identity_of_thread();

// Makes the calling thread, which has the rights that the family began with, what `wanted` says. 0 or -errno; then it
// is neither this nor that.
std::int64_t take_identity(const abi::Identity& wanted);

// HostCall::Identity.
std::int64_t serve_identity(CallContext& context, Call& call);

}  // namespace kx::hv
