#include "libraries/unwind_reader.hpp"

#include <algorithm>
#include <cstring>
#include <kx/base/address.hpp>

namespace kx::libos {

namespace {

constexpr u64 address_limit = 1ull << 47;  // programs have no memory there or above

u64 sign_extended(u64 value, unsigned bits) {
  const u64 sign = 1ull << (bits - 1);
  return bits < 64 ? ((value & ((sign << 1) - 1)) ^ sign) - sign : value;
}

}  // namespace

BlockReader::BlockReader(const UnwindMemory& memory, u64 low, u64 high)
    : memory_(memory), low_(low), high_(std::min(high, address_limit)) {
  blocks_[0].size = 0;
  blocks_[1].size = 0;
}

const BlockReader::Block* BlockReader::block_at(u64 address) {
  const auto has = [&](const Block& block) { return block.size != 0 && address - block.start < block.size; };
  if (has(blocks_[recent_])) {
    return &blocks_[recent_];
  }
  recent_ ^= 1;
  Block& block = blocks_[recent_];
  if (has(block)) {
    return &block;
  }
  const u64 start = align_down(address, block_size);
  block.start = std::max(start, low_);
  block.size = std::min(start + block_size, high_) - block.start;
  if (!memory_.read(memory_.context, block.start, block.bytes, block.size)) {
    block.size = 0;
    return nullptr;
  }
  return &block;
}

bool BlockReader::read(u64 address, void* to, u64 size) {
  if (outside(address, size, low_, high_)) {
    return false;
  }
  auto* next = static_cast<u8*>(to);
  while (size != 0) {
    const Block* const block = block_at(address);
    if (block == nullptr) {
      return false;
    }
    const u64 offset = address - block->start;
    const u64 part = std::min(size, block->size - offset);
    std::memcpy(next, block->bytes + offset, part);
    next += part;
    address += part;
    size -= part;
  }
  return true;
}

void TableReader::seek(u64 address, u64 end) {
  at_ = address;
  end_ = end;
  if (address > end || end > block_.high()) {
    fail();
  }
}

void TableReader::skip(u64 size) {
  if (size > end_ - at_) {
    fail();
    return;
  }
  at_ += size;
}

u64 TableReader::fixed(u64 size) {
  u64 value = 0;
  if (!good_ || size > end_ - at_ || !block_.read(at_, &value, size)) {
    fail();
    return 0;
  }
  at_ += size;
  return value;
}

u64 TableReader::fixed_signed(u64 size) {
  return sign_extended(fixed(size), static_cast<unsigned>(size) * 8);
}

u64 TableReader::leb128(bool sign_extend) {
  u64 value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const u8 next = byte();
    value |= static_cast<u64>(next & 0x7f) << shift;
    if ((next & 0x80) == 0) {
      return sign_extend ? sign_extended(value, std::min(shift + 7, 64u)) : value;
    }
  }
  fail();
  return 0;
}

u64 TableReader::uleb128() {
  return leb128(false);
}

u64 TableReader::sleb128() {
  return leb128(true);
}

u64 TableReader::pointer(u8 encoding, u64 data_base) {
  const u64 place = at_;
  u64 value = 0;
  switch (encoding & pointer_encoding::format) {
    case pointer_encoding::uleb128:
      value = uleb128();
      break;
    case pointer_encoding::sleb128:
      value = sleb128();
      break;
    case pointer_encoding::sdata2:
    case pointer_encoding::sdata4:
    case pointer_encoding::sdata8:
      value = fixed_signed(pointer_encoding::size_of(encoding));
      break;
    default:
      if (pointer_encoding::size_of(encoding) == 0) {
        fail();
        return 0;
      }
      value = fixed(pointer_encoding::size_of(encoding));
  }
  switch (encoding & pointer_encoding::application) {
    case pointer_encoding::absolute:
      break;
    case pointer_encoding::pc_relative:
      value += place;
      break;
    case pointer_encoding::data_relative:
      value += data_base;
      good_ = good_ && data_base != 0;
      break;
    default:
      fail();
  }
  if ((encoding & pointer_encoding::indirect) != 0) {
    fail();  // of the pointers that are read here none is written so
  }
  return good_ ? value : 0;
}

}  // namespace kx::libos
