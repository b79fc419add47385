#include "files/own_memory.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "host/host_call.hpp"
#include "mm/address_space.hpp"

namespace kx::libos {

namespace {

constexpr u64 block_size = 1024;

u64 page_of(u64 address) {
  return address & ~(abi::page_size - 1);
}

// Access that the page's protection refuses, as a debugger has it: granted for the length of the copy. A thread that
// relies on a fault there at this very moment does not get it.
template <class Copy>
bool copy_by_force(u64 address, bool write, Copy&& copy) {
  AddressSpace& space = AddressSpace::instance();
  bool found = false;
  u32 protection = 0;
  space.for_each_area([&](const Vma& vma) {
    if (address >= vma.start && address < vma.end) {
      found = !vma.has(vma_flag::internal) && !(write && vma.has(vma_flag::shared));
      protection = vma.prot;
    }
  });
  const u64 page = page_of(address);
  const u32 granted = protection | prot::read | (write ? prot::write : 0);
  if (!found || granted == protection || space.protect(page, abi::page_size, granted) != 0) {
    return false;
  }
  const bool copied = copy();
  space.protect(page, abi::page_size, protection);
  return copied;
}

// `size` bytes that lie in one page.
bool access_page(u64 address, u8* memory, u64 size, Direction direction) {
  const bool write = direction == Direction::Write;
  const auto copy = [&] { return write ? copy_to_user(address, memory, size) : copy_from_user(memory, address, size); };
  return copy() || copy_by_force(address, write, copy);
}

i64 transfer_at(const BufferList& list, Direction direction, u64 address) {
  BufferCursor cursor(list);
  u8 block[block_size];
  u64 done = 0;
  while (done < list.total()) {
    const u64 at = address + done;
    const u64 size = std::min({list.total() - done, block_size, abi::page_size - (at - page_of(at))});
    if (direction == Direction::Write && cursor.copy(direction, block, size) != size) {
      return done != 0 ? static_cast<i64>(done) : -EFAULT;
    }
    if (!access_page(at, block, size, direction)) {
      return done != 0 ? static_cast<i64>(done) : -EIO;
    }
    if (direction == Direction::Read && cursor.copy(direction, block, size) != size) {
      return done != 0 ? static_cast<i64>(done) : -EFAULT;
    }
    cursor.advance(size);
    done += size;
  }
  return static_cast<i64>(done);
}

}  // namespace

i64 transfer_own_memory(OpenFile& file, const BufferList& list, Direction direction, u64 position) {
  if (position != current_position) {
    return transfer_at(list, direction, position);
  }
  // The host keeps the position, so that lseek(2) needs no special case.
  const i64 start = host_call_raw(SYS_lseek, {{file.handle(), 0, SEEK_CUR}, 0}, CallKind::Quick).result;
  if (start < 0) {
    return start;
  }
  const i64 done = transfer_at(list, direction, static_cast<u64>(start));
  if (done > 0) {
    host_call_raw(SYS_lseek, {{file.handle(), static_cast<u64>(start + done), SEEK_SET}, 0}, CallKind::Quick);
  }
  return done;
}

i64 copy_own_memory(const BufferList& to, const BufferList& from) {
  BufferCursor target(to), source(from);
  const u64 total = std::min(to.total(), from.total());
  u8 block[block_size];
  u64 done = 0;
  // A block that cannot be copied whole is tried in halves: what lies before the first inaccessible byte counts.
  for (u64 step = block_size; done < total && step != 0;) {
    const u64 size = std::min(step, total - done);
    if (source.copy(Direction::Write, block, size) != size || target.copy(Direction::Read, block, size) != size) {
      step = size / 2;
      continue;
    }
    source.advance(size);
    target.advance(size);
    done += size;
  }
  return done != 0 || total == 0 ? static_cast<i64>(done) : -EFAULT;
}

}  // namespace kx::libos
