// The pVM's RAM: the page allocator, fed by the hypervisor on demand, giving back what it no longer needs.
#pragma once

#include <kx/abi/memory_map.hpp>
#include <kx/base/address.hpp>
#include <optional>

#include "arch/x86_64/context.hpp"
#include "mm/page_allocator.hpp"
#include "process/lock.hpp"

namespace kx::libos {

// SAFETY: the linear window maps all RAM; the library OS owns what it allocated.
template <class T>
T* linear_pointer(Gpa gpa) {
  return reinterpret_cast<T*>(abi::linear_base + gpa.value);
}

class Memory {
 public:
  static Memory& instance();

  // Takes over the first RAM slot, behind the `reserved` bytes that hold the arguments.
  void start(u64 gpa, u64 size, u64 reserved, u64 limit);

  // 2^order pages; nothing when the pVM's limit is reached. Content is unspecified, or zero.
  std::optional<Gpa> allocate(u8 order, Prefer prefer);
  std::optional<Gpa> allocate_zeroed(u8 order);
  void free(Gpa gpa, u8 order);
  // Makes the pages of a block separately freeable.
  void split(Gpa gpa);
  [[nodiscard]] bool owns(Gpa gpa);

  [[nodiscard]] u64 limit() const { return limit_; }
  [[nodiscard]] u64 used() const { return (allocator_.total_pages() - allocator_.free_pages()) * abi::page_size; }

 private:
  bool grow(u64 size);
  bool add(u64 gpa, u64 size);
  void give_back();
  std::optional<PageBlock> allocate_block(u8 order, Prefer prefer);

  Mutex mutex_;
  PageAllocator allocator_;
  u64 limit_ = 0;
};

}  // namespace kx::libos
