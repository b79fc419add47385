// The guest's own page tables (Intel SDM vol. 3, 4.5: four levels), edited through the linear window.
//
// Rules that hold without exception, since shadow-paging KVMs depend on them:
//  - only the guest edits a table that is in use;
//  - an entry that was present is flushed (tlb.hpp) before the memory behind it is used again;
//  - a page that was a table stays one: tables are never given back to the page allocator.
#pragma once

#include <kx/base/address.hpp>

#include "arch/x86_64/context.hpp"

namespace kx::libos {

namespace pte {
inline constexpr u64 present = 1, writable = 2, user = 4, accessed = 0x20, dirty = 0x40, huge = 0x80;
inline constexpr u64 no_execute = 1ull << 63;
inline constexpr u64 foreign = 1ull << 9;  // software bit: the page belongs to a shared file mapping, not to Memory
inline constexpr u64 address_mask = 0x000f'ffff'ffff'f000;
// Tables and data are marked accessed and dirty at once: a shadow MMU then maps neighbours ahead and never has to
// come back to set a bit.
inline constexpr u64 table = present | writable | user | accessed | dirty;
}  // namespace pte

// Bits for a leaf with the given prot:: bits; 0 if the program may not touch the page at all.
u64 leaf_flags(u32 prot);

// Extends the linear window over a new RAM or shared slot. False: out of memory for tables.
bool map_linear(Gpa gpa, u64 size);

class PageTable {
 public:
  explicit PageTable(Gpa root) : root_(root) {}

  // The entry of a 4 KiB page, with the tables above it made if need be; a 2 MiB leaf in the way is split.
  // Null: out of memory.
  u64* make_entry(Gva address);
  // The entry of the 2 MiB page, if it may be filled with a leaf: absent, and no table there. Null otherwise.
  u64* make_huge_entry(Gva address);
  // The entry that maps `address`, or null; `size` tells its page size.
  u64* find(Gva address, u64& size);

  // Makes the whole of the program's address space read-only, at once, by the top-level table. Who then looks for an
  // entry finds it in tables of its own, with every page read-only (but those of file mappings, which stay shared): the
  // caller makes pages writable again as they are written. The caller flushes.
  void freeze();

  // Calls visit(entry's value, address) for each present leaf of the program. The visitor may change the entry, by
  // find().
  template <class Visit>
  void for_each_leaf(Visit&& visit) {
    visit_leaves(root_.value, 3, 0, {&visit, [](void* callable, u64 entry, Gva address) {
                                       (*static_cast<Visit*>(callable))(entry, address);
                                     }});
  }

  // In a forked child, which has copies of the tables in use alone.
  static void forget_spares();

  // Replaces the 2 MiB leaf `entry` of `address` by a table of 4 KiB pages. False: out of memory.
  bool split(u64* entry, Gva address);

  // Calls visit(entry, address, size) for each present leaf that overlaps [start, end). A 2 MiB leaf only partly
  // inside is split first. False: out of memory for a split; nothing further was visited.
  template <class Visit>
  bool for_each(Gva start, Gva end, Visit&& visit) {
    for (u64 address = start.value; address < end.value;) {
      u64 size = 0;
      u64* entry = find_or_skip(Gva{address}, size);
      if (entry == nullptr) {
        address = align_down(address, size) + size;
        continue;
      }
      const u64 leaf = align_down(address, size);
      if (size != 4096 && (leaf < start.value || leaf + size > end.value)) {
        if (!split(entry, Gva{leaf})) {
          return false;
        }
        continue;
      }
      visit(entry, Gva{leaf}, size);
      address = leaf + size;
    }
    return true;
  }

 private:
  struct LeafVisitor {
    void* callable;
    void (*call)(void* callable, u64 entry, Gva address);
  };
  void visit_leaves(u64 table_gpa, u32 level, u64 address, LeafVisitor visitor);
  // Undoes the freeze on the way to `address`: each table above its entry is replaced by a copy that is writable and
  // whose entries are not. False: out of memory for tables.
  bool open(Gva address);
  u64* next_table(u64* table, u64 index, bool create);
  // As find; for an absent entry returns null with `size` = bytes from the aligned address that are all absent.
  u64* find_or_skip(Gva address, u64& size);
  Gpa root_;
};

}  // namespace kx::libos
