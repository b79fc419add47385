#include "mm/heap.hpp"

#include <cstring>
#include <kx/base/address.hpp>
#include <kx/base/verify.hpp>

#include "mm/arena.hpp"
#include "mm/memory.hpp"
#include "process/lock.hpp"

namespace kx::libos {

namespace {

struct FreeBlock {
  FreeBlock* next;
};

constexpr std::size_t class_sizes[] = {16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048};
constexpr std::size_t class_count = sizeof(class_sizes) / sizeof(class_sizes[0]);

Mutex mutex;
FreeBlock* free_lists[class_count];

std::size_t class_of(std::size_t size) {
  std::size_t index = 0;
  while (class_sizes[index] < size) {
    ++index;
  }
  return index;
}

u8 order_of(std::size_t size) {
  u8 order = 0;
  while ((abi::page_size << order) < size) {
    ++order;
  }
  return order;
}

bool refill(std::size_t index) {
  const auto block = Arena::instance().allocate(0);
  if (!block) {
    return false;
  }
  auto* bytes = linear_pointer<u8>(*block);
  for (std::size_t offset = 0; offset + class_sizes[index] <= abi::page_size; offset += class_sizes[index]) {
    auto* entry = reinterpret_cast<FreeBlock*>(bytes + offset);
    entry->next = free_lists[index];
    free_lists[index] = entry;
  }
  return true;
}

}  // namespace

void* heap_allocate(std::size_t size) {
  if (size > class_sizes[class_count - 1]) {
    const u8 order = order_of(size);
    if (order > PageAllocator::max_order) {
      return nullptr;
    }
    const auto gpa = Arena::instance().allocate(order);
    return gpa ? linear_pointer<void>(*gpa) : nullptr;
  }
  const Lock lock(mutex);
  const std::size_t index = class_of(size);
  if (free_lists[index] == nullptr && !refill(index)) {
    return nullptr;
  }
  FreeBlock* block = free_lists[index];
  free_lists[index] = block->next;
  std::memset(block, 0, class_sizes[index]);
  return block;
}

void heap_free(void* block, std::size_t size) {
  if (block == nullptr) {
    return;
  }
  if (size > class_sizes[class_count - 1]) {
    Arena::instance().free(Gpa{reinterpret_cast<u64>(block) - abi::linear_base}, order_of(size));
    return;
  }
  const Lock lock(mutex);
  const std::size_t index = class_of(size);
  auto* entry = static_cast<FreeBlock*>(block);
  entry->next = free_lists[index];
  free_lists[index] = entry;
}

}  // namespace kx::libos
