#include <cerrno>
#include <kx/abi/memory_map.hpp>

#include "mm/address_space.hpp"

namespace kx::libos {

namespace {

// The program's addresses: below the end, outside the library OS's window.
bool is_program_range(u64 address, u64 size) {
  return !outside(address, size, 0, abi::user_end) &&
         (address + size <= abi::linear_base || address >= abi::linear_end);
}

}  // namespace

bool copy_from_user(void* to, u64 from, u64 size) {
  // SAFETY: a fault in the copy is resolved or ends at its fixup (kx_exception).
  return is_program_range(from, size) && kx_user_copy(to, reinterpret_cast<const void*>(from), size) == 0;
}

bool copy_to_user(u64 to, const void* from, u64 size) {
  return is_program_range(to, size) && kx_user_copy(reinterpret_cast<void*>(to), from, size) == 0;
}

i64 copy_string_from_user(char* to, u64 from, u64 capacity) {
  for (u64 done = 0; done < capacity;) {
    // Up to the end of a page at a time: the next may not be there.
    const u64 in_page = abi::page_size - ((from + done) & (abi::page_size - 1));
    u64 size = in_page < capacity - done ? in_page : capacity - done;
    if (size > 128) {
      size = 128;  // most strings are short
    }
    if (!copy_from_user(to + done, from + done, size)) {
      return -EFAULT;
    }
    for (u64 i = done; i < done + size; ++i) {
      if (to[i] == 0) {
        return static_cast<i64>(i);
      }
    }
    done += size;
  }
  return -ENAMETOOLONG;
}

}  // namespace kx::libos
