#include "hypervisor/ipc/permissions.hpp"

#include <algorithm>
#include <cerrno>

namespace kx::hv::ipc {

namespace {

constexpr std::uint32_t permission_bits = 0777;

}  // namespace

bool Caller::in_group(std::uint32_t gid) const {
  const std::uint32_t count = std::min(identity.group_count, abi::most_groups);
  return identity.gid == gid || std::find(identity.groups, identity.groups + count, gid) != identity.groups + count;
}

Permission Permission::of_new(const Caller& caller, std::int32_t key, std::uint32_t mode) {
  const abi::IpcCaller& who = caller.identity;
  return {key, who.uid, who.gid, who.uid, who.gid, mode & permission_bits, 0};
}

std::int64_t Permission::check(const Caller& caller, std::uint32_t wanted) const {
  const std::uint32_t requested = (wanted >> 6 | wanted >> 3 | wanted) & 7;
  std::uint32_t granted = mode;
  if (caller.identity.uid == creator_uid || caller.identity.uid == uid) {
    granted >>= 6;
  } else if (caller.in_group(creator_gid) || caller.in_group(gid)) {
    granted >>= 3;
  }
  return (requested & ~granted) != 0 && !caller.privileged() ? -EACCES : 0;
}

std::int64_t Permission::check_owner(const Caller& caller) const {
  const bool owns = caller.identity.uid == creator_uid || caller.identity.uid == uid;
  return owns || caller.privileged() ? 0 : -EPERM;
}

std::int64_t Permission::set(const ipc_perm& from) {
  if (from.uid == ~0u || from.gid == ~0u) {
    return -EINVAL;
  }
  uid = from.uid;
  gid = from.gid;
  mode = (mode & ~permission_bits) | (from.mode & permission_bits);
  return 0;
}

ipc_perm Permission::describe() const {
  ipc_perm result{};
  result.__key = key;
  result.uid = uid;
  result.gid = gid;
  result.cuid = creator_uid;
  result.cgid = creator_gid;
  result.mode = static_cast<decltype(result.mode)>(mode);
  result.__seq = sequence;
  return result;
}

}  // namespace kx::hv::ipc
