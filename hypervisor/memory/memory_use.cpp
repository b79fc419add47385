// How much of a pVM's memory has host memory behind it.
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <kx/abi/memory_map.hpp>

#include "hypervisor/memory/guest_memory.hpp"

namespace kx::hv {

namespace {

// mincore(2) looks at the page tables alone where no file is mapped.
std::uint64_t resident_size(std::byte* start, std::uint64_t size) {
  std::array<unsigned char, 4096> present;
  std::uint64_t pages = 0;
  const std::uint64_t step = present.size() * abi::page_size;
  for (std::uint64_t offset = 0; offset < size; offset += step) {
    const std::uint64_t length = std::min(step, size - offset);
    if (::mincore(start + offset, length, present.data()) == 0) {
      pages += static_cast<std::uint64_t>(
          std::count_if(present.begin(), present.begin() + static_cast<std::ptrdiff_t>(length / abi::page_size),
                        [](unsigned char page) { return (page & 1) != 0; }));
    }
  }
  return pages * abi::page_size;
}

}  // namespace

MemoryUse GuestMemory::use() const {
  std::vector<Mapped> ram;
  {
    const std::lock_guard lock(mutex_);
    ram = ram_;
  }
  MemoryUse use;
  use.own = system_ != nullptr ? resident_size(system_, abi::system_size) : 0;
  for (const Mapped& mapped : ram) {
    (mapped.access == Writable ? use.own : use.inherited) += resident_size(mapped.extent->hva(), mapped.extent->size());
  }
  return use;
}

}  // namespace kx::hv
