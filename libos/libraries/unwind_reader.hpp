// Reads DWARF's integers and encoded pointers out of memory that may be unreadable.
#pragma once

#include "libraries/unwind.hpp"

namespace kx::libos {

// [low, high) of the program's memory, read in aligned blocks. The last two are kept: a description and the common
// entry that it refers to are read by turns.
class BlockReader {
 public:
  BlockReader(const UnwindMemory& memory, u64 low, u64 high);

  // Copies [address, address + size); false: it is outside or unreadable.
  [[nodiscard]] bool read(u64 address, void* to, u64 size);
  [[nodiscard]] u64 low() const { return low_; }
  [[nodiscard]] u64 high() const { return high_; }

 private:
  static constexpr u64 block_size = 64;

  struct Block {
    u64 start;
    u64 size;
    u8 bytes[block_size];
  };

  // The block around `address`; null: it cannot be read.
  const Block* block_at(u64 address);

  const UnwindMemory& memory_;
  u64 low_;
  u64 high_;
  Block blocks_[2];
  unsigned recent_ = 0;  // which of them was asked for last
};

// How .eh_frame writes addresses: a format, and what the value is relative to (LSB Core, 10.5).
namespace pointer_encoding {
inline constexpr u8 absolute = 0x00;  // also the format of 8 bytes
inline constexpr u8 uleb128 = 0x01;
inline constexpr u8 udata2 = 0x02;
inline constexpr u8 udata4 = 0x03;
inline constexpr u8 udata8 = 0x04;
inline constexpr u8 sleb128 = 0x09;
inline constexpr u8 sdata2 = 0x0a;
inline constexpr u8 sdata4 = 0x0b;
inline constexpr u8 sdata8 = 0x0c;
inline constexpr u8 format = 0x0f;
inline constexpr u8 pc_relative = 0x10;
inline constexpr u8 data_relative = 0x30;
inline constexpr u8 application = 0x70;
inline constexpr u8 indirect = 0x80;
inline constexpr u8 omitted = 0xff;

// The size in bytes of a value in this encoding; 0: it varies, or there is no such encoding.
constexpr u64 size_of(u8 encoding) {
  switch (encoding & format) {
    case udata2:
    case sdata2:
      return 2;
    case udata4:
    case sdata4:
      return 4;
    case absolute:
    case udata8:
    case sdata8:
      return 8;
    default:
      return 0;
  }
}
}  // namespace pointer_encoding

// A place in tables. Once a read fails all others do and give 0: it is enough to ask good() before a value is used to
// decide something, and in every loop.
class TableReader {
 public:
  // Nothing outside of [low, high) is read.
  TableReader(const UnwindMemory& memory, u64 low, u64 high) : block_(memory, low, high) {}

  // Goes on at `address`; what is at `end` or beyond cannot be read.
  void seek(u64 address, u64 end);
  void seek(u64 address) { seek(address, block_.high()); }
  void skip(u64 size);
  void fail() { good_ = false; }

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool more() const { return good_ && at_ < end_; }
  [[nodiscard]] u64 at() const { return at_; }
  [[nodiscard]] u64 high() const { return block_.high(); }

  u8 byte() { return static_cast<u8>(fixed(1)); }
  u64 fixed(u64 size);         // little-endian, of up to 8 bytes
  u64 fixed_signed(u64 size);  // the same, sign-extended
  u64 uleb128();
  u64 sleb128();  // two's complement
  // An address in the encoding given; relative to `data_base` if it says so, which fails if that is 0.
  u64 pointer(u8 encoding, u64 data_base);

 private:
  u64 leb128(bool sign_extend);

  BlockReader block_;
  u64 at_ = 0;
  u64 end_ = 0;
  bool good_ = true;
};

}  // namespace kx::libos
