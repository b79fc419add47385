// Who is told by a signal that a file is ready: fcntl(2), "Managing signals", and the older ioctls.
#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "syscalls/descriptor_calls.hpp"

namespace kx::libos {

namespace {

constexpr u32 set_owner_ex = 15, get_owner_ex = 16;            // F_SETOWN_EX, F_GETOWN_EX
constexpr i32 owner_process = 1, owner_group = 2;              // F_OWNER_PID, F_OWNER_PGRP
constexpr u32 set_signal_number = 10, get_signal_number = 11;  // F_SETSIG, F_GETSIG

struct Owner {
  i32 type;
  i32 id;
};

i64 call_host(const OpenFile& file, u32 command, u64 argument) {
  return host_call(abi::HostCall::Fcntl, CallKind::Quick, file.handle(), command, argument);
}

i64 set_owner(const OpenFile& file, Owner owner) {
  std::memcpy(call_buffer(), &owner, sizeof owner);
  return call_host(file, set_owner_ex, 0);
}

// A process, or a group by its negative number.
i64 set_owner(const OpenFile& file, i32 id) {
  if (id == INT32_MIN) {
    return -EINVAL;
  }
  return set_owner(file, id < 0 ? Owner{owner_group, -id} : Owner{owner_process, id});
}

i64 get_owner(const OpenFile& file, Owner& owner) {
  const i64 result = call_host(file, get_owner_ex, 0);
  std::memcpy(&owner, call_buffer(), sizeof owner);
  return result;
}

i32 signed_id(const Owner& owner) {
  return owner.type == owner_group ? -owner.id : owner.id;
}

}  // namespace

std::optional<i64> owner_fcntl(const OpenFile& file, u32 command, u64 argument) {
  Owner owner{};
  switch (command) {
    case F_SETOWN:
      return set_owner(file, static_cast<i32>(argument));
    case set_owner_ex:
      return read_user(owner, argument) ? set_owner(file, owner) : -EFAULT;
    case F_GETOWN: {
      const i64 result = get_owner(file, owner);
      return result == 0 ? signed_id(owner) : result;
    }
    case get_owner_ex: {
      const i64 result = get_owner(file, owner);
      return result != 0 ? result : write_user(argument, owner) ? 0 : -EFAULT;
    }
    case set_signal_number:
    case get_signal_number:
      return call_host(file, command, argument);
    default:
      return std::nullopt;
  }
}

std::optional<i64> owner_ioctl(const OpenFile& file, u32 request, u64 address) {
  i32 id = 0;
  switch (request) {
    case FIOSETOWN:
    case SIOCSPGRP:
      if (!S_ISSOCK(file.mode())) {
        return -ENOTTY;
      }
      return read_user(id, address) ? set_owner(file, id) : -EFAULT;
    case FIOGETOWN:
    case SIOCGPGRP: {
      if (!S_ISSOCK(file.mode())) {
        return -ENOTTY;
      }
      Owner owner{};
      const i64 result = get_owner(file, owner);
      return result != 0 ? result : write_user(address, signed_id(owner)) ? 0 : -EFAULT;
    }
    default:
      return std::nullopt;
  }
}

}  // namespace kx::libos
