// Page faults and filling areas with pages; what the host reads and writes of the program's memory.
#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <kx/abi/memory_map.hpp>
#include <utility>

#include "entry/patching.hpp"
#include "files/open_file.hpp"
#include "host/batch.hpp"
#include "host/stats.hpp"
#include "mm/address_space.hpp"
#include "mm/memory.hpp"
#include "process/limits.hpp"

namespace kx::libos {

namespace {

constexpr u64 smallest_cluster = 64 << 10;
constexpr u64 largest_cluster = abi::huge_page_size;
// A private file mapping up to this size is filled as a whole by its first fault.
constexpr u64 whole_file_size = 512 << 10;
// A stack grows by a fault at most this far below what it has (Linux: the limit alone; RLIMIT_STACK is checked too).
constexpr u64 stack_step = 128 << 10;

bool permits(u32 protection, FaultAccess access) {
  if (access.write) {
    return (protection & prot::write) != 0;
  }
  if (access.execute) {
    return (protection & prot::execute) != 0;
  }
  return protection != prot::none;
}

}  // namespace

FaultOutcome AddressSpace::fault(Gva address, FaultAccess access) {
  const Lock lock(mutex_);
  ++stats().page_faults;
  return fault_locked(address, access);
}

FaultOutcome AddressSpace::fault_locked(Gva address, FaultAccess access) {
  Vma* vma = vmas_.lower_bound(address.value);
  if (vma == nullptr || address.value >= abi::user_end) {
    return FaultOutcome::NotMapped;
  }
  if (!vma->contains(address.value)) {
    if (!vma->has(vma_flag::grows_down)) {
      return FaultOutcome::NotMapped;
    }
    const u64 limit = resource_limit(3 /* RLIMIT_STACK */);
    const u64 new_start = align_down(std::max(address.value, stack_step) - stack_step, abi::page_size);
    const Vma* below = vmas_.previous(vma);
    const u64 low = std::max(below != nullptr ? below->end : abi::user_min, new_start);
    if (vma->end - address.value > limit || low > address.value) {
      return FaultOutcome::NotMapped;
    }
    Vma growth = *vma;
    growth.end = vma->start;
    growth.start = std::max(low, limit < vma->end ? vma->end - align_down(limit, abi::page_size) : 0);
    if (!vmas_.insert(growth)) {
      return FaultOutcome::OutOfMemory;
    }
    vma = vmas_.find(address.value);
  }
  if (!permits(vma->prot, access)) {
    return FaultOutcome::NotPermitted;
  }
  u64 size = 0;
  if (const u64* entry = table_.find(address, size); entry != nullptr) {
    if (access.write && (*entry & pte::writable) == 0) {
      return unshare(*vma, address);
    }
    return FaultOutcome::Resolved;  // another vCPU filled it, or the translation was stale
  }
  // Sequential faults fill more and more at once.
  if (address.value - next_fault_ < abi::page_size && next_fault_ != 0) {
    fault_cluster_ = std::min(fault_cluster_ * 2, largest_cluster);
  } else {
    fault_cluster_ = smallest_cluster;
  }
  const u64 cluster = vma->has(vma_flag::huge_page) ? largest_cluster : fault_cluster_;
  u64 start = std::max(align_down(address.value, cluster), vma->start);
  u64 end = std::min(align_down(address.value, cluster) + cluster, vma->end);
  if (vma->object != 0 && vma->shared_gpa == 0 && vma->size() <= whole_file_size) {
    start = vma->start;
    end = vma->end;
  }
  next_fault_ = end;
  FaultOutcome outcome = fill(*vma, start, end);
  if (outcome != FaultOutcome::Resolved) {
    // The cluster may reach beyond the file or the memory there is; the page itself decides.
    const u64 page = align_down(address.value, abi::page_size);
    if (table_.find(address, size) != nullptr) {
      return FaultOutcome::Resolved;
    }
    outcome = fill(*vma, page, page + abi::page_size);
  }
  return outcome;
}

FaultOutcome AddressSpace::fill(const Vma& vma, u64 start, u64 end) {
  if (vma.shared_gpa != 0) {
    return fill_shared(vma, start, end);
  }
  return vma.object != 0 ? fill_file(vma, start, end) : fill_anonymous(start, end, leaf_flags(vma.prot));
}

FaultOutcome AddressSpace::fill_anonymous(u64 start, u64 end, u64 flags) {
  Memory& memory = Memory::instance();
  for (u64 address = start; address < end;) {
    if (is_aligned(address, abi::huge_page_size) && end - address >= abi::huge_page_size) {
      if (u64* entry = table_.make_huge_entry(Gva{address}); entry != nullptr) {
        if (const auto block = memory.allocate_zeroed(PageAllocator::max_order)) {
          *entry = block->value | flags | pte::huge;
          stats().pages_mapped += 512;
          address += abi::huge_page_size;
          continue;
        }
      }
    }
    u64* entry = table_.make_entry(Gva{address});
    if (entry == nullptr) {
      return FaultOutcome::OutOfMemory;
    }
    if (*entry != 0) {
      address += abi::page_size;
      continue;
    }
    // The longest aligned run of absent entries; they lie in one table.
    u32 order = std::min<u32>(static_cast<u32>(std::countr_zero(address >> 12)), 8);
    order = std::min<u32>(order, static_cast<u32>(std::bit_width((end - address) >> 12)) - 1);
    for (u64 i = 1; i < 1ull << order; ++i) {
      if (entry[i] != 0) {
        order = static_cast<u32>(std::bit_width(i)) - 1;
        break;
      }
    }
    auto block = memory.allocate_zeroed(static_cast<u8>(order));
    if (!block && order > 0) {
      order = 0;
      block = memory.allocate_zeroed(0);
    }
    if (!block) {
      return FaultOutcome::OutOfMemory;
    }
    if (order > 0) {
      memory.split(*block);
    }
    for (u64 i = 0; i < 1ull << order; ++i) {
      entry[i] = (block->value + i * abi::page_size) | flags;
    }
    stats().pages_mapped += 1u << order;
    address += abi::page_size << order;
  }
  return FaultOutcome::Resolved;
}

FaultOutcome AddressSpace::fill_file(const Vma& vma, u64 start, u64 end) {
  const Vma area = vma;  // patching may move the areas
  OpenFile& file = *file_of(area);
  // Until their content is there, the pages are the library OS's alone: another thread faults and waits.
  constexpr u64 hidden = pte::present | pte::accessed | pte::no_execute;
  // Absent stretches only: pages the program has are its own copies.
  for (u64 address = start; address < end;) {
    u64 size = 0;
    if (table_.find(Gva{address}, size) != nullptr) {
      address += abi::page_size;
      continue;
    }
    u64 stop = address + abi::page_size;
    while (stop < end && table_.find(Gva{stop}, size) == nullptr) {
      stop += abi::page_size;
    }
    FaultOutcome outcome = fill_anonymous(address, stop, hidden);
    const u64 offset = area.offset + (address - area.start);
    if (outcome == FaultOutcome::Resolved && defers_ && deferred_count_ < max_deferred) {
      deferred_[deferred_count_++] = {&file, offset, address, stop, area.prot};
    } else {
      const i64 got = outcome == FaultOutcome::Resolved ? read_file(file, offset, address, stop) : 0;
      const FaultOutcome settled = settle(address, stop, got, area.prot);
      outcome = outcome == FaultOutcome::Resolved ? settled : outcome;
    }
    if (outcome != FaultOutcome::Resolved) {
      return outcome;
    }
    address = stop;
  }
  return FaultOutcome::Resolved;
}

FaultOutcome AddressSpace::settle(u64 start, u64 end, i64 got, u32 prot) {
  const u64 filled = got > 0 ? std::min(start + align_up(static_cast<u64>(got), abi::page_size), end) : start;
  if (filled < end) {
    FlushBatch batch;
    drop_pages(filled, end, batch);
    batch.flush();
    free_dropped();
  }
  show_pages(start, filled, leaf_flags(prot));
  if ((prot & (prot::execute | prot::write)) == prot::execute) {
    patch_text(start, filled);
  }
  return filled < end ? FaultOutcome::BeyondFile : FaultOutcome::Resolved;
}

// Gives pages of the library OS's own to the program.
void AddressSpace::show_pages(u64 start, u64 end, u64 flags) {
  table_.for_each(Gva{start}, Gva{end},
                  [&](u64* entry, Gva, u64) { *entry = (*entry & (pte::address_mask | pte::huge)) | flags; });
}

FaultOutcome AddressSpace::fill_shared(const Vma& vma, u64 start, u64 end) {
  // Without a file it is a page the hypervisor shares (the time page).
  const u64 file_size = vma.object != 0 ? file_of(vma)->size() : ~0ull >> 1;
  const u64 flags = leaf_flags(vma.prot) | pte::foreign;
  for (u64 address = start; address < end; address += abi::page_size) {
    if (vma.offset + (address - vma.start) >= align_up(file_size, abi::page_size)) {
      return FaultOutcome::BeyondFile;
    }
    u64* entry = table_.make_entry(Gva{address});
    if (entry == nullptr) {
      return FaultOutcome::OutOfMemory;
    }
    if (*entry == 0) {
      *entry = (vma.shared_gpa + (address - vma.start)) | flags;
      ++stats().pages_mapped;
    }
  }
  return FaultOutcome::Resolved;
}

bool AddressSpace::drop_beyond_files() {
  const Lock lock(mutex_);
  FlushBatch batch;
  bool any = false;
  for (const Vma& vma : vmas_) {
    if (vma.shared_gpa == 0 || vma.object == 0) {
      continue;
    }
    const u64 file_end = align_up(file_of(vma)->size(), abi::page_size);
    const u64 inside = file_end > vma.offset ? std::min(file_end - vma.offset, vma.size()) : 0;
    table_.for_each(Gva{vma.start + inside}, Gva{vma.end}, [&](u64* entry, Gva address, u64) {
      *entry = 0;
      batch.add(address);
      any = true;
    });
  }
  batch.flush();
  return any;
}

void AddressSpace::file_shortened(const OpenFile& file, u64 size) {
  const Lock lock(mutex_);
  FlushBatch batch;
  const u64 file_end = align_up(size, abi::page_size);
  for (const Vma& vma : vmas_) {
    if (vma.has(vma_flag::shared) || vma.has(vma_flag::internal) || file_of(vma) != &file) {
      continue;
    }
    const u64 inside = file_end > vma.offset ? std::min(file_end - vma.offset, vma.size()) : 0;
    if (inside < vma.size()) {
      drop_pages(vma.start + inside, vma.end, batch);
    }
  }
  batch.flush();
  free_dropped();
}

u64 AddressSpace::list_pieces(u64 start, u64 end, abi::Segment* list, u32 capacity, u32& count) {
  count = 0;
  u64 covered = 0;
  while (start + covered < end) {
    u64 size = 0;
    const u64* entry = table_.find(Gva{start + covered}, size);
    const u64 inside = (start + covered) & (size - 1);
    const u64 gpa = (*entry & pte::address_mask) + inside;
    const u64 bytes = std::min(size - inside, end - (start + covered));
    if (count > 0 && list[count - 1].gpa + list[count - 1].size == gpa) {
      list[count - 1].size += bytes;
    } else if (count == capacity) {
      break;
    } else {
      list[count++] = {gpa, bytes};
    }
    covered += bytes;
  }
  return covered;
}

void AddressSpace::defer_reading() {
  const Lock lock(mutex_);
  defers_ = true;
}

bool AddressSpace::finish_reading() {
  const Lock lock(mutex_);
  defers_ = false;
  constexpr u64 list_offset = fault_buffer_offset + max_deferred * sizeof(abi::BatchEntry);
  constexpr u64 capacity = (abi::vcpu_call_buffer_size - list_offset) / sizeof(abi::Segment);
  auto* list = reinterpret_cast<abi::Segment*>(call_buffer() + list_offset);
  HostBatch batch(fault_buffer_offset);
  u64 used = 0;
  u32 batched = 0;
  for (; batched < deferred_count_; ++batched) {
    const Deferred& piece = deferred_[batched];
    u32 count = 0;
    if (list_pieces(piece.start, piece.end, list + used, static_cast<u32>(capacity - used), count) <
        piece.end - piece.start) {
      break;  // in too many pieces: alone
    }
    batch.add(abi::HostCall::Read,
              {{piece.file->content_handle(), list_offset + used * sizeof(abi::Segment), count, piece.offset, 0}, 0});
    used += count;
  }
  bool complete = batch.run() == 0;
  i64 got[max_deferred];
  for (u32 i = 0; i < batched; ++i) {
    got[i] = batch.reply(i + 1).result;
  }
  const u32 count = std::exchange(deferred_count_, 0);
  for (u32 i = 0; i < count; ++i) {
    const Deferred piece = deferred_[i];
    if (i >= batched || got[i] == -ECANCELED) {
      got[i] = read_file(*piece.file, piece.offset, piece.start, piece.end);
    }
    complete = settle(piece.start, piece.end, got[i], piece.prot) == FaultOutcome::Resolved && complete;
  }
  return complete;
}

// Reads [offset, ...) of the file into the pages of [start, end), whatever their protection; the rest stays zero. How
// many bytes there were, or -errno.
i64 AddressSpace::read_file(OpenFile& file, u64 offset, u64 start, u64 end) {
  // A fault can happen while the call buffer is being filled from the program's memory: its last part is for this only.
  auto* list = reinterpret_cast<abi::Segment*>(call_buffer() + fault_buffer_offset);
  constexpr u32 capacity = 2048 / sizeof(abi::Segment);
  u64 done = 0;
  while (start < end) {
    u32 count = 0;
    const u64 covered = list_pieces(start, end, list, capacity, count);
    const i64 got =
        host_call(abi::HostCall::Read, CallKind::Quick, file.content_handle(), fault_buffer_offset, count, offset, 0);
    if (got < 0) {
      return got;
    }
    done += static_cast<u64>(got);
    if (static_cast<u64>(got) < covered) {
      break;  // end of file: what is behind it is zero
    }
    start += covered;
    offset += covered;
  }
  return static_cast<i64>(done);
}

u64 AddressSpace::segments(u64 address, u64 size, bool write, abi::Segment* segments, u32 capacity, u32& count) {
  const Lock lock(mutex_);
  count = 0;
  u64 covered = 0;
  while (covered < size) {
    const Gva at{address + covered};
    u64 page_size = 0;
    const u64* entry = at.value < abi::user_end && (at.value < abi::linear_base || at.value >= abi::linear_end)
                           ? table_.find(at, page_size)
                           : nullptr;
    if (entry == nullptr || (*entry & pte::user) == 0 || (write && (*entry & pte::writable) == 0)) {
      if ((at.value >= abi::linear_base && at.value < abi::linear_end) ||
          fault_locked(at, {write, false}) != FaultOutcome::Resolved) {
        break;
      }
      entry = table_.find(at, page_size);
      if (entry == nullptr) {
        break;
      }
    }
    const u64 inside = at.value & (page_size - 1);
    const u64 gpa = (*entry & pte::address_mask & ~(page_size - 1)) + inside;
    const u64 bytes = std::min(page_size - inside, size - covered);
    if (count > 0 && segments[count - 1].gpa + segments[count - 1].size == gpa) {
      segments[count - 1].size += bytes;
    } else {
      if (count == capacity) {
        break;
      }
      segments[count++] = {gpa, bytes};
    }
    covered += bytes;
  }
  return covered;
}

u64 AddressSpace::translate(u64 address, bool write) {
  abi::Segment segment{};
  u32 count = 0;
  return segments(address, 4, write, &segment, 1, count) == 4 ? segment.gpa : 0;
}

bool AddressSpace::zero_text(u64 address, u64 size) {
  constexpr u8 zeros[256] = {};
  for (u64 done = 0; done < size; done += sizeof zeros) {
    if (!write_text(address + done, zeros, std::min<u64>(sizeof zeros, size - done))) {
      // Not present: a large segment is filled lazily. Make the page present, then clear.
      const Lock lock(mutex_);
      if (fault_locked(Gva{address + done}, {false, false}) != FaultOutcome::Resolved ||
          !write_text(address + done, zeros, std::min<u64>(sizeof zeros, size - done))) {
        return false;
      }
    }
  }
  return true;
}

u64 AddressSpace::map_vdso(const u8* image, u64 size) {
  const Lock lock(mutex_);
  MapRequest request;
  request.size = abi::page_size + align_up(size, abi::page_size);
  u64 start = 0;
  if (!choose_place(request, start)) {
    return 0;
  }
  Vma time;
  time.start = start;
  time.end = start + abi::page_size;
  time.prot = prot::read;
  time.flags = vma_flag::internal;
  time.shared_gpa = abi::time_page_gpa;
  Vma code;
  code.start = time.end;
  code.end = start + request.size;
  code.prot = prot::read | prot::execute;
  code.flags = vma_flag::internal;
  if (!vmas_.insert(time) || !vmas_.insert(code) || fill(time, time.start, time.end) != FaultOutcome::Resolved ||
      fill(code, code.start, code.end) != FaultOutcome::Resolved || !write_text(code.start, image, size)) {
    return 0;
  }
  return code.start;
}

bool AddressSpace::write_text(u64 address, const u8* bytes, u64 size) {
  for (u64 i = 0; i < size;) {
    u64 page_size = 0;
    const u64* entry = own_page(address + i, page_size);
    if (entry == nullptr) {
      return false;
    }
    const u64 inside = (address + i) & (page_size - 1);
    const u64 count = std::min(size - i, page_size - inside);
    std::memcpy(linear_pointer<u8>(Gpa{(*entry & pte::address_mask & ~(page_size - 1)) + inside}), bytes + i, count);
    i += count;
  }
  return true;
}

}  // namespace kx::libos
