// Mapping and unmapping: mmap(2), munmap(2), brk(2).
#include "mm/address_space.hpp"

#include <algorithm>
#include <cerrno>
#include <kx/abi/memory_map.hpp>
#include <kx/base/verify.hpp>

#include "entry/patching.hpp"
#include "files/open_file.hpp"
#include "host/host_call.hpp"
#include "mm/executable.hpp"
#include "mm/heap.hpp"
#include "mm/memory.hpp"
#include "process/limits.hpp"

namespace kx::libos {

namespace {

// Mappings up to these sizes are filled when they are made: a fault costs more than filling some pages nobody reads.
constexpr u64 eager_anonymous_size = 256 << 10;
constexpr u64 eager_file_size = 4 << 20;
// A dynamic linker first maps a whole library and then lays its segments over that: only the segments are filled. Of
// one that is not known for a linker small files are filled whole.
constexpr u64 eager_first_file_size = 256 << 10;
// Room below the stack that mmap leaves for its growth, as Linux does.
constexpr u64 stack_gap = 136ull << 20;
constexpr u64 guard_size = 1 << 20;

alignas(AddressSpace) u8 storage[sizeof(AddressSpace)];
bool constructed = false;

void* allocate_storage(void*, std::size_t size) {
  return heap_allocate(size);
}
void release_storage(void*, void* block, std::size_t size) {
  heap_free(block, size);
}

}  // namespace

AddressSpace& AddressSpace::instance() {
  if (!constructed) [[unlikely]] {
    constructed = true;
    ::new (static_cast<void*>(storage)) AddressSpace();
  }
  return *reinterpret_cast<AddressSpace*>(storage);
}

AddressSpace::AddressSpace()
    : vmas_(VmaStorage{allocate_storage, release_storage, nullptr}), table_(Gpa{abi::boot_pml4_gpa}) {}

void AddressSpace::start(u64 random) {
  if (objects_ == nullptr) {
    dropped_ = static_cast<Dropped*>(heap_allocate(max_dropped * sizeof(Dropped)));
    KX_VERIFY(grow_objects() && dropped_ != nullptr);
  }
  // All bases lie in the upper PML4 entry; each random part is whole 2 MiB, so that one table page serves a small
  // program's stack and another its libraries.
  stack_top_ = abi::user_end - (random & 0xff) * abi::huge_page_size - ((random >> 8 & 0xff) << 4);
  stack_top_ = align_down(stack_top_, abi::page_size);
  mmap_top_ = align_down(stack_top_ - stack_gap - ((random >> 16) & 0x3fff) * abi::huge_page_size, abi::huge_page_size);
  image_base_ = abi::linear_end + (64ull << 20) + ((random >> 32) & 0x3fff) * abi::huge_page_size;
}

OpenFile* AddressSpace::file_of(const Vma& vma) {
  return vma.object != 0 ? objects_[vma.object - 1].file : nullptr;
}

bool AddressSpace::grow_objects() {
  constexpr u32 first_capacity = 128;
  const u32 capacity = std::max(object_capacity_ * 2, first_capacity);
  auto* objects = capacity <= max_objects ? static_cast<Object*>(heap_allocate(capacity * sizeof(Object))) : nullptr;
  if (objects == nullptr) {
    return false;
  }
  std::copy_n(objects_, object_capacity_, objects);
  std::fill(objects + object_capacity_, objects + capacity, Object{});
  heap_free(objects_, object_capacity_ * sizeof(Object));
  objects_ = objects;
  object_capacity_ = capacity;
  return true;
}

u32 AddressSpace::object_for(OpenFile& file) {
  u32 free_slot = object_capacity_;
  for (u32 i = 0; i < object_capacity_; ++i) {
    if (objects_[i].file == &file) {
      ++objects_[i].mappings;
      return i + 1;
    }
    if (objects_[i].file == nullptr) {
      free_slot = std::min(free_slot, i);
      break;  // slots are filled from the front; those behind a hole are only missed as an optimisation
    }
  }
  if (free_slot == object_capacity_ && !grow_objects()) {
    return 0;
  }
  file.acquire();
  objects_[free_slot] = {&file, 1};
  return free_slot + 1;
}

void AddressSpace::release_object(u32 object) {
  Object& entry = objects_[object - 1];
  bool used = false;
  for (const Vma& vma : vmas_) {
    used = used || vma.object == object;
  }
  if (!used && entry.file != nullptr) {
    OpenFile* file = entry.file;
    entry = {};
    file->release();
  }
}

bool AddressSpace::choose_place(const MapRequest& request, u64& start) {
  if (request.fixed) {
    start = request.address;
    return true;
  }
  const u64 hint = align_down(request.address, abi::page_size);
  const auto usable = [&](u64 address) {
    return address >= abi::user_min && !outside(address, request.size, abi::user_min, abi::user_end) &&
           (address + request.size <= abi::linear_base || address >= abi::linear_end) &&
           vmas_.vacant(address, address + request.size);
  };
  if (hint != 0 && usable(hint)) {
    start = hint;
    return true;
  }
  GapRequest gap;
  gap.size = request.size;
  if (request.low) {
    gap.alignment = abi::page_size;
    gap.low = 1ull << 30;
    gap.high = 1ull << 31;
    const auto found = vmas_.find_gap(gap);
    start = found.value_or(0);
    return found.has_value();
  }
  // Large anonymous memory may get 2 MiB pages; files lie close together, so that few tables map them.
  gap.alignment = request.size >= abi::huge_page_size && request.file == nullptr ? abi::huge_page_size : abi::page_size;
  gap.low = abi::linear_end;
  gap.high = mmap_top_;
  gap.guard_size = guard_size;
  auto found = vmas_.find_gap(gap);
  if (!found) {
    gap.alignment = abi::page_size;
    gap.low = abi::user_min;
    gap.high = abi::linear_base;
    found = vmas_.find_gap(gap);
  }
  if (!found) {
    return false;
  }
  start = *found;
  return true;
}

bool AddressSpace::exceeds_limit(u64 more) const {
  const u64 limit = resource_limit(9 /* RLIMIT_AS */);
  return more > limit || vmas_.total_size() > limit - more;
}

i64 AddressSpace::map(const MapRequest& request) {
  const Lock lock(mutex_);
  return map_locked(request);
}

i64 AddressSpace::map_locked(const MapRequest& request) {
  u64 start = 0;
  if (!choose_place(request, start)) {
    return -ENOMEM;
  }
  const u64 end = start + request.size;
  if (outside(start, request.size, abi::user_min, abi::user_end) ||
      (start < abi::linear_end && end > abi::linear_base)) {
    return start < abi::user_min ? -EPERM : -ENOMEM;
  }
  // Linux's heuristic overcommit refuses what can obviously never be had.
  const bool accountable = request.file == nullptr && (request.prot & prot::write) != 0 &&
                           (request.flags & (vma_flag::no_reserve | vma_flag::shared)) == 0;
  if (accountable && request.size > Memory::instance().limit()) {
    return -ENOMEM;
  }
  if (exceeds_limit(request.size)) {
    return -ENOMEM;
  }
  const bool policed = has_library_policy();
  if (policed && (request.prot & prot::execute) != 0 && !request.approved) {
    if (const i64 result = approve(request.file, request.flags, request.prot); result != 0) {
      return result;
    }
  }
  if (request.fixed && !vmas_.vacant(start, end)) {
    if (!request.replace) {
      return -EEXIST;
    }
    if (const i64 result = unmap_locked(start, end); result != 0) {
      return result;
    }
  }
  Vma vma;
  vma.start = start;
  vma.end = end;
  vma.prot = request.prot;
  vma.flags = request.flags;
  if (request.file != nullptr) {
    vma.object = object_for(*request.file);
    if (vma.object == 0) {
      return -ENOMEM;
    }
    vma.offset = request.offset;
    vma.flags |= policed && (request.prot & prot::write) != 0 ? vma_flag::changed : 0;
    if ((request.flags & vma_flag::shared) != 0) {
      if (const i64 result = map_shared_file(vma, *request.file); result != 0) {
        release_object(vma.object);
        return result;
      }
    }
  }
  if (auto inserted = vmas_.insert(vma); !inserted) {
    if (vma.object != 0) {
      release_object(vma.object);
    }
    return -ENOMEM;
  }
  const bool lazy = (request.flags & (vma_flag::no_reserve | vma_flag::grows_down)) != 0;
  const bool is_known = request.wanted != 0 && !request.populate;
  const u64 size = is_known ? std::min(request.wanted, request.size) : request.size;
  const u64 eager = request.file == nullptr     ? eager_anonymous_size
                    : request.fixed || is_known ? eager_file_size
                                                : eager_first_file_size;
  if (request.prot != prot::none && (request.populate || (!lazy && size <= eager))) {
    // A page that cannot be filled now faults later, and is judged then.
    static_cast<void>(fill(vma, start, start + size));
  }
  return static_cast<i64>(start);
}

i64 AddressSpace::map_shared_file(Vma& vma, OpenFile& file) {
  const u64 protection = (vma.prot & prot::write) != 0 || file.writable() ? prot::read | prot::write : prot::read;
  const i64 result =
      host_call(abi::HostCall::MapShared, CallKind::Quick, file.handle(), vma.offset, vma.size(), protection);
  if (result < 0) {
    return result;
  }
  vma.shared_gpa = static_cast<u64>(result);
  if (!map_linear(Gpa{vma.shared_gpa}, vma.size())) {
    host_call(abi::HostCall::UnmapShared, CallKind::Quick, vma.shared_gpa, vma.size());
    return -ENOMEM;
  }
  return 0;
}

i64 AddressSpace::unmap(u64 address, u64 size) {
  if (!is_aligned(address, abi::page_size) || size == 0 || outside(address, size, 0, abi::user_end)) {
    return -EINVAL;
  }
  const Lock lock(mutex_);
  return unmap_locked(address, address + align_up(size, abi::page_size));
}

void AddressSpace::clear() {
  const Lock lock(mutex_);
  KX_VERIFY(unmap_locked(0, abi::linear_base) == 0 && unmap_locked(abi::linear_end, abi::user_end) == 0);
  for (u32 i = 0; i < object_capacity_; ++i) {
    if (objects_[i].file != nullptr) {
      release_object(i + 1);
    }
  }
  Patching::instance().forget();
  next_fault_ = 0;
}

i64 AddressSpace::unmap_locked(u64 start, u64 end) {
  FlushBatch batch;
  struct SharedPiece {
    u64 gpa, size;
  };
  u32 objects[16];
  u32 object_count = 0;
  // Only reserve() can fail, and it comes first.
  if (auto reserved = vmas_.reserve(2); !reserved) {
    return -ENOMEM;
  }
  const auto removed = vmas_.remove(start, end, [&](const Vma& piece) {
    if (piece.object != 0 && object_count < 16) {
      objects[object_count++] = piece.object;
    }
    release_piece(piece, batch);
  });
  if (!removed) {
    return -ENOMEM;
  }
  batch.flush();
  free_dropped();
  for (u32 i = 0; i < object_count; ++i) {
    release_object(objects[i]);
  }
  return 0;
}

void AddressSpace::release_piece(const Vma& piece, FlushBatch& batch) {
  drop_pages(piece.start, piece.end, batch);
  // A slot goes with the mapping it was made for; parts of one keep it until the pVM ends.
  if (piece.shared_gpa != 0 && piece.object != 0) {
    batch.flush();
    host_call(abi::HostCall::UnmapShared, CallKind::Quick, piece.shared_gpa, piece.size());
  }
}

void AddressSpace::drop_pages(u64 start, u64 end, FlushBatch& batch) {
  const bool split = table_.for_each(Gva{start}, Gva{end}, [&](u64* entry, Gva address, u64 size) {
    if ((*entry & pte::foreign) == 0) {
      if (dropped_count_ == max_dropped) {
        batch.flush();
        free_dropped();
      }
      dropped_[dropped_count_++] = {*entry & pte::address_mask, size == abi::huge_page_size ? 9u : 0u};
    }
    *entry = 0;
    batch.add(address);
  });
  KX_VERIFY(split);  // one page for a split is always kept in reserve by the host's limit
}

void AddressSpace::free_dropped() {
  for (u32 i = 0; i < dropped_count_; ++i) {
    Memory::instance().free(Gpa{dropped_[i].gpa}, static_cast<u8>(dropped_[i].order));
  }
  dropped_count_ = 0;
}

void AddressSpace::set_break_start(u64 address) {
  break_start_ = break_ = align_up(address, abi::page_size);
}

u64 AddressSpace::set_break(u64 address) {
  const Lock lock(mutex_);
  const u64 old_end = align_up(break_, abi::page_size);
  if (address < break_start_ || address >= mmap_top_) {
    return break_;
  }
  const u64 new_end = align_up(address, abi::page_size);
  if (new_end > old_end) {
    MapRequest request;
    request.address = old_end;
    request.size = new_end - old_end;
    request.prot = prot::read | prot::write;
    request.flags = vma_flag::heap;
    request.fixed = true;
    if (map_locked(request) < 0) {
      return break_;
    }
  } else if (new_end < old_end && unmap_locked(new_end, old_end) != 0) {
    return break_;
  }
  break_ = address;
  return break_;
}

u64 AddressSpace::find_near(u64 near, u64 size) {
  // A displacement reaches 2 GiB; keep a margin for the mapping itself.
  constexpr u64 reach = (2ull << 30) - (64ull << 20);
  GapRequest gap;
  gap.size = size;
  gap.alignment = abi::page_size;
  gap.low = std::max(near > reach ? near - reach : 0, abi::user_min);
  gap.high = std::min(near + reach, near < abi::linear_base ? abi::linear_base : abi::user_end);
  if (near >= abi::linear_end) {
    gap.low = std::max(gap.low, abi::linear_end);
  }
  // Above the image first: below may be the heap's place.
  GapRequest above = gap;
  above.low = near;
  above.direction = GapDirection::BottomUp;
  if (near < mmap_top_ && near > image_base_ + (1ull << 38)) {
    above.high = std::min(above.high, mmap_top_);
  }
  gap.high = near;
  auto found = vmas_.find_gap(gap);
  if (!found) {
    found = vmas_.find_gap(above);
  }
  return found ? *found : 0;
}

}  // namespace kx::libos
