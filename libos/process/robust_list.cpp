#include "process/robust_list.hpp"

#include <utility>

#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "process/futex.hpp"
#include "process/thread.hpp"

namespace kx::libos {

namespace {

constexpr u32 futex_waiters = 0x80000000, futex_owner_died = 0x40000000, futex_tid_mask = 0x3fffffff;
constexpr u32 longest_list = 2048;  // as Linux: a list may be circular

void release(u64 address, u32 tid) {
  for (;;) {
    const i64 value = kx_user_load32(reinterpret_cast<const u32*>(address));
    if (value < 0 || (static_cast<u32>(value) & futex_tid_mask) != tid) {
      return;
    }
    const u32 now = static_cast<u32>(value);
    const i64 found = kx_user_cas32(reinterpret_cast<u32*>(address), now, (now & futex_waiters) | futex_owner_died);
    if (found < 0) {
      return;
    }
    if (static_cast<u32>(found) == now) {
      if ((now & futex_waiters) != 0) {
        wake_private_futex(address, 1, ~0u);
        if (const u64 gpa = AddressSpace::instance().translate(address, true); gpa != 0) {
          host_call(abi::HostCall::FutexWake, CallKind::Quick, gpa, 1, ~0u);
        }
      }
      return;
    }
  }
}

}  // namespace

void release_robust_futexes(Thread& thread) {
  struct Head {
    u64 next;
    i64 futex_offset;
    u64 pending;
  } head;
  const u64 list = std::exchange(thread.page->robust_list_gva, 0);
  if (list == 0 || !read_user(head, list)) {
    return;
  }
  u64 entry = head.next;
  for (u32 i = 0; i < longest_list && entry != list && entry != 0; ++i) {
    u64 next = 0;
    const bool more = read_user(next, entry & ~1ull);
    if ((entry & ~1ull) != (head.pending & ~1ull)) {
      release((entry & ~1ull) + static_cast<u64>(head.futex_offset), thread.tid);
    }
    if (!more) {
      return;
    }
    entry = next;
  }
  if (head.pending != 0) {
    release((head.pending & ~1ull) + static_cast<u64>(head.futex_offset), thread.tid);
  }
}

}  // namespace kx::libos
