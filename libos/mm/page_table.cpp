#include "mm/page_table.hpp"

#include <cstring>
#include <kx/base/verify.hpp>

#include "mm/arena.hpp"
#include "mm/memory.hpp"
#include "mm/tlb.hpp"
#include "mm/vma.hpp"

namespace kx::libos {

namespace {

u64* table_at(u64 entry) {
  return linear_pointer<u64>(Gpa{entry & pte::address_mask});
}

// Tables of the linear window come from a fixed area, so that it can grow when nothing else can be allocated. One page
// a GiB: enough for the whole window.
u64 next_linear_table = abi::linear_tables_gpa;
static_assert((abi::tables_gpa_end - abi::linear_tables_gpa) / abi::page_size >= abi::linear_size >> 30);

// Tables of the program: first from the area for them, then replaced ones, then from whole 2 MiB blocks of the arena.
u64 next_table = abi::tables_gpa;
u64 table_area_end = abi::linear_tables_gpa;

// A list of tables, linked through their first entries.
struct TableList {
  u64 first = 0;
  u64 count = 0;

  void push(u64 gpa) {
    *linear_pointer<u64>(Gpa{gpa}) = first;
    first = gpa;
    ++count;
  }
  u64 pop() {
    const u64 gpa = first;
    first = *linear_pointer<u64>(Gpa{gpa});
    --count;
    return gpa;
  }
};

// Tables that others took the place of. Until all vCPUs have flushed they may still be walked through, so they keep
// their content.
constexpr u32 most_replaced = 64;
constexpr u32 most_replaced_at_once = 3;  // on the way to one page
u64 replaced[most_replaced];
u32 replaced_count = 0;
TableList free_tables;

// Only while no table is about to be linked: what was replaced must not be reached any more.
void recycle_replaced() {
  FlushBatch::flush_everything();
  while (replaced_count > 0) {
    free_tables.push(replaced[--replaced_count]);
  }
}

// A table with unspecified content.
std::optional<Gpa> allocate_table_page() {
  if (free_tables.count > 0) {
    return Gpa{free_tables.pop()};
  }
  if (next_table == table_area_end) {
    const auto block = Arena::instance().allocate(PageAllocator::max_order);
    if (!block) {
      return std::nullopt;
    }
    next_table = block->value;
    table_area_end = block->value + abi::huge_page_size;
  }
  const Gpa table{next_table};
  next_table += abi::page_size;
  return table;
}

std::optional<Gpa> allocate_table() {
  const bool used = free_tables.count > 0;
  const auto table = allocate_table_page();
  if (table && used) {
    std::memset(linear_pointer<void>(*table), 0, abi::page_size);
  }
  return table;
}

constexpr u64 linear_index = abi::linear_base >> 39 & 511;

u64 index_of(Gva address, u32 level) {
  return address.value >> (12 + 9 * level) & 511;
}

}  // namespace

u64 leaf_flags(u32 prot) {
  if (prot == prot::none) {
    return 0;
  }
  u64 flags = pte::present | pte::user | pte::accessed;
  if ((prot & prot::write) != 0) {
    flags |= pte::writable | pte::dirty;
  }
  if ((prot & prot::execute) == 0) {
    flags |= pte::no_execute;
  }
  return flags;
}

bool map_linear(Gpa gpa, u64 size) {
  auto* pdpt = linear_pointer<u64>(Gpa{abi::linear_pdpt_gpa});
  for (u64 address = align_down(gpa.value, abi::huge_page_size); address < gpa.value + size;
       address += abi::huge_page_size) {
    u64& upper = pdpt[address >> 30 & 511];
    if (upper == 0) {
      if (next_linear_table == abi::tables_gpa_end) {
        return false;
      }
      upper = next_linear_table | pte::table;
      next_linear_table += abi::page_size;
    }
    table_at(upper)[address >> 21 & 511] = address | pte::table | pte::huge;
  }
  return true;
}

u64* PageTable::next_table(u64* table, u64 index, bool create) {
  if ((table[index] & pte::present) == 0) {
    if (!create) {
      return nullptr;
    }
    const auto page = allocate_table();
    if (!page) {
      return nullptr;
    }
    table[index] = page->value | pte::table;
  }
  return table_at(table[index]);
}

void PageTable::freeze() {
  auto* root = linear_pointer<u64>(root_);
  for (u64 i = 0; i < 512; ++i) {
    if ((root[i] & pte::writable) != 0 && i != linear_index) {
      root[i] &= ~pte::writable;
    }
  }
}

void PageTable::forget_spares() {
  free_tables = {};
  replaced_count = 0;
}

void PageTable::visit_leaves(u64 table_gpa, u32 level, u64 address, LeafVisitor visitor) {
  const auto* table = linear_pointer<u64>(Gpa{table_gpa});
  for (u64 i = 0; i < 512; ++i) {
    const u64 entry = table[i];
    if ((entry & pte::present) == 0 || (level == 3 && i == linear_index)) {
      continue;
    }
    const u64 at = address + (i << (12 + 9 * level));
    if (level == 0 || (entry & pte::huge) != 0) {
      visitor.call(visitor.callable, entry, Gva{at});
    } else {
      visit_leaves(entry & pte::address_mask, level - 1, at, visitor);
    }
  }
}

bool PageTable::open(Gva address) {
  if (replaced_count > most_replaced - most_replaced_at_once) {
    recycle_replaced();
  }
  u64* table = linear_pointer<u64>(root_);
  u64* link = nullptr;  // the one entry of a table in use that changes, last of all
  u64 link_value = 0;
  for (u32 level = 3; level > 0; --level) {
    u64& entry = table[index_of(address, level)];
    if ((entry & pte::present) == 0 || (entry & pte::huge) != 0) {
      break;
    }
    if (link == nullptr && (entry & pte::writable) != 0) {
      table = table_at(entry);
      continue;
    }
    const auto page = allocate_table_page();
    if (!page) {
      return false;
    }
    const u64* old = table_at(entry);
    auto* copy = linear_pointer<u64>(*page);
    for (u64 i = 0; i < 512; ++i) {
      copy[i] = (old[i] & pte::foreign) != 0 ? old[i] : old[i] & ~pte::writable;
    }
    replaced[replaced_count++] = entry & pte::address_mask;
    const u64 value = page->value | (entry & ~pte::address_mask) | pte::writable;
    if (link == nullptr) {
      link = &entry;
      link_value = value;
    } else {
      entry = value;
    }
    table = copy;
  }
  if (link != nullptr) {
    *link = link_value;
  }
  return true;
}

u64* PageTable::make_entry(Gva address) {
  if (!open(address)) {
    return nullptr;
  }
  u64* table = linear_pointer<u64>(root_);
  for (u32 level = 3; level > 0; --level) {
    u64* entry = &table[index_of(address, level)];
    if (level == 1 && (*entry & pte::huge) != 0 && !split(entry, Gva{align_down(address.value, abi::huge_page_size)})) {
      return nullptr;
    }
    table = next_table(table, index_of(address, level), true);
    if (table == nullptr) {
      return nullptr;
    }
  }
  return &table[index_of(address, 0)];
}

u64* PageTable::make_huge_entry(Gva address) {
  if (!open(address)) {
    return nullptr;
  }
  u64* table = linear_pointer<u64>(root_);
  for (u32 level = 3; level > 1; --level) {
    table = next_table(table, index_of(address, level), true);
    if (table == nullptr) {
      return nullptr;
    }
  }
  u64* entry = &table[index_of(address, 1)];
  return *entry == 0 ? entry : nullptr;
}

u64* PageTable::find_or_skip(Gva address, u64& size) {
  // The few tables this takes come from an arena that the program cannot exhaust faster than its tables.
  KX_VERIFY(open(address));
  u64* table = linear_pointer<u64>(root_);
  for (u32 level = 3;; --level) {
    u64* entry = &table[index_of(address, level)];
    size = 1ull << (12 + 9 * level);
    if ((*entry & pte::present) == 0) {
      return nullptr;
    }
    if (level == 0 || (*entry & pte::huge) != 0) {
      return entry;
    }
    table = table_at(*entry);
  }
}

u64* PageTable::find(Gva address, u64& size) {
  return find_or_skip(address, size);
}

bool PageTable::split(u64* entry, Gva address) {
  const auto page = allocate_table();
  if (!page) {
    return false;
  }
  auto* table = linear_pointer<u64>(*page);
  const u64 flags = *entry & ~pte::address_mask & ~pte::huge;
  const u64 base = *entry & pte::address_mask;
  for (u64 i = 0; i < 512; ++i) {
    table[i] = (base + i * abi::page_size) | flags;
  }
  if ((*entry & pte::foreign) == 0) {
    Memory::instance().split(Gpa{base});
  }
  *entry = page->value | pte::table;
  flush_page(address);
  return true;
}

}  // namespace kx::libos
