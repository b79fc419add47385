#include "files/text_builder.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "mm/heap.hpp"

namespace kx::libos {

namespace {
constexpr u64 largest_text = 2 << 20;
}

TextBuilder::~TextBuilder() {
  if (data_ != nullptr) {
    heap_free(data_, capacity_);
  }
}

u8* TextBuilder::room(u64 size) {
  if (size > capacity_ - size_) {
    const u64 capacity = std::max<u64>(std::max<u64>(capacity_ * 2, 4096), (size_ + size + 4095) & ~4095ull);
    auto* data = capacity <= largest_text ? static_cast<u8*>(heap_allocate(capacity)) : nullptr;
    if (data == nullptr) {
      error_ = -ENOMEM;
      return nullptr;
    }
    if (data_ != nullptr) {
      std::memcpy(data, data_, size_);
      heap_free(data_, capacity_);
    }
    data_ = data;
    capacity_ = capacity;
  }
  return data_ + size_;
}

TextBuilder& TextBuilder::bytes(const void* bytes, u64 size) {
  if (u8* to = room(size); to != nullptr) {
    std::memcpy(to, bytes, size);
    size_ += size;
  }
  return *this;
}

TextBuilder& TextBuilder::text(const char* text) {
  return bytes(text, std::strlen(text));
}

TextBuilder& TextBuilder::number(u64 value) {
  return digits(value, 10, 1, '0');
}

TextBuilder& TextBuilder::number(i64 value) {
  if (value < 0) {
    text("-");
    return number(0 - static_cast<u64>(value));
  }
  return number(static_cast<u64>(value));
}

TextBuilder& TextBuilder::digits(u64 value, u32 base, u32 width, char fill) {
  char reversed[64];
  u32 count = 0;
  do {
    reversed[count++] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0);
  while (count < width && count < sizeof reversed) {
    reversed[count++] = fill;
  }
  while (count > 0) {
    bytes(&reversed[--count], 1);
  }
  return *this;
}

TextBuilder& TextBuilder::pad_to(u64 size) {
  while (size_ < size && !failed()) {
    bytes(" ", 1);
  }
  return *this;
}

}  // namespace kx::libos
