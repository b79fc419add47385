#include "mm/memory.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <kx/abi/boot.hpp>
#include <kx/base/verify.hpp>

#include "host/host_call.hpp"
#include "host/stats.hpp"
#include "mm/heap.hpp"
#include "mm/page_table.hpp"

namespace kx::libos {

namespace {

// Wholly free, dirty 2 MiB blocks kept before they go back to the host: a program that frees and allocates in turn
// shall not pay for it.
constexpr u64 kept_huge_blocks = 8;

// What is copied at a fork costs less than a new generation, after which the same pages would be copied one by one.
constexpr u64 most_copied_pages = 96;

constexpr u64 program_memory = 8 << 20;

alignas(Memory) u8 storage[sizeof(Memory)];
bool constructed = false;

// The newest fork whose child, or a descendant of it, still reads this pVM's memory; 0 if there is none.
// SAFETY: a word of the system slot that the hypervisor writes.
u32 newest_reader() {
  return std::atomic_ref(reinterpret_cast<abi::Inbox*>(abi::linear_gva(abi::inbox_gpa))->newest_reader)
      .load(std::memory_order_acquire);
}

// What the allocator's notes take at the start of a slot.
u64 head_size(u64 slot_size) {
  return align_up(PageAllocator::metadata_size(slot_size), abi::page_size);
}

}  // namespace

Memory& Memory::instance() {
  if (!constructed) [[unlikely]] {
    constructed = true;
    ::new (static_cast<void*>(storage)) Memory();
  }
  return *reinterpret_cast<Memory*>(storage);
}

void Memory::start(u64 gpa, u64 size, u64 reserved, u64 limit) {
  limit_ = limit;
  reserved = align_up(reserved, abi::page_size);
  pools_[0] = heap_new<Pool>();
  KX_VERIFY(pools_[0] != nullptr && add(*pools_[0], gpa + reserved, size - reserved));
  pool_count_ = 1;
}

void Memory::start_in_child(u64 gpa, u64 size, bool copied) {
  std::swap(pools_[0], pools_[pool_count_ - 1]);
  for (u32 i = 1; i < pool_count_; ++i) {
    heap_delete(pools_[i]);
  }
  Pool& pool = *pools_[0];
  pool_count_ = 1;
  sequence_ = 0;
  older_unwritten_ = true;
  KX_VERIFY(map_linear(Gpa{gpa}, size));
  if (copied) {
    pool.allocator.move_region(pool.gpa, gpa, linear_pointer<void>(Gpa{gpa}));
    pool.gpa = gpa;
    pool.birth = 0;
    pool.closed = false;
    used_pages_ = pool.allocator.total_pages() - pool.allocator.free_pages();
    return;
  }
  used_pages_ = 0;
  pool.~Pool();
  ::new (static_cast<void*>(&pool)) Pool();
  KX_VERIFY(add(pool, gpa, size));
}

// The metadata lies at the start of the region itself.
bool Memory::add(Pool& pool, u64 gpa, u64 size) {
  const u64 metadata = head_size(size);
  pool.gpa = gpa;
  return pool.allocator.add_region(gpa + metadata, size - metadata, linear_pointer<void>(Gpa{gpa}));
}

// What was allocated before a fork whose child still reads is frozen; what came after it is not.
bool Memory::is_frozen(const Pool& pool) {
  return newest_reader() > pool.birth;
}

Memory::Pool* Memory::owner(u64 gpa) {
  for (u32 i = pool_count_; i > 0; --i) {
    if (pools_[i - 1]->allocator.owns(gpa)) {
      return pools_[i - 1];
    }
  }
  return nullptr;
}

void Memory::begin_program() {
  const Lock lock(mutex_);
  if (pool_count_ > 1 || pools_[0]->gpa >= abi::forked_memory_gpa) {  // else it has such slots
    static_cast<void>(grow(program_memory));
  }
}

// Adds a youngest pool of that many bytes or more.
bool Memory::grow(u64 minimum) {
  Pool* pool = pool_count_ < max_pools ? heap_new<Pool>() : nullptr;
  if (pool == nullptr) {
    return false;
  }
  const HostReply reply = host_call_raw(static_cast<u32>(abi::HostCall::MemoryGrow), {{minimum}, 0}, CallKind::Quick);
  const auto gpa = static_cast<u64>(reply.result);
  if (reply.result <= 0 || !map_linear(Gpa{gpa}, reply.extra[0]) || !add(*pool, gpa, reply.extra[0])) {
    heap_delete(pool);
    return false;
  }
  pool->birth = sequence_;
  pools_[pool_count_++] = pool;
  older_unwritten_ = false;
  return true;
}

std::optional<PageBlock> Memory::allocate_from_pools(u8 order, Prefer prefer) {
  std::optional<PageBlock> block;
  for (u32 i = pool_count_; i > 0 && !block; --i) {
    if (!pools_[i - 1]->closed && !is_frozen(*pools_[i - 1])) {
      block = pools_[i - 1]->allocator.allocate(order, prefer);
      older_unwritten_ = older_unwritten_ && (!block || i == pool_count_);
    }
  }
  return block;
}

std::optional<PageBlock> Memory::allocate_block(u8 order, Prefer prefer) {
  const Lock lock(mutex_);
  std::optional<PageBlock> block;
  if ((used_pages_ + (1ull << order)) * abi::page_size > limit_) {
    return block;
  }
  block = allocate_from_pools(order, prefer);
  if (!block && take_back_unread_locked(few_slots)) {
    block = allocate_from_pools(order, prefer);
  }
  const u64 size = abi::page_size << order;
  if (!block && (grow(align_up(size + size / 64 + (64 << 10), abi::huge_page_size)) || take_back_unread_locked(1))) {
    block = allocate_from_pools(order, prefer);
  }
  if (block) {
    used_pages_ += 1ull << order;
    count_use();
  }
  return block;
}

void Memory::count_use() {
  stats().memory_in_use = used_pages_ * abi::page_size;
  stats().memory_peak = std::max(stats().memory_peak, stats().memory_in_use);
}

u64 Memory::used() {
  const Lock lock(mutex_);
  return used_pages_ * abi::page_size;
}

std::optional<Gpa> Memory::allocate(u8 order, Prefer prefer) {
  const auto block = allocate_block(order, prefer);
  return block ? std::optional(Gpa{block->gpa}) : std::nullopt;
}

std::optional<Gpa> Memory::allocate_zeroed(u8 order) {
  const auto block = allocate_block(order, Prefer::Clean);
  if (!block) {
    return std::nullopt;
  }
  if (!block->clean) {
    std::memset(linear_pointer<void>(Gpa{block->gpa}), 0, abi::page_size << order);
  }
  return Gpa{block->gpa};
}

void Memory::free(Gpa gpa, u8 order) {
  const Lock lock(mutex_);
  Pool* pool = owner(gpa.value);
  if (pool == nullptr) {
    return;
  }
  pool->allocator.free(gpa.value, order);
  used_pages_ -= 1ull << order;
  if (pool->allocator.dirty_huge_blocks() > kept_huge_blocks * 2 && !is_frozen(*pool)) {
    give_back(pool->allocator);
  }
  count_use();
}

void Memory::split(Gpa gpa) {
  const Lock lock(mutex_);
  if (Pool* pool = owner(gpa.value); pool != nullptr) {
    pool->allocator.split_allocated(gpa.value);
  }
}

bool Memory::is_private(Gpa gpa) {
  const Lock lock(mutex_);
  const Pool* pool = owner(gpa.value);
  if (pool == nullptr || is_frozen(*pool)) {
    return false;
  }
  if (is_youngest(*pool)) {
    return true;
  }
  older_unwritten_ = older_unwritten_ && youngest_is_copyable();
  return !older_unwritten_;
}

bool Memory::youngest_is_copyable() const {
  const Pool& pool = *pools_[pool_count_ - 1];
  return pool.gpa >= abi::forked_memory_gpa &&
         pool.allocator.total_pages() - pool.allocator.free_pages() <= most_copied_pages;
}

bool Memory::can_copy_slot() {
  const Lock lock(mutex_);
  return older_unwritten_ && youngest_is_copyable();
}

u64 Memory::copied_head_size() {
  return head_size(abi::forked_slot_size);
}

bool Memory::is_unused(const Pool& pool) {
  return pool.birth != 0 && pool.allocator.free_pages() == pool.allocator.total_pages();
}

bool Memory::is_spare(const Pool& pool) {
  return is_unused(pool) && !is_frozen(pool);
}

Memory::KeptSlots Memory::find_kept_slots(u64* gpas, bool copies) {
  const Lock lock(mutex_);
  u32 count = 0;
  for (u32 i = pool_count_; i > 0; --i) {
    Pool& pool = *pools_[i - 1];
    pool.spare = copies ? pool.birth == sequence_ : is_spare(pool);
    pool.kept = pool.spare || is_unused(pool);
    if (pool.spare) {
      gpas[count++] = pool.gpa;
    }
  }
  const bool has_next = count != 0;
  for (u32 i = pool_count_; i > 0; --i) {
    if (const Pool& pool = *pools_[i - 1]; pool.kept && !pool.spare) {
      gpas[count++] = pool.gpa;
    }
  }
  return {count, has_next};
}

bool Memory::take_back_unread(u32 least) {
  const Lock lock(mutex_);
  return take_back_unread_locked(least);
}

bool Memory::take_back_unread_locked(u32 least) {
  constexpr u32 most_asked = 64;
  Pool* asked[most_asked];
  u32 count = 0;
  for (u32 i = 0; i < pool_count_ && count < most_asked; ++i) {
    if (is_unused(*pools_[i]) && is_frozen(*pools_[i])) {
      asked[count++] = pools_[i];
    }
  }
  if (count < least || count == 0) {
    return false;
  }
  // Whoever allocates may have the call buffer in use.
  u32 saved[most_asked];
  auto* const numbers = reinterpret_cast<u32*>(call_buffer());
  std::memcpy(saved, numbers, count * sizeof(u32));
  for (u32 i = 0; i < count; ++i) {
    numbers[i] = asked[i]->last_read;
  }
  const i64 result = host_call(abi::HostCall::NewestReaders, CallKind::Quick, count);
  KX_VERIFY(result == 0);
  bool found = false;
  for (u32 i = 0; i < count; ++i) {
    if (numbers[i] <= asked[i]->birth) {
      asked[i]->birth = sequence_;
      found = true;
    }
  }
  std::memcpy(numbers, saved, count * sizeof(u32));
  return found;
}

bool Memory::has_spare_slot() {
  const Lock lock(mutex_);
  return std::any_of(pools_, pools_ + pool_count_, [](const Pool* pool) { return is_spare(*pool); });
}

// Those that children read, too: they are free when those have ended. What is moved goes to the youngest first.
bool Memory::close_sparse_slots(bool hard) {
  const u32 many = hard ? 1 : 8;
  const Lock lock(mutex_);
  const auto is_sparse = [&](const Pool& pool) {
    const u64 total = pool.allocator.total_pages();
    const u64 used = total - pool.allocator.free_pages();
    return !is_youngest(pool) && pool.birth != 0 && used != 0 && used < total / (hard ? 2 : 4);
  };
  const auto count = std::count_if(pools_, pools_ + pool_count_, [&](const Pool* pool) { return is_sparse(*pool); });
  if (count < many) {
    return false;
  }
  for (u32 i = 0; i < pool_count_; ++i) {
    pools_[i]->closed = is_sparse(*pools_[i]);
  }
  return true;
}

bool Memory::is_closed(Gpa gpa) {
  const Lock lock(mutex_);
  const Pool* pool = owner(gpa.value);
  return pool != nullptr && pool->closed;
}

void Memory::open_slots() {
  const Lock lock(mutex_);
  for (u32 i = 0; i < pool_count_; ++i) {
    pools_[i]->closed = false;
  }
}

bool Memory::has_room_for_generation() {
  return pool_count_ < max_pools || has_spare_slot();
}

void Memory::begin_generation(u64 gpa, u64 size) {
  const Lock lock(mutex_);
  ++sequence_;
  for (u32 i = 0; i < pool_count_; ++i) {
    if (pools_[i]->spare) {
      pools_[i]->birth = sequence_;
    }
    if (!pools_[i]->kept) {
      pools_[i]->last_read = sequence_;
    }
  }
  Pool* pool = nullptr;
  for (u32 i = 1; i < pool_count_ && pool == nullptr; ++i) {
    if (pools_[i]->gpa == gpa) {
      pool = pools_[i];
      std::rotate(pools_ + i, pools_ + i + 1, pools_ + pool_count_);
      --pool_count_;
    }
  }
  if (pool == nullptr) {
    KX_VERIFY(map_linear(Gpa{gpa}, size));
    pool = pool_count_ < max_pools ? heap_new<Pool>() : nullptr;
    KX_VERIFY(pool != nullptr && add(*pool, gpa, size));
  }
  pool->birth = sequence_;
  pools_[pool_count_++] = pool;
  older_unwritten_ = true;
}

void Memory::give_back(PageAllocator& allocator) {
  while (allocator.dirty_huge_blocks() > kept_huge_blocks) {
    const auto gpa = allocator.take_dirty_huge_block();
    if (!gpa) {
      return;
    }
    const i64 result = host_call(abi::HostCall::MemoryRelease, CallKind::Quick, *gpa, abi::huge_page_size);
    KX_VERIFY(result == 0);
    allocator.return_clean_huge_block(*gpa);
  }
}

}  // namespace kx::libos
