#include "entry/components.hpp"

#include <atomic>
#include <kx/abi/boot.hpp>

#include "host/stats.hpp"
#include "mm/memory.hpp"
#include "mm/page_table.hpp"

namespace kx::libos {

namespace {

u32 mapped;  // a set of component_bit; a forked child has its parent's

const abi::LibosHeader& header() {
  // SAFETY: the image begins with it.
  return *reinterpret_cast<const abi::LibosHeader*>(abi::linear_gva(abi::libos_text_gpa));
}

u64 end_of(u32 component) {
  return header().component_gva[component + 1 < abi::component_count ? component + 1 : 0];
}

void map(u64 begin, u64 end) {
  u64* table = linear_pointer<u64>(Gpa{abi::components_pt_gpa});
  for (u64 address = begin; address < end; address += abi::page_size) {
    const u64 gpa = address - abi::linear_base;
    std::atomic_ref(table[(gpa - abi::libos_components_gpa) / abi::page_size])
        .store(gpa | pte::present | pte::user | pte::accessed, std::memory_order_release);
  }
}

}  // namespace

bool map_component(u64 address) {
  const u64 first = abi::linear_gva(abi::libos_components_gpa);
  if (address < first || address >= header().component_gva[0]) {
    return false;
  }
  u32 component = 1;
  while (address >= end_of(component)) {
    ++component;
  }
  map(header().component_gva[component], end_of(component));
  const u32 bit = 1u << component;
  std::atomic_ref(mapped).fetch_or(bit, std::memory_order_relaxed);
  std::atomic_ref(stats().components).fetch_or(bit, std::memory_order_relaxed);
  return true;
}

void count_inherited_components() {
  std::atomic_ref(stats().components).store(mapped, std::memory_order_relaxed);
}

}  // namespace kx::libos
