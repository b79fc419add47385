#include "files/record_lock.hpp"

#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "mm/tlb.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

namespace {

// Whether the process ever had a record lock: without one, closing a file costs nothing more.
u32 had_lock = 0;

void put_lock(const struct flock& lock) {
  std::copy_n(reinterpret_cast<const u8*>(&lock), sizeof lock, call_buffer());
}

}  // namespace

i64 record_lock(const OpenFile& file, u64 command, u64 address) {
  struct flock lock {};
  if (!copy_from_user(&lock, address, sizeof lock)) {
    return -EFAULT;
  }
  put_lock(lock);
  if (command == F_SETLK || command == F_SETLKW) {
    std::atomic_ref(had_lock).store(1, std::memory_order_relaxed);
  }
  i64 result = 0;
  {
    const IdleSection idle;
    result = host_call(abi::HostCall::Fcntl, CallKind::Quick, file.handle(), command, 0);
  }
  if (result == 0 && (command == F_GETLK || command == F_OFD_GETLK) &&
      !copy_to_user(address, call_buffer(), sizeof lock)) {
    return -EFAULT;
  }
  return interrupted(result, restart_if_flagged);
}

void drop_record_locks(const OpenFile& file) {
  if (std::atomic_ref(had_lock).load(std::memory_order_relaxed) == 0 || file.kind() == FileKind::Path) {
    return;
  }
  struct flock lock {};
  lock.l_type = F_UNLCK;
  put_lock(lock);
  host_call(abi::HostCall::Fcntl, CallKind::Quick, file.handle(), F_SETLK, 0);
}

}  // namespace kx::libos
