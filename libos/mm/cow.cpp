// Copy-on-write: pages that were frozen at a fork become this pVM's own when they are written.
#include <algorithm>
#include <cstring>
#include <kx/abi/memory_map.hpp>
#include <kx/base/verify.hpp>

#include "host/stats.hpp"
#include "mm/address_space.hpp"
#include "mm/memory.hpp"
#include "process/borrowed_memory.hpp"

namespace kx::libos {

namespace {

// Pages copied by one fault: a fault costs as much as copying many. More while writes are sequential.
constexpr u64 smallest_copy = 8 * abi::page_size;
constexpr u64 largest_copy = 64 * abi::page_size;

}  // namespace

u64 AddressSpace::flags_for(u64 entry, u32 prot) {
  u64 flags = leaf_flags(prot);
  if ((flags & pte::writable) != 0 && (entry & pte::foreign) == 0 &&
      !Memory::instance().is_private(Gpa{entry & pte::address_mask})) {
    flags &= ~pte::writable;
  }
  return flags;
}

void AddressSpace::freeze() {
  const Lock lock(mutex_);
  table_.freeze();
  FlushBatch::flush_everything();
}

void AddressSpace::compact(bool hard) {
  const Lock lock(mutex_);
  Memory& memory = Memory::instance();
  if (!memory.close_sparse_slots(hard)) {
    return;
  }
  // Found first and moved then: moving replaces the tables that are being looked through.
  u32 count = 0;
  table_.for_each_leaf([&](u64 leaf, Gva address) {
    if (count < max_dropped && (leaf & (pte::huge | pte::foreign)) == 0 &&
        memory.is_closed(Gpa{leaf & pte::address_mask})) {
      dropped_[count++].gpa = address.value;
    }
  });
  FlushBatch batch;
  for (u32 i = 0; i < count; ++i) {
    const Gva address{dropped_[i].gpa};
    u64 size = 0;
    u64* entry = table_.find(address, size);
    const auto copy = memory.allocate(0, Prefer::Dirty);
    if (!copy) {
      break;
    }
    const u64 old = *entry & pte::address_mask;
    std::memcpy(linear_pointer<void>(*copy), linear_pointer<void>(Gpa{old}), abi::page_size);
    *entry = copy->value | (*entry & ~pte::address_mask);
    batch.add(address);
    dropped_[dropped_count_++] = {old, 0};
  }
  batch.flush();
  free_dropped();
  memory.open_slots();
}

void AddressSpace::start_in_child() {
  const Lock lock(mutex_);
  PageTable::forget_spares();
  dropped_count_ = 0;
  next_copy_ = next_fault_ = 0;
  for (Vma* vma = vmas_.begin(); vma != vmas_.end();) {
    if (vma->has(vma_flag::dont_fork)) {
      const u64 end = vma->end;
      KX_VERIFY(unmap_locked(vma->start, end) == 0);
      vma = vmas_.lower_bound(end);
      if (vma == nullptr) {
        break;
      }
      continue;
    }
    if (vma->has(vma_flag::wipe_on_fork)) {
      FlushBatch batch;
      drop_pages(vma->start, vma->end, batch);
      batch.flush();
      free_dropped();
    }
    vma->flags &= ~vma_flag::locked;
    ++vma;
  }
}

// False: out of memory.
bool AddressSpace::unshare_page(u64* entry, u64 flags, FlushBatch& batch, Gva address) {
  const Gpa old{*entry & pte::address_mask};
  const u64 kept = *entry & (pte::foreign | pte::huge);
  Memory& memory = Memory::instance();
  // What was lent by a parent that waits is compared with what it was in the end: it is kept.
  const bool is_private = memory.is_private(old);
  if (kept != 0 || (is_private && !memory_is_borrowed())) {
    *entry = old.value | kept | flags;
    batch.add(address);
    return true;
  }
  const auto copy = memory.allocate(0, Prefer::Dirty);
  if (!copy) {
    return false;
  }
  std::memcpy(linear_pointer<void>(*copy), linear_pointer<void>(old), abi::page_size);
  if (memory_is_borrowed()) {
    note_borrowed_page(align_down(address.value, abi::page_size), old.value, copy->value, is_private);
  }
  *entry = copy->value | flags;
  batch.add(address);
  ++stats().pages_copied;
  if (is_private) {
    return true;
  }
  if (dropped_count_ == max_dropped) {
    batch.flush();
    free_dropped();
  }
  dropped_[dropped_count_++] = {old.value, 0};
  return true;
}

FaultOutcome AddressSpace::unshare(const Vma& vma, Gva address) {
  u64 size = 0;
  u64* entry = table_.find(address, size);
  const u64 flags = leaf_flags(vma.prot);
  FlushBatch batch;
  if (size == abi::huge_page_size && (*entry & pte::foreign) == 0 &&
      !Memory::instance().is_private(Gpa{*entry & pte::address_mask}) &&
      !table_.split(entry, Gva{align_down(address.value, size)})) {
    return FaultOutcome::OutOfMemory;
  }
  copy_cluster_ = address.value - next_copy_ < abi::page_size && next_copy_ != 0
                      ? std::min(copy_cluster_ * 2, largest_copy)
                      : smallest_copy;
  const u64 start = std::max(align_down(address.value, copy_cluster_), vma.start);
  const u64 end = std::min(align_down(address.value, copy_cluster_) + copy_cluster_, vma.end);
  next_copy_ = end;
  bool wanted_done = false;
  for (u64 at = start; at < end; at += abi::page_size) {
    entry = table_.find(Gva{at}, size);
    const bool wanted = at == align_down(address.value, abi::page_size);
    if (entry == nullptr || (*entry & pte::writable) != 0 || (size != abi::page_size && !wanted)) {
      continue;
    }
    if (!unshare_page(entry, flags, batch, Gva{at}) && wanted) {
      break;
    }
    wanted_done = wanted_done || wanted;
  }
  batch.flush();
  free_dropped();
  return wanted_done ? FaultOutcome::Resolved : FaultOutcome::OutOfMemory;
}

u64* AddressSpace::own_page(u64 address, u64& size) {
  u64* entry = table_.find(Gva{address}, size);
  if (entry == nullptr || (*entry & pte::foreign) != 0) {
    return nullptr;
  }
  if (Memory::instance().is_private(Gpa{*entry & pte::address_mask})) {
    return entry;
  }
  if (size == abi::huge_page_size) {
    if (!table_.split(entry, Gva{align_down(address, size)})) {
      return nullptr;
    }
    entry = table_.find(Gva{address}, size);
  }
  FlushBatch batch;
  const u64 flags = *entry & ~(pte::address_mask | pte::huge);
  if (!unshare_page(entry, flags, batch, Gva{align_down(address, size)})) {
    return nullptr;
  }
  batch.flush();
  free_dropped();
  return entry;
}

}  // namespace kx::libos
