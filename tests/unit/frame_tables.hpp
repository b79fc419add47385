// Frame tables made by hand, and the memory of a program that has nothing but them and a stack.
#pragma once

#include <cstring>
#include <initializer_list>
#include <vector>

#include "libraries/unwind.hpp"

namespace kx::libos {

using TableBytes = std::vector<u8>;

inline void append(TableBytes& bytes, u64 value, unsigned size) {
  for (unsigned i = 0; i < size; ++i) {
    bytes.push_back(static_cast<u8>(value >> (8 * i)));
  }
}

struct CommonEntry {
  u8 version = 1;
  TableBytes augmentation = {'z', 'R'};
  TableBytes augmentation_data = {0x1b};  // pc-relative, 4 bytes with a sign
  // CFA: rsp + 8; return address at CFA - 8
  TableBytes program = {0x0c, 7, 8, 0x80 | 16, 1};
};

// .eh_frame at `address`.
class EntryBuilder {
 public:
  explicit EntryBuilder(u64 address) : address_(address) {}

  // Gives where the entry is. Alignments: code 1, data -8.
  u64 common(const CommonEntry& entry) {
    TableBytes body;
    append(body, 0, 4);
    body.push_back(entry.version);
    body.insert(body.end(), entry.augmentation.begin(), entry.augmentation.end());
    body.push_back(0);
    body.insert(body.end(), {1, 0x78, 16});
    if (!entry.augmentation.empty()) {
      body.push_back(static_cast<u8>(entry.augmentation_data.size()));
      body.insert(body.end(), entry.augmentation_data.begin(), entry.augmentation_data.end());
    }
    body.insert(body.end(), entry.program.begin(), entry.program.end());
    return add(body);
  }

  // A description of [pc, pc + size) by the encoding 0x1b, with no augmentation data.
  u64 description(u64 common, u64 pc, u64 size, const TableBytes& program) {
    TableBytes body;
    append(body, next() + 4 - common, 4);
    append(body, pc - (next() + 8), 4);
    append(body, size, 4);
    body.push_back(0);
    body.insert(body.end(), program.begin(), program.end());
    return add(body);
  }

  u64 add(const TableBytes& body) {
    const u64 place = next();
    append(bytes_, body.size(), 4);
    bytes_.insert(bytes_.end(), body.begin(), body.end());
    return place;
  }

  void end() { append(bytes_, 0, 4); }
  [[nodiscard]] u64 next() const { return address_ + bytes_.size(); }
  [[nodiscard]] const TableBytes& bytes() const { return bytes_; }

 private:
  u64 address_;
  TableBytes bytes_;
};

// The program's memory: tables and a stack, at addresses of their own.
struct TableMemory {
  static constexpr u64 module_start = 0x40'0000;
  static constexpr u64 header = module_start + 0x10;
  static constexpr u64 entries = module_start + 0x1000;
  static constexpr u64 text = module_start + 0x10'0000;
  static constexpr u64 module_end = text + 0x10'0000;
  static constexpr u64 stack = 0x7000'0000'0000;

  TableBytes header_bytes;
  TableBytes entry_bytes;
  std::vector<u64> words;  // of the stack
  u64 reads = 0;

  bool read(u64 address, void* to, u64 size) {
    ++reads;
    std::memset(to, 0, size);
    u8* const bytes = static_cast<u8*>(to);
    const auto copy = [&](u64 start, const void* from, u64 from_size) {
      for (u64 i = 0; i < size; ++i) {
        if (address + i - start < from_size) {
          bytes[i] = static_cast<const u8*>(from)[address + i - start];
        }
      }
    };
    copy(header, header_bytes.data(), header_bytes.size());
    copy(entries, entry_bytes.data(), entry_bytes.size());
    copy(stack, words.data(), words.size() * sizeof(u64));
    const auto readable = [&](u64 start, u64 end) { return address >= start && address + size <= end; };
    return readable(module_start, module_end) || readable(stack, stack + words.size() * sizeof(u64));
  }

  UnwindMemory memory() {
    return {[](void* context, u64 address, void* to, u64 size) {
              return static_cast<TableMemory*>(context)->read(address, to, size);
            },
            this};
  }

  // A header without a table that can be searched.
  void header_without_table() {
    header_bytes = {1, 0x1b, 0xff, 0xff};
    append(header_bytes, entries - (header + 4), 4);
  }
};

}  // namespace kx::libos
