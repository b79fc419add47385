#include "mm/arena.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <iterator>
#include <kx/abi/vcpu.hpp>
#include <kx/base/verify.hpp>

#include "mm/memory.hpp"

namespace kx::libos {

namespace {

constexpr u64 region_size = 8 << 20;
static_assert((abi::arena_gpa_end - abi::arena_gpa) % region_size == 0);

Arena arena;

}  // namespace

Arena& Arena::instance() {
  return arena;
}

std::optional<Gpa> Arena::allocate(u8 order) {
  const Lock lock(mutex_);
  auto block = allocator_.allocate(order, Prefer::Dirty);
  if (!block && next_region_ < abi::arena_gpa_end) {
    const u64 metadata = align_up(PageAllocator::metadata_size(region_size), abi::page_size);
    KX_VERIFY(allocator_.add_region(next_region_ + metadata, region_size - metadata,
                                    linear_pointer<void>(Gpa{next_region_})));
    next_region_ += region_size;
    block = allocator_.allocate(order, Prefer::Dirty);
  }
  if (!block) {
    return std::nullopt;
  }
  high_ = std::max(high_, block->gpa + (abi::page_size << order));
  if (!block->clean) {
    std::memset(linear_pointer<void>(Gpa{block->gpa}), 0, abi::page_size << order);
  }
  return Gpa{block->gpa};
}

void Arena::free(Gpa gpa, u8 order) {
  const Lock lock(mutex_);
  allocator_.free(gpa.value, order);
}

namespace {

abi::VcpuPage& page_of_area(u64 index) {
  return *linear_pointer<abi::VcpuPage>(Gpa{abi::vcpu_areas_gpa + index * abi::vcpu_area_size});
}

}  // namespace

// An area whose thread has ended and whose vCPU has left it.
std::optional<u64> Arena::take_retired() {
  for (u64 word = 0; word < area_count / 64; ++word) {
    for (u64 bits = retired_areas_[word]; bits != 0; bits &= bits - 1) {
      const u64 index = word * 64 + static_cast<u64>(std::countr_zero(bits));
      if (std::atomic_ref(page_of_area(index).ended).load(std::memory_order_acquire) != 0) {
        retired_areas_[word] &= ~(1ull << (index % 64));
        return index;
      }
    }
  }
  return std::nullopt;
}

std::optional<Gpa> Arena::allocate_vcpu_area(u64& before) {
  const Lock lock(mutex_);
  before = 0;
  std::optional<u64> index = take_retired();
  if (index) {
    before = page_of_area(*index).thread_gva;
  }
  for (u64 word = 0; word < area_count / 64 && !index; ++word) {
    if (used_areas_[word] != ~0ull) {
      const auto bit = static_cast<u64>(std::countr_one(used_areas_[word]));
      used_areas_[word] |= 1ull << bit;
      index = word * 64 + bit;
    }
  }
  if (!index) {
    return std::nullopt;
  }
  const Gpa area{abi::vcpu_areas_gpa + *index * abi::vcpu_area_size};
  std::memset(linear_pointer<void>(area), 0, abi::vcpu_stack_offset);
  return area;
}

void Arena::retire_vcpu_area(Gpa gpa) {
  if (gpa.value >= abi::vcpu_areas_gpa) {
    const Lock lock(mutex_);
    const u64 index = (gpa.value - abi::vcpu_areas_gpa) / abi::vcpu_area_size;
    retired_areas_[index / 64] |= 1ull << (index % 64);
  }
}

void Arena::free_vcpu_area(Gpa gpa) {
  if (gpa.value < abi::vcpu_areas_gpa) {
    return;  // that of the first vCPU
  }
  const Lock lock(mutex_);
  const u64 index = (gpa.value - abi::vcpu_areas_gpa) / abi::vcpu_area_size;
  used_areas_[index / 64] &= ~(1ull << (index % 64));
}

void Arena::keep_vcpu_area(Gpa kept) {
  const Lock lock(mutex_);
  std::fill(std::begin(used_areas_), std::end(used_areas_), 0);
  std::fill(std::begin(retired_areas_), std::end(retired_areas_), 0);
  if (kept.value >= abi::vcpu_areas_gpa) {
    const u64 index = (kept.value - abi::vcpu_areas_gpa) / abi::vcpu_area_size;
    used_areas_[index / 64] |= 1ull << (index % 64);
  }
}

}  // namespace kx::libos
