// Access to the program's private memory past its protection, for updates of its libraries.
#include <cerrno>
#include <kx/abi/memory_map.hpp>
#include <kx/base/verify.hpp>

#include "mm/address_space.hpp"
#include "mm/memory.hpp"

namespace kx::libos {

bool AddressSpace::make_own(u64 address, u64 size) {
  if (outside(address, size, abi::user_min, abi::user_end) ||
      (address < abi::linear_end && address + size > abi::linear_base)) {
    return false;
  }
  const Lock lock(mutex_);
  u64 page_size = 0;
  for (u64 at = address; at < address + size; at = align_down(at, page_size) + page_size) {
    if (table_.find(Gva{at}, page_size) == nullptr) {
      const Vma* vma = vmas_.find(at);
      if (vma == nullptr || vma->has(vma_flag::internal) ||
          fault_locked(Gva{at}, {(vma->prot & prot::write) != 0, false}) != FaultOutcome::Resolved) {
        return false;
      }
    }
    if (own_page(at, page_size) == nullptr) {
      return false;
    }
  }
  return true;
}

bool AddressSpace::write_protect(u64 start, u64 end) {
  const Lock lock(mutex_);
  FlushBatch batch;
  const bool done = table_.for_each(Gva{start}, Gva{end}, [&](u64* entry, Gva address, u64) {
    if ((*entry & pte::writable) != 0 && (*entry & pte::foreign) == 0) {
      *entry &= ~pte::writable;
      batch.add(address);
    }
  });
  batch.flush();
  return done;
}

u8* AddressSpace::own_memory(u64 address, u64& room) {
  u64 page_size = 0;
  const u64* entry = table_.find(Gva{address}, page_size);
  KX_VERIFY(entry != nullptr);
  const u64 inside = address & (page_size - 1);
  room = page_size - inside;
  return linear_pointer<u8>(Gpa{(*entry & pte::address_mask & ~(page_size - 1)) + inside});
}

i64 AddressSpace::map_near(u64 near, u64 size) {
  const Lock lock(mutex_);
  MapRequest request;
  request.address = find_near(near, size);
  request.size = size;
  request.fixed = true;
  return request.address != 0 ? map_locked(request) : -ENOMEM;
}

}  // namespace kx::libos
