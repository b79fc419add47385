#include "mm/memory.hpp"

#include <algorithm>
#include <cstring>
#include <kx/base/verify.hpp>

#include "host/host_call.hpp"
#include "host/stats.hpp"
#include "mm/page_table.hpp"

namespace kx::libos {

namespace {

// Wholly free, dirty 2 MiB blocks kept before they go back to the host: a program that frees and allocates in turn
// shall not pay for it.
constexpr u64 kept_huge_blocks = 8;

alignas(Memory) u8 storage[sizeof(Memory)];
bool constructed = false;

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
  KX_VERIFY(add(gpa + reserved, size - reserved));
}

// The metadata lies at the start of the region itself.
bool Memory::add(u64 gpa, u64 size) {
  const u64 metadata = align_up(PageAllocator::metadata_size(size), abi::page_size);
  return allocator_.add_region(gpa + metadata, size - metadata, linear_pointer<void>(Gpa{gpa}));
}

bool Memory::grow(u64 size) {
  const u64 wanted = align_up(size + size / 64 + (64 << 10), abi::huge_page_size);
  const HostReply reply = host_call_raw(static_cast<u32>(abi::HostCall::MemoryGrow), {{wanted}, 0}, CallKind::Quick);
  if (reply.result <= 0) {
    return false;
  }
  const u64 gpa = static_cast<u64>(reply.result);
  if (!map_linear(Gpa{gpa}, reply.extra[0])) {
    return false;
  }
  return add(gpa, reply.extra[0]);
}

std::optional<PageBlock> Memory::allocate_block(u8 order, Prefer prefer) {
  const Lock lock(mutex_);
  auto block = allocator_.allocate(order, prefer);
  if (!block) {
    if (!grow(abi::page_size << order)) {
      return std::nullopt;
    }
    block = allocator_.allocate(order, prefer);
  }
  stats().memory_in_use = used();
  stats().memory_peak = std::max(stats().memory_peak, stats().memory_in_use);
  return block;
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
  allocator_.free(gpa.value, order);
  if (allocator_.dirty_huge_blocks() > kept_huge_blocks * 2) {
    give_back();
  }
  stats().memory_in_use = used();
}

void Memory::split(Gpa gpa) {
  const Lock lock(mutex_);
  allocator_.split_allocated(gpa.value);
}

bool Memory::owns(Gpa gpa) {
  const Lock lock(mutex_);
  return allocator_.owns(gpa.value);
}

void Memory::give_back() {
  while (allocator_.dirty_huge_blocks() > kept_huge_blocks) {
    const auto gpa = allocator_.take_dirty_huge_block();
    if (!gpa) {
      return;
    }
    const i64 result = host_call(abi::HostCall::MemoryRelease, CallKind::Quick, *gpa, abi::huge_page_size);
    KX_VERIFY(result == 0);
    allocator_.return_clean_huge_block(*gpa);
  }
}

}  // namespace kx::libos
