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
  std::span<const abi::UpdateVariable> variables;
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
           take(variables, header->variable_count) &&
           std::all_of(
               bytes.begin(), bytes.end(),
               [&](const abi::UpdateBytes& each) { return each.offset <= size && each.size <= size - each.offset; }) &&
           (header->hook_gva == 0 || is_text(size, header->old_build_id, header->old_build_id_size)) &&
           std::all_of(variables.begin(), variables.end(),
                       [&](const abi::UpdateVariable& each) { return is_text(size, each.name, each.name_size); });
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

  // The same for what else pointers follow: the beginning of a variable that kx_lib_update converts.
  [[nodiscard]] u64 followed(u64 address) const {
    const auto found = std::lower_bound(variables.begin(), variables.end(), address,
                                        [](const abi::UpdateVariable& each, u64 value) { return each.from < value; });
    return found != variables.end() && found->from == address && found->to != 0 ? found->to : moved_object(address);
  }

  // The same, or the entry of the function that took the place of one that begins at `address`.
  [[nodiscard]] u64 moved(u64 address) const {
    const auto entry = std::lower_bound(entries.begin(), entries.end(), address,
                                        [](const abi::UpdateEntry& each, u64 value) { return each.from < value; });
    return entry != entries.end() && entry->from == address ? entry->to : followed(address);
  }

 private:
  // A string with its NUL, in a block of `block_size` bytes.
  [[nodiscard]] bool is_text(u64 block_size, u64 offset, u64 size) const {
    return size != 0 && offset <= block_size && size <= block_size - offset && text[offset + size - 1] == 0;
  }
};

}  // namespace kx::libos
