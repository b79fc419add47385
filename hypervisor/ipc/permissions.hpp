// Who may use an object of System V IPC: sysvipc(7), "Resource access permissions".
#pragma once

#include <sys/ipc.h>

#include <cstdint>
#include <kx/abi/ipc.hpp>

namespace kx::hv::ipc {

// A process that makes a call.
struct Caller {
  std::int32_t pid = 0;
  abi::IpcCaller identity{};

  [[nodiscard]] bool in_group(std::uint32_t gid) const;
  // The family has its IPC objects to itself: its root may do with them what root may do in an IPC namespace of its
  // own.
  [[nodiscard]] bool privileged() const { return identity.uid == 0; }
};

inline constexpr std::uint32_t may_read = 0444, may_write = 0222, may_execute = 0111;

struct Permission {
  std::int32_t key = 0;
  std::uint32_t uid = 0, gid = 0, creator_uid = 0, creator_gid = 0;
  std::uint32_t mode = 0;
  std::uint16_t sequence = 0;

  static Permission of_new(const Caller& caller, std::int32_t key, std::uint32_t mode);

  // 0, or -EACCES if `caller` lacks one of the rights `wanted` asks for in any of its three groups of bits.
  [[nodiscard]] std::int64_t check(const Caller& caller, std::uint32_t wanted) const;
  // 0, or -EPERM: for IPC_SET and IPC_RMID.
  [[nodiscard]] std::int64_t check_owner(const Caller& caller) const;
  // IPC_SET: owner, group and the nine bits. -EINVAL for ids that stand for none.
  std::int64_t set(const ipc_perm& from);
  [[nodiscard]] ipc_perm describe() const;
};

}  // namespace kx::hv::ipc
