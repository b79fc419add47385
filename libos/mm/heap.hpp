// The library OS's own memory: small objects from size classes, larger blocks from whole pages.
#pragma once

#include <cstddef>
#include <new>
#include <utility>

#include "arch/x86_64/context.hpp"

namespace kx::libos {

// Zero-filled memory aligned to 16 bytes (to the page from 4 KiB on); null when the pVM is out of memory.
// Sizes up to 2 MiB.
void* heap_allocate(std::size_t size);
// `size` is the one given to heap_allocate.
void heap_free(void* block, std::size_t size);

template <class T, class... Args>
T* heap_new(Args&&... args) {
  void* block = heap_allocate(sizeof(T));
  return block != nullptr ? ::new (block) T(std::forward<Args>(args)...) : nullptr;
}

template <class T>
void heap_delete(T* object) {
  if (object != nullptr) {
    object->~T();
    heap_free(object, sizeof(T));
  }
}

// Bytes of the heap for as long as they are needed; bytes() is null if there were none.
class HeapBlock {
 public:
  explicit HeapBlock(std::size_t size) : bytes_(static_cast<u8*>(heap_allocate(size))), size_(size) {}
  ~HeapBlock() { heap_free(bytes_, size_); }
  HeapBlock(const HeapBlock&) = delete;
  HeapBlock& operator=(const HeapBlock&) = delete;
  [[nodiscard]] u8* bytes() const { return bytes_; }

 private:
  u8* bytes_;
  std::size_t size_;
};

}  // namespace kx::libos
