// HostCall::Identity: setuid(2) and its like, made by the thread of the vCPU that asks.
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "hypervisor/process/family.hpp"
#include "hypervisor/process/identity.hpp"
#include "hypervisor/process/pvm.hpp"

namespace kx::hv {

namespace {

std::int64_t set_groups(const CallContext& context, std::uint64_t count, std::uint64_t offset) {
  if (count > abi::most_groups) {
    return -EINVAL;
  }
  const auto bytes = copy_in_bytes(context, offset, count * sizeof(gid_t));
  if (!bytes) {
    return -EFAULT;
  }
  gid_t groups[abi::most_groups];
  std::ranges::copy(*bytes, reinterpret_cast<std::byte*>(groups));  // SAFETY: seen as bytes
  return identity_call(SYS_setgroups, count, groups);
}

std::int64_t change_capabilities(const CallContext& context, std::uint64_t offset) {
  CapabilitySets sets;
  return copy_in(context, offset, sets) ? set_capabilities(sets) : -EFAULT;
}

// The system call that the library OS asks for, of those that change the caller alone.
std::int64_t change(const CallContext& context, const Call& call) {
  const std::uint64_t a = call.args[1], b = call.args[2], c = call.args[3];
  switch (call.args[0]) {
    case SYS_setuid:
    case SYS_setgid:
    case SYS_setreuid:
    case SYS_setregid:
    case SYS_setresuid:
    case SYS_setresgid:
    case SYS_setfsuid:
    case SYS_setfsgid:
      return identity_call(static_cast<long>(call.args[0]), static_cast<std::uint32_t>(a),
                           static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(c));
    case SYS_setgroups:
      return set_groups(context, a, b);
    case SYS_capset:
      return change_capabilities(context, a);
    case SYS_prctl:
      return identity_call(SYS_prctl, PR_SET_KEEPCAPS, a, 0, 0, 0);
    default:
      return -EINVAL;
  }
}

}  // namespace

std::int64_t serve_identity(CallContext& context, Call& call) {
  Pvm& pvm = *context.services.pvm;
  // Threads that the hypervisor makes for itself are made before any has less rights, and none of them serves this pVM
  // in what the host judges by identity.
  if (!pvm.family().start_collector()) {
    return -EAGAIN;
  }
  context.services.has_own_identity.store(true, std::memory_order_seq_cst);
  const std::int64_t result = change(context, call);
  const abi::Identity identity = identity_of_thread();
  pvm.family().processes().change(pvm.pid(), [&](ProcessTable::Process& process) {
    process.user = identity.user;
    process.group_ids = identity.group;
  });
  return copy_out(context, call.args[4], identity) ? result : -EFAULT;
}

}  // namespace kx::hv
