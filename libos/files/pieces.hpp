// The program's memory as the host calls name it, to be read and written by the library OS.
#pragma once

#include <algorithm>
#include <cstring>
#include <kx/abi/host_call.hpp>
#include <kx/abi/memory_map.hpp>

#include "arch/x86_64/context.hpp"

namespace kx::libos {

// Pieces of the program's memory, one byte after the other.
class Pieces {
 public:
  Pieces(const abi::Segment* segments, u32 count) : segments_(segments), count_(count) {}

  // Bytes to `to`, or from `from`.
  void copy_out(u8* to, u64 size) {
    step(size, [&](u8* memory, u64 part) {
      std::memcpy(to, memory, part);
      to += part;
    });
  }
  void copy_in(const u8* from, u64 size) {
    step(size, [&](u8* memory, u64 part) {
      std::memcpy(memory, from, part);
      from += part;
    });
  }

 private:
  template <class Copy>
  void step(u64 size, Copy&& copy) {
    while (size != 0 && index_ < count_) {
      const abi::Segment& segment = segments_[index_];
      const u64 part = std::min(size, segment.size - inside_);
      // SAFETY: translated, and not moved while this vCPU is not idle; the linear window maps all RAM.
      copy(reinterpret_cast<u8*>(abi::linear_gva(segment.gpa + inside_)), part);
      size -= part;
      inside_ += part;
      if (inside_ == segment.size) {
        inside_ = 0;
        ++index_;
      }
    }
  }

  const abi::Segment* segments_;
  u32 count_;
  u32 index_ = 0;
  u64 inside_ = 0;
};

// What the host would have to look up is left to it, and so is memory that may not be there.
inline bool is_ram(const abi::Segment* segments, u32 count) {
  return std::all_of(segments, segments + count,
                     [](const abi::Segment& segment) { return segment.gpa < abi::shared_gpa; });
}

}  // namespace kx::libos
