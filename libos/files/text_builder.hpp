// A text that grows, in the library OS's heap.
#pragma once

#include "arch/x86_64/context.hpp"

namespace kx::libos {

class TextBuilder {
 public:
  TextBuilder() = default;
  ~TextBuilder();
  TextBuilder(const TextBuilder&) = delete;
  TextBuilder& operator=(const TextBuilder&) = delete;

  TextBuilder& text(const char* text);
  TextBuilder& bytes(const void* bytes, u64 size);
  TextBuilder& number(u64 value);
  TextBuilder& number(i64 value);
  TextBuilder& number(u32 value) { return number(static_cast<u64>(value)); }
  TextBuilder& number(i32 value) { return number(static_cast<i64>(value)); }
  // At least `width` digits, zeros in front.
  TextBuilder& hex(u64 value, u32 width = 1) { return digits(value, 16, width, '0'); }
  TextBuilder& octal(u64 value, u32 width = 1) { return digits(value, 8, width, '0'); }
  // Right-aligned with blanks.
  TextBuilder& column(u64 value, u32 width) { return digits(value, 10, width, ' '); }
  // Blanks until the text is `size` bytes long.
  TextBuilder& pad_to(u64 size);
  // Room for `size` more bytes at the end, or null; append(size) then counts them in.
  u8* room(u64 size);
  void append(u64 size) { size_ += size; }

  [[nodiscard]] const u8* data() const { return data_; }
  [[nodiscard]] u64 size() const { return size_; }
  // Out of memory, or more than the heap gives: the text is not complete.
  [[nodiscard]] bool failed() const { return error_ != 0; }
  // -ENOMEM, or what it was said to have failed with.
  [[nodiscard]] i64 error() const { return error_; }
  void fail(i64 error) { error_ = error; }

 private:
  TextBuilder& digits(u64 value, u32 base, u32 width, char fill);

  u8* data_ = nullptr;
  u64 size_ = 0;
  u64 capacity_ = 0;
  i64 error_ = 0;
};

}  // namespace kx::libos
