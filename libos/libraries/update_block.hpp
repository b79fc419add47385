// The tables of an update's block (kx/abi/library_update.hpp), found in its memory.
#pragma once

#include <algorithm>
#include <kx/abi/library_update.hpp>
#include <span>

#include "arch/x86_64/context.hpp"

namespace kx::libos {

struct UpdateBlock {
  const abi::UpdateHeader* header = nullptr;
  std::span<const abi::UpdateWord> words;
  std::span<const abi::UpdateObject> objects;
  std::span<const abi::UpdateEntry> entries;
  std::span<const abi::UpdateBytes> bytes;
  std::span<const abi::UpdateRange> ranges;
  std::span<const abi::UpdateModule> modules;
  const u8* text = nullptr;  // what UpdateBytes::offset counts from: the block's start

  // False: the tables do not fit into it.
  bool read(const u8* block, u64 size) {
    if (size < sizeof(abi::UpdateHeader)) {
      return false;
    }
    header = reinterpret_cast<const abi::UpdateHeader*>(block);
    text = block;
    u64 at = sizeof(abi::UpdateHeader);
    const auto take = [&]<class T>(std::span<const T>& table, u32 count) {
      if (count > (size - at) / sizeof(T)) {
        return false;
      }
      table = {reinterpret_cast<const T*>(block + at), count};
      at += count * sizeof(T);
      return true;
    };
    return take(words, header->word_count) && take(objects, header->object_count) &&
           take(entries, header->entry_count) && take(bytes, header->bytes_count) &&
           take(ranges, header->range_count) && take(modules, header->module_count) &&
           std::all_of(bytes.begin(), bytes.end(), [&](const abi::UpdateBytes& each) {
             return each.offset <= size && each.size <= size - each.offset;
           });
  }

  // Where the object around `address` is now; 0: there is none.
  [[nodiscard]] u64 moved_object(u64 address) const {
    auto after = std::upper_bound(objects.begin(), objects.end(), address,
                                  [](u64 value, const abi::UpdateObject& object) { return value < object.from; });
    if (after == objects.begin()) {
      return 0;
    }
    const abi::UpdateObject& object = *--after;
    return address - object.from < object.size ? object.to + (address - object.from) : 0;
  }

  // The same, or the entry of the function that took the place of one that begins at `address`.
  [[nodiscard]] u64 moved(u64 address) const {
    const auto entry = std::lower_bound(entries.begin(), entries.end(), address,
                                        [](const abi::UpdateEntry& each, u64 value) { return each.from < value; });
    return entry != entries.end() && entry->from == address ? entry->to : moved_object(address);
  }
};

}  // namespace kx::libos
