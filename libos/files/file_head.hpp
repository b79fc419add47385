// The status and the first bytes of a file, brought along by its open: what whoever opens a program or a library asks
// next.
#pragma once

#include <sys/stat.h>
#include <sys/syscall.h>

#include <cstring>
#include <kx/abi/memory_map.hpp>

#include "host/batch.hpp"

namespace kx::libos {

class OpenFile;

// For the dynamic linker, as they were when the file was opened. Only its own calls are answered from it, which follow
// within microseconds: a library that changes in between would be as inconsistent if each of them looked for itself.
struct FileHead {
  static constexpr u64 capacity = 1024;  // ELF header and program headers

  struct stat status {};
  u64 size = 0;
  bool was_read = false;  // from its beginning, by read(2)
  u64 ahead = 0;          // how far the program's position in the file is before the host's, since that read
  u8 bytes[capacity];

  // Whether it has all that a read of `count` bytes at `offset` gives.
  [[nodiscard]] bool holds(u64 offset, u64 count) const { return offset <= size && count <= size - offset; }

  // Of a library: how much of the file from `offset` on, in whole pages, is the segment that begins there. 0: none
  // does.
  [[nodiscard]] u64 segment_size(u64 offset) const;

  // Before the position of `file`, whose head this is, matters: nobody's does but of one who reads on.
  void catch_up(const OpenFile& file);
};

// The calls of a batch that bring them along, with results in the call buffer from `offset` on.
class HeadCalls {
 public:
  // What they take of the call buffer.
  static constexpr u64 room(u64 capacity) { return capacity + sizeof(struct stat) + sizeof(abi::Segment); }

  // `open`: the call of the batch whose result is the file's handle; `capacity`: of the first bytes, in multiples of 8.
  HeadCalls(HostBatch& batch, u32 open, u64 offset, u64 capacity)
      : batch_(batch), offset_(offset), capacity_(capacity) {
    const u64 segment_at = status_at() + sizeof(struct stat);
    const abi::Segment segment{reinterpret_cast<u64>(call_buffer()) + offset - abi::linear_base, capacity};
    std::memcpy(call_buffer() + segment_at, &segment, sizeof segment);
    status_ = batch.add(SYS_fstat, {{0, status_at()}, 0}, open);
    read_ = batch.add(abi::HostCall::Read, {{0, segment_at, 1, 0, 0}, 0}, open);
  }

  // Once the batch was made: how many bytes there are; 0: none, or it is not known.
  u64 take(struct stat& status, void* bytes) const {
    const i64 got = batch_.reply(read_).result;
    if (batch_.reply(status_).result != 0 || got <= 0) {
      return 0;
    }
    std::memcpy(&status, call_buffer() + status_at(), sizeof status);
    std::memcpy(bytes, call_buffer() + offset_, static_cast<u64>(got));
    return static_cast<u64>(got);
  }

 private:
  [[nodiscard]] u64 status_at() const { return offset_ + capacity_; }

  HostBatch& batch_;
  u64 offset_;
  u64 capacity_;
  u32 status_ = 0;
  u32 read_ = 0;
};

}  // namespace kx::libos
