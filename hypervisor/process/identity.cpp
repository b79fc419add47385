#include "hypervisor/process/identity.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "hypervisor/process/family.hpp"
#include "hypervisor/process/pvm.hpp"

namespace kx::hv {

namespace {

// The C library's own functions would change all threads.
template <class... Arguments>
std::int64_t raw(long number, Arguments... arguments) {
  const long result = ::syscall(number, arguments...);
  return result == -1 ? -errno : result;
}

constexpr std::uint32_t unchanged = ~0u;

struct CapabilitySets {
  __user_cap_data_struct halves[2];
};

std::int64_t set_capabilities(CapabilitySets sets) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  return raw(SYS_capset, &header, sets.halves);
}

CapabilitySets sets_of(const abi::Identity& identity) {
  CapabilitySets sets{};
  for (unsigned half = 0; half < 2; ++half) {
    const auto part = [&](std::uint64_t set) { return static_cast<std::uint32_t>(set >> (32 * half)); };
    sets.halves[half] = {part(identity.effective), part(identity.permitted), part(identity.inheritable)};
  }
  return sets;
}

std::int64_t set_groups(const CallContext& context, std::uint64_t count, std::uint64_t offset) {
  gid_t groups[abi::most_groups];
  if (count > abi::most_groups) {
    return -EINVAL;
  }
  const auto bytes = copy_in_bytes(context, offset, count * sizeof(gid_t));
  if (!bytes) {
    return -EFAULT;
  }
  std::memcpy(groups, bytes->data(), bytes->size());
  return raw(SYS_setgroups, count, groups);
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
      return raw(static_cast<long>(call.args[0]), static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(b),
                 static_cast<std::uint32_t>(c));
    case SYS_setgroups:
      return set_groups(context, a, b);
    case SYS_capset:
      return change_capabilities(context, a);
    case SYS_prctl:
      return raw(SYS_prctl, PR_SET_KEEPCAPS, a, 0, 0, 0);
    default:
      return -EINVAL;
  }
}

}  // namespace

abi::Identity identity_of_thread() {
  abi::Identity identity{};
  abi::Ids& user = identity.user;
  abi::Ids& group = identity.group;
  raw(SYS_getresuid, &user.real, &user.effective, &user.saved);
  raw(SYS_getresgid, &group.real, &group.effective, &group.saved);
  user.file = static_cast<std::uint32_t>(raw(SYS_setfsuid, unchanged));
  group.file = static_cast<std::uint32_t>(raw(SYS_setfsgid, unchanged));
  // More groups than there is room for are not told at all by the host.
  if (const std::int64_t count = raw(SYS_getgroups, abi::most_groups, identity.groups); count > 0) {
    identity.group_count = static_cast<std::uint32_t>(count);
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  CapabilitySets sets{};
  raw(SYS_capget, &header, sets.halves);
  for (unsigned half = 0; half < 2; ++half) {
    identity.effective |= std::uint64_t{sets.halves[half].effective} << (32 * half);
    identity.permitted |= std::uint64_t{sets.halves[half].permitted} << (32 * half);
    identity.inheritable |= std::uint64_t{sets.halves[half].inheritable} << (32 * half);
  }
  identity.keeps_capabilities = static_cast<std::uint32_t>(std::max<std::int64_t>(raw(SYS_prctl, PR_GET_KEEPCAPS), 0));
  return identity;
}

std::int64_t take_identity(const abi::Identity& wanted) {
  if (identity_of_thread() == wanted) {
    return 0;
  }
  const abi::Ids& user = wanted.user;
  const abi::Ids& group = wanted.group;
  // Capabilities last: each step before needs some.
  const std::int64_t steps[] = {
      raw(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0),
      raw(SYS_setgroups, std::size_t{wanted.group_count}, wanted.groups),
      raw(SYS_setresgid, group.real, group.effective, group.saved),
      std::min<std::int64_t>(raw(SYS_setfsgid, group.file), 0),
      raw(SYS_setresuid, user.real, user.effective, user.saved),
      std::min<std::int64_t>(raw(SYS_setfsuid, user.file), 0),
      set_capabilities(sets_of(wanted)),
      raw(SYS_prctl, PR_SET_KEEPCAPS, wanted.keeps_capabilities, 0, 0, 0),
  };
  const auto* const failed = std::ranges::find_if(steps, [](std::int64_t result) { return result != 0; });
  if (failed != std::end(steps)) {
    return *failed;
  }
  return identity_of_thread() == wanted ? 0 : -EPERM;
}

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
