// Reading and writing: data goes straight between the host and the program's memory.
#pragma once

#include <kx/abi/host_call.hpp>

#include "arch/x86_64/context.hpp"
#include "files/open_file.hpp"

namespace kx::libos {

inline constexpr u64 current_position = ~0ull;
inline constexpr u64 transfer_limit = 0x7ffff000;  // MAX_RW_COUNT of read(2)

enum class Direction : u8 { Read, Write };

// struct iovec.
struct UserBuffer {
  u64 address;
  u64 size;
};

// A program's list of buffers, copied once (readv(2)).
class BufferList {
 public:
  BufferList() = default;
  ~BufferList();
  BufferList(const BufferList&) = delete;
  BufferList& operator=(const BufferList&) = delete;

  // 0, or the error of readv(2). The sizes are cut to transfer_limit in all.
  i64 read(u64 address, u64 count);
  // One buffer.
  i64 set(u64 address, u64 size);

  [[nodiscard]] const UserBuffer* buffers() const { return buffers_; }
  [[nodiscard]] u32 count() const { return count_; }
  [[nodiscard]] u64 total() const { return total_; }
  // Of read(2) or write(2), not of a call with a vector.
  [[nodiscard]] bool is_plain() const { return is_plain_; }

 private:
  static constexpr u32 inline_count = 8;

  i64 cut();

  UserBuffer inline_[inline_count];
  UserBuffer* buffers_ = inline_;
  u32 count_ = 0;
  u64 total_ = 0;
  bool is_plain_ = false;
};

// Steps through a buffer list, making host segments of the program's memory.
class BufferCursor {
 public:
  explicit BufferCursor(const BufferList& list) : list_(list) {}

  // Fills segments with at most `limit` bytes from here on; returns the bytes, 0 if the next byte is not accessible.
  u64 fill(Direction direction, u64 limit, abi::Segment* segments, u32 capacity, u32& count) const;
  void advance(u64 bytes);
  // Segments of the `size` bytes at `gpa`, a buffer's each from here on; one for a part of a buffer only if told.
  u32 cut(u64 gpa, u64 size, bool with_part, abi::Segment* segments, u32 capacity) const;
  // Copies up to `size` bytes between here and the library OS's memory; returns the bytes done.
  u64 copy(Direction direction, u8* memory, u64 size) const;

 private:
  const BufferList& list_;
  u32 index_ = 0;
  u64 inside_ = 0;
};

// RLIMIT_FSIZE: whether a file may become `size` bytes long. 0, or -EFBIG with SIGXFSZ.
i64 check_file_size(OpenFile& file, u64 size);

// The same on a socket without asking the host, if it is one that is known to be ready (files/ready_streams.hpp); else
// not_ready_stream.
i64 transfer_ready(const OpenFile& file, const BufferList& list, Direction direction);

// readv(2), pwritev2(2) and all between: the bytes transferred, -errno or a restart code. Access mode and signals
// (SIGPIPE, SIGXFSZ) included.
i64 transfer(OpenFile& file, const BufferList& list, Direction direction, u64 position, u32 flags);

}  // namespace kx::libos
