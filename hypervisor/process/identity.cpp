#include "hypervisor/process/identity.hpp"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace kx::hv {

namespace {

constexpr std::uint32_t unchanged = ~0u;

CapabilitySets sets_of(const abi::Identity& identity) {
  CapabilitySets sets{};
  for (unsigned half = 0; half < 2; ++half) {
    const auto part = [&](std::uint64_t set) { return static_cast<std::uint32_t>(set >> (32 * half)); };
    sets.halves[half] = {part(identity.effective), part(identity.permitted), part(identity.inheritable)};
  }
  return sets;
}

}  // namespace

std::int64_t set_capabilities(CapabilitySets sets) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  return identity_call(SYS_capset, &header, sets.halves);
}

abi::Identity identity_of_thread() {
  abi::Identity identity{};
  abi::Ids& user = identity.user;
  abi::Ids& group = identity.group;
  identity_call(SYS_getresuid, &user.real, &user.effective, &user.saved);
  identity_call(SYS_getresgid, &group.real, &group.effective, &group.saved);
  user.file = static_cast<std::uint32_t>(identity_call(SYS_setfsuid, unchanged));
  group.file = static_cast<std::uint32_t>(identity_call(SYS_setfsgid, unchanged));
  // More groups than there is room for are not told at all by the host.
  if (const std::int64_t count = identity_call(SYS_getgroups, abi::most_groups, identity.groups); count > 0) {
    identity.group_count = static_cast<std::uint32_t>(count);
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  CapabilitySets sets{};
  identity_call(SYS_capget, &header, sets.halves);
  for (unsigned half = 0; half < 2; ++half) {
    identity.effective |= std::uint64_t{sets.halves[half].effective} << (32 * half);
    identity.permitted |= std::uint64_t{sets.halves[half].permitted} << (32 * half);
    identity.inheritable |= std::uint64_t{sets.halves[half].inheritable} << (32 * half);
  }
  identity.keeps_capabilities =
      static_cast<std::uint32_t>(std::max<std::int64_t>(identity_call(SYS_prctl, PR_GET_KEEPCAPS), 0));
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
      identity_call(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0),
      identity_call(SYS_setgroups, std::size_t{wanted.group_count}, wanted.groups),
      identity_call(SYS_setresgid, group.real, group.effective, group.saved),
      std::min<std::int64_t>(identity_call(SYS_setfsgid, group.file), 0),
      identity_call(SYS_setresuid, user.real, user.effective, user.saved),
      std::min<std::int64_t>(identity_call(SYS_setfsuid, user.file), 0),
      set_capabilities(sets_of(wanted)),
      identity_call(SYS_prctl, PR_SET_KEEPCAPS, wanted.keeps_capabilities, 0, 0, 0),
  };
  const auto* const failed = std::ranges::find_if(steps, [](std::int64_t result) { return result != 0; });
  if (failed != std::end(steps)) {
    return *failed;
  }
  return identity_of_thread() == wanted ? 0 : -EPERM;
}

}  // namespace kx::hv
