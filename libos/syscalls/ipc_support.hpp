// What the calls of System V IPC share: the call to the hypervisor, and the structs of the control calls.
#pragma once

#include <cerrno>
#include <kx/abi/ipc.hpp>

#include "host/host_call.hpp"
#include "mm/address_space.hpp"

namespace kx::libos {

using abi::ipc_data_offset;
using abi::IpcOperation;

inline u8* ipc_data() {
  return call_buffer() + ipc_data_offset;
}

// Carries out `operation` for the process as it is now; its data is in place.
HostReply ipc_call_raw(IpcOperation operation, u64 a = 0, u64 b = 0, u64 c = 0, u64 d = 0);
inline i64 ipc_call(IpcOperation operation, u64 a = 0, u64 b = 0, u64 c = 0, u64 d = 0) {
  return ipc_call_raw(operation, a, b, c, d).result;
}

// The struct of a control command: how much of it the hypervisor reads, and how much the program gets.
struct ControlSize {
  u64 in = 0;
  u64 out = 0;
};

// Copies the struct at `address` in, carries out the command by `call`, copies the answer out.
template <class Call>
i64 ipc_control(u64 address, ControlSize size, Call&& call) {
  if (size.in != 0 && !copy_from_user(ipc_data(), address, size.in)) {
    return -EFAULT;
  }
  const i64 result = call();
  return result >= 0 && size.out != 0 && !copy_to_user(address, ipc_data(), size.out) ? -EFAULT : result;
}

}  // namespace kx::libos
