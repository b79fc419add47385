#include "hypervisor/memory/page_walk.hpp"

#include <kx/abi/memory_map.hpp>

namespace kx::hv {

namespace {

constexpr std::uint64_t present = 1, huge = 0x80;
constexpr std::uint64_t address_mask = 0x000f'ffff'ffff'f000;
constexpr int top_level = 4;

// The page-table entry that maps `gva`, and how much it maps. All tables lie in the system slot.
std::optional<std::uint64_t> leaf_of(const GuestMemory& memory, std::uint64_t gva, std::uint64_t& size) {
  std::uint64_t table = abi::boot_pml4_gpa;
  for (int level = top_level;; --level) {
    const int shift = 12 + 9 * (level - 1);
    if (table > abi::system_size - abi::page_size) {
      return std::nullopt;
    }
    // SAFETY: an aligned word of the system slot, read once.
    const auto* entries = reinterpret_cast<const std::uint64_t*>(memory.system() + table);
    const std::uint64_t entry = __atomic_load_n(&entries[gva >> shift & 511], __ATOMIC_RELAXED);
    if ((entry & present) == 0) {
      return std::nullopt;
    }
    if (level == 1 || (level < top_level && (entry & huge) != 0)) {
      size = 1ull << shift;
      return entry;
    }
    table = entry & address_mask;
  }
}

}  // namespace

std::optional<Gpa> find_page(const GuestMemory& memory, std::uint64_t gva, std::uint64_t rights) {
  std::uint64_t size = 0;
  if (gva >= abi::user_end) {
    return std::nullopt;
  }
  const std::optional<std::uint64_t> leaf = leaf_of(memory, gva, size);
  if (!leaf || (*leaf & rights) != rights) {
    return std::nullopt;
  }
  return Gpa{(*leaf & address_mask & ~(size - 1)) | (gva & (size - 1))};
}

}  // namespace kx::hv
