// Changing what is mapped: mprotect(2), mremap(2), madvise(2), msync(2), mincore(2).
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <kx/abi/memory_map.hpp>

#include "files/open_file.hpp"
#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "mm/executable.hpp"
#include "mm/memory.hpp"

namespace kx::libos {

namespace {

constexpr u32 mremap_may_move = 1, mremap_fixed = 2, mremap_dont_unmap = 4;

}  // namespace

i64 AddressSpace::protect(u64 address, u64 size, u32 prot) {
  const Lock lock(mutex_);
  const u64 end = address + size;
  if (!vmas_.covered(address, end)) {
    return -ENOMEM;
  }
  for (const Vma* vma = vmas_.find(address); vma != nullptr && vma->start < end; vma = vmas_.next(vma)) {
    if ((prot & prot::write) != 0 && vma->has(vma_flag::shared) && vma->object != 0 && !file_of(*vma)->writable()) {
      return -EACCES;
    }
    if (vma->has(vma_flag::internal)) {
      return -EACCES;
    }
  }
  const bool policed = has_library_policy();
  if (policed && (prot & prot::execute) != 0) {
    if (const i64 result = approve_range(address, end, prot); result != 0) {
      return result;
    }
  }
  const bool changes = policed && (prot & prot::write) != 0;
  const auto set = [&](Vma& vma) {
    vma.prot = prot;
    vma.flags |= changes && vma.object != 0 ? vma_flag::changed : 0;
  };
  if (!vmas_.change(address, end, set)) {
    return -ENOMEM;
  }
  FlushBatch batch;
  const bool done = table_.for_each(Gva{address}, Gva{end}, [&](u64* entry, Gva at, u64) {
    const u64 flags = flags_for(*entry, prot);
    const u64 kept = *entry & (pte::address_mask | pte::huge | pte::foreign);
    // An inaccessible page keeps its content: the entry stays, without the user bit.
    const u64 changed = flags != 0 ? kept | flags : kept | pte::present | pte::accessed | pte::no_execute;
    if (changed != *entry) {
      *entry = changed;
      batch.add(at);
    }
  });
  batch.flush();
  if (!done) {
    return -ENOMEM;
  }
  if ((prot & prot::execute) != 0) {
    patch_pages(address, end);
  }
  return 0;
}

i64 AddressSpace::remap(u64 old_address, u64 old_size, u64 new_size, u32 flags, u64 new_address) {
  const Lock lock(mutex_);
  return remap_locked(old_address, old_size, new_size, flags, new_address);
}

i64 AddressSpace::remap_locked(u64 old_address, u64 old_size, u64 new_size, u32 flags, u64 new_address) {
  const Vma* vma = vmas_.find(old_address);
  if (vma == nullptr) {
    return -EFAULT;
  }
  if ((flags & mremap_dont_unmap) != 0) {
    return -EINVAL;
  }
  const u64 old_end = old_address + old_size;
  const Vma area = *vma;
  if ((flags & mremap_fixed) == 0) {
    if (new_size <= old_size) {
      return new_size < old_size && unmap_locked(old_address + new_size, old_end) != 0 ? -ENOMEM
                                                                                       : static_cast<i64>(old_address);
    }
  }
  if (old_end > area.end) {
    return -EFAULT;
  }
  if (old_size == 0) {
    return -EINVAL;
  }
  if (new_size > old_size && exceeds_limit(new_size - old_size)) {
    return -ENOMEM;
  }
  if (area.shared_gpa != 0) {
    return remap_shared(clip(area, old_address, old_end), new_size, flags, new_address);
  }
  Vma extended = clip(area, old_address, old_end);
  if ((flags & mremap_fixed) == 0) {
    const u64 wanted_end = old_address + new_size;
    if (old_end == area.end && wanted_end <= abi::user_end && vmas_.vacant(old_end, wanted_end) &&
        !(old_end <= abi::linear_base && wanted_end > abi::linear_base)) {
      Vma growth = extended;
      growth.start = old_end;
      growth.end = wanted_end;
      growth.offset = area.object != 0 ? extended.offset + old_size : 0;
      return vmas_.insert(growth) ? static_cast<i64>(old_address) : -ENOMEM;
    }
    if ((flags & mremap_may_move) == 0) {
      return -ENOMEM;
    }
    MapRequest request;
    request.size = new_size;
    if (!choose_place(request, new_address)) {
      return -ENOMEM;
    }
  } else {
    if (outside(new_address, new_size, abi::user_min, abi::user_end) ||
        (new_address < abi::linear_end && new_address + new_size > abi::linear_base)) {
      return -EINVAL;
    }
    if (new_address < old_end && old_address < new_address + new_size) {
      return -EINVAL;
    }
    if (const i64 result = unmap_locked(new_address, new_address + new_size); result != 0) {
      return result;
    }
  }
  Vma moved = extended;
  moved.start = new_address;
  moved.end = new_address + new_size;
  if (!vmas_.reserve(4) || !vmas_.insert(moved)) {
    return -ENOMEM;
  }
  // Carry the pages over, then forget the old place.
  FlushBatch batch;
  const u64 carried = std::min(old_size, new_size);
  bool complete = true;
  for (u64 offset = 0; offset < carried;) {
    u64 size = 0;
    u64* from = table_.find(Gva{old_address + offset}, size);
    if (from == nullptr) {
      offset += abi::page_size;
      continue;
    }
    const bool whole = size == abi::huge_page_size && is_aligned(old_address + offset, size) &&
                       is_aligned(new_address + offset, size) && carried - offset >= size;
    u64* to = whole ? table_.make_huge_entry(Gva{new_address + offset}) : nullptr;
    if (to == nullptr) {
      if (size == abi::huge_page_size) {
        const u64 leaf = align_down(old_address + offset, size);
        if (!table_.split(from, Gva{leaf})) {
          complete = false;
          break;
        }
        from = table_.find(Gva{old_address + offset}, size);
      }
      to = table_.make_entry(Gva{new_address + offset});
    }
    if (to == nullptr) {
      complete = false;
      break;
    }
    *to = *from;
    *from = 0;
    batch.add(Gva{old_address + offset});
    offset += size;
  }
  batch.flush();
  if (!complete) {
    return -ENOMEM;
  }
  if (const i64 result = unmap_locked(old_address, old_end); result != 0) {
    return result;
  }
  return static_cast<i64>(new_address);
}

// A shared file mapping lives in a slot of its own: it is mapped anew, then the old one goes.
i64 AddressSpace::remap_shared(const Vma& old, u64 new_size, u32 flags, u64 new_address) {
  if (old.object == 0) {
    return -EFAULT;  // the library OS's own
  }
  if ((flags & mremap_may_move) == 0) {
    return -ENOMEM;
  }
  MapRequest request;
  request.size = new_size;
  request.prot = old.prot;
  request.flags = old.flags;
  request.file = file_of(old);
  request.offset = old.offset;
  request.fixed = request.replace = (flags & mremap_fixed) != 0;
  request.address = request.fixed ? new_address : 0;
  const i64 result = map_locked(request);
  if (result >= 0) {
    unmap_locked(old.start, old.end);
  }
  return result;
}

// MADV_REMOVE (madvise(2)): the pages go from the file, and with that from all mappings of it.
i64 AddressSpace::punch_holes(u64 address, u64 end) {
  constexpr u64 keep_size = 1, punch_hole = 2;
  for (Vma* vma = vmas_.lower_bound(address); vma != nullptr && vma->start < end; vma = vmas_.next(vma)) {
    OpenFile* const file = file_of(*vma);
    if (file == nullptr || vma->has(vma_flag::locked) || vma->has(vma_flag::internal)) {
      return -EINVAL;
    }
    if (!vma->has(vma_flag::shared) || !file->writable()) {
      return -EACCES;
    }
    const u64 start = std::max(vma->start, address);
    const HostArguments arguments{
        {file->handle(), keep_size | punch_hole, vma->offset + (start - vma->start), std::min(vma->end, end) - start},
        0};
    if (const i64 result = host_call_raw(SYS_fallocate, arguments, CallKind::Blocking).result; result < 0) {
      return result;
    }
  }
  return 0;
}

i64 AddressSpace::advise(u64 address, u64 size, int advice) {
  enum : int {
    normal = 0,
    random = 1,
    sequential = 2,
    will_need = 3,
    dont_need = 4,
    free = 8,
    remove = 9,
    dont_fork = 10,
    do_fork = 11,
    huge_page = 14,
    no_huge_page = 15,
    dont_dump = 16,
    do_dump = 17,
    wipe_on_fork = 18,
    keep_on_fork = 19,
    cold = 20,
    page_out = 21,
    populate_read = 22,
    populate_write = 23,
  };
  const Lock lock(mutex_);
  const u64 end = address + size;
  const bool covered = vmas_.covered(address, end);
  const auto set = [&](u32 add, u32 clear) -> i64 {
    const auto changed = vmas_.change(address, end, [&](Vma& vma) { vma.flags = (vma.flags & ~clear) | add; });
    return !changed ? -ENOMEM : covered ? 0 : -ENOMEM;
  };
  switch (advice) {
    case normal:
    case random:
    case sequential:
    case will_need:
    case cold:
    case page_out:
      return covered ? 0 : -ENOMEM;
    case dont_need:
    case free: {
      for (Vma* vma = vmas_.lower_bound(address); vma != nullptr && vma->start < end; vma = vmas_.next(vma)) {
        if (advice == free && (vma->object != 0 || vma->has(vma_flag::shared))) {
          return -EINVAL;
        }
        if (vma->has(vma_flag::internal) || vma->has(vma_flag::locked)) {
          return -EINVAL;
        }
      }
      FlushBatch batch;
      for (Vma* vma = vmas_.lower_bound(address); vma != nullptr && vma->start < end; vma = vmas_.next(vma)) {
        // Shared memory keeps its content: only private pages are dropped.
        if (!vma->has(vma_flag::shared)) {
          drop_pages(std::max(vma->start, address), std::min(vma->end, end), batch);
        }
      }
      batch.flush();
      free_dropped();
      return covered ? 0 : -ENOMEM;
    }
    case remove: {
      const i64 result = punch_holes(address, end);
      return result != 0 ? result : covered ? 0 : -ENOMEM;
    }
    case dont_fork:
      return set(vma_flag::dont_fork, 0);
    case do_fork:
      return set(0, vma_flag::dont_fork);
    case huge_page:
      return set(vma_flag::huge_page, vma_flag::no_huge_page);
    case no_huge_page:
      return set(vma_flag::no_huge_page, vma_flag::huge_page);
    case dont_dump:
      return set(vma_flag::dont_dump, 0);
    case do_dump:
      return set(0, vma_flag::dont_dump);
    case wipe_on_fork:
    case keep_on_fork: {
      for (Vma* vma = vmas_.lower_bound(address); vma != nullptr && vma->start < end; vma = vmas_.next(vma)) {
        if (vma->object != 0 || vma->has(vma_flag::shared)) {
          return -EINVAL;
        }
      }
      return advice == wipe_on_fork ? set(vma_flag::wipe_on_fork, 0) : set(0, vma_flag::wipe_on_fork);
    }
    case populate_read:
    case populate_write: {
      if (!covered) {
        return -ENOMEM;
      }
      for (Vma* vma = vmas_.lower_bound(address); vma != nullptr && vma->start < end; vma = vmas_.next(vma)) {
        if ((advice == populate_write && (vma->prot & prot::write) == 0) || vma->prot == prot::none) {
          return -EFAULT;
        }
        const FaultOutcome outcome = fill(*vma, std::max(vma->start, address), std::min(vma->end, end));
        if (outcome != FaultOutcome::Resolved) {
          return outcome == FaultOutcome::BeyondFile ? -EFAULT : -ENOMEM;
        }
      }
      return 0;
    }
    default:
      return -EINVAL;  // also MADV_MERGEABLE, HWPOISON: nothing to give
  }
}

i64 AddressSpace::sync(u64 address, u64 size, u32 flags) {
  const Lock lock(mutex_);
  const u64 end = address + size;
  const bool covered = size == 0 || vmas_.covered(address, end);
  for (Vma* vma = vmas_.lower_bound(address); vma != nullptr && vma->start < end; vma = vmas_.next(vma)) {
    if (vma->shared_gpa != 0 && vma->object != 0) {
      const u64 start = std::max(vma->start, address);
      const i64 result = host_call(abi::HostCall::SyncShared, CallKind::Blocking,
                                   vma->shared_gpa + (start - vma->start), std::min(vma->end, end) - start, flags);
      if (result < 0) {
        return result;
      }
    }
  }
  return covered ? 0 : -ENOMEM;
}

i64 AddressSpace::resident(u64 address, u64 size, u8* vector) {
  const Lock lock(mutex_);
  if (!vmas_.covered(address, address + size)) {
    return -ENOMEM;
  }
  for (u64 offset = 0; offset < size; offset += abi::page_size) {
    u64 page_size = 0;
    vector[offset / abi::page_size] = table_.find(Gva{address + offset}, page_size) != nullptr ? 1 : 0;
  }
  return 0;
}

}  // namespace kx::libos
