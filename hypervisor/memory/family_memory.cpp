#include "hypervisor/memory/family_memory.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <kx/abi/memory_map.hpp>
#include <kx/base/address.hpp>

namespace kx::hv {

namespace {

constexpr std::uint64_t ram_size = abi::memory_gpa_end - abi::memory_gpa;
constexpr std::uint64_t shared_size = abi::shared_gpa_end - abi::shared_gpa;
// Behind the RAM lie the library OS's text and the family segment.
constexpr std::uint64_t private_size = ram_size + abi::libos_image_size + abi::family_segment_size;

// Address space only, at a place aligned to 2 MiB.
std::byte* reserve(std::uint64_t size, int prot) {
  void* area = ::mmap(nullptr, size + abi::huge_page_size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (area == MAP_FAILED) {
    return nullptr;
  }
  const auto start = reinterpret_cast<std::uint64_t>(area);
  const std::uint64_t aligned = align_up(start, abi::huge_page_size);
  // SAFETY: what is trimmed lies inside the mapping just made.
  if (aligned != start) {
    ::munmap(area, aligned - start);
  }
  ::munmap(reinterpret_cast<void*>(aligned + size), start + abi::huge_page_size - aligned);
  return reinterpret_cast<std::byte*>(aligned);
}

}  // namespace

Extent::Extent(std::shared_ptr<FamilyMemory> family, Kind kind, std::uint64_t gpa, std::uint64_t size, std::byte* hva)
    : family_(std::move(family)), kind_(kind), gpa_(gpa), size_(size), hva_(hva) {}

Extent::~Extent() {
  family_->release(*this);
}

std::uint64_t FamilyMemory::Window::take(std::uint64_t size) {
  for (auto range = free_.begin(); range != free_.end(); ++range) {
    if (range->second < size) {
      continue;
    }
    const auto [start, room] = *range;
    free_.erase(range);
    if (room > size) {
      free_.emplace(start + size, room - size);
    }
    return start;
  }
  return 0;
}

void FamilyMemory::Window::give(std::uint64_t gpa, std::uint64_t size) {
  auto next = free_.lower_bound(gpa);
  if (next != free_.end() && next->first == gpa + size) {
    size += next->second;
    next = free_.erase(next);
  }
  if (next != free_.begin()) {
    const auto before = std::prev(next);
    if (before->first + before->second == gpa) {
      before->second += size;
      return;
    }
  }
  free_.emplace(gpa, size);
}

Result<std::shared_ptr<FamilyMemory>> FamilyMemory::create() {
  std::byte* ram = reserve(private_size, PROT_READ | PROT_WRITE);
  if (ram == nullptr) {
    return Unexpected{system_error("reserve ", ram_size >> 20, " MiB of address space for the family's memory")
                          .with_cure("raise the limit of address space (ulimit -v unlimited)")};
  }
  std::byte* shared = reserve(shared_size, PROT_NONE);
  if (shared == nullptr) {
    Error error = system_error("reserve ", shared_size >> 20, " MiB of address space for shared file mappings");
    ::munmap(ram, private_size);
    return Unexpected{std::move(error).with_cure("raise the limit of address space (ulimit -v unlimited)")};
  }
  // 2 MiB pages make the first touch of guest memory an order of magnitude cheaper; where the kernel has none this
  // changes nothing. Memory written sparsely after a fork is better off with small ones.
  constexpr std::uint64_t whole_size = abi::forked_memory_gpa - abi::memory_gpa;
  ::madvise(ram, whole_size, MADV_HUGEPAGE);
  ::madvise(ram + whole_size, ram_size - whole_size, MADV_NOHUGEPAGE);
  ::madvise(ram + ram_size, private_size - ram_size, MADV_HUGEPAGE);
  // Components are mapped in 4 KiB pages, and few are.
  ::madvise(ram + ram_size + abi::libos_text_size, abi::libos_components_size, MADV_NOHUGEPAGE);
  // The memory is never to appear in a core dump or a forked child.
  ::madvise(ram, private_size, MADV_DONTDUMP);
  ::madvise(ram, private_size, MADV_DONTFORK);
  return std::shared_ptr<FamilyMemory>(new FamilyMemory(ram, shared));
}

FamilyMemory::FamilyMemory(std::byte* ram, std::byte* shared)
    : ram_(ram),
      shared_(shared),
      whole_(abi::memory_gpa, abi::forked_memory_gpa),
      forked_(abi::forked_memory_gpa, abi::memory_gpa_end),
      files_(abi::shared_gpa, abi::shared_gpa_end) {}

FamilyMemory::~FamilyMemory() {
  ::munmap(ram_, private_size);
  ::munmap(shared_, shared_size);
}

std::byte* FamilyMemory::libos_text() const {
  return ram_ + ram_size;
}

std::byte* FamilyMemory::segment() const {
  return libos_text() + abi::libos_image_size;
}

void FamilyMemory::load_libos_text(std::span<const std::byte> text, std::span<const std::byte> components) {
  KX_VERIFY(text.size() <= abi::libos_text_size && components.size() <= abi::libos_components_size);
  std::call_once(text_is_loaded_, [&] {
    std::memcpy(libos_text(), text.data(), text.size());
    std::memcpy(libos_text() + abi::libos_text_size, components.data(), components.size());
  });
}

FamilyMemory::Window& FamilyMemory::window(Extent::Kind kind) {
  switch (kind) {
    case Extent::Kind::Ram:
      return whole_;
    case Extent::Kind::ForkedRam:
      return forked_;
    case Extent::Kind::Shared:
      break;
  }
  return files_;
}

std::byte* FamilyMemory::hva(std::uint64_t gpa) const {
  return gpa >= abi::shared_gpa ? shared_ + (gpa - abi::shared_gpa) : ram_ + (gpa - abi::memory_gpa);
}

Result<std::shared_ptr<Extent>> FamilyMemory::allocate(Extent::Kind kind, std::uint64_t size) {
  KX_VERIFY(kind != Extent::Kind::Shared && is_aligned(size, abi::huge_page_size));
  const std::lock_guard lock(mutex_);
  const std::uint64_t gpa = window(kind).take(size);
  if (gpa == 0) {
    return Unexpected{system_error_from(ENOMEM, "the family's memory window is full")};
  }
  return std::make_shared<Extent>(shared_from_this(), kind, gpa, size, hva(gpa));
}

Result<std::shared_ptr<Extent>> FamilyMemory::map_file(int fd, std::uint64_t offset, std::uint64_t size, int prot) {
  if (size == 0 || size > shared_size || !is_aligned(size | offset, abi::page_size)) {
    return Unexpected{system_error_from(EINVAL, "shared file mapping not in whole pages")};
  }
  const std::uint64_t room = align_up(size, abi::huge_page_size);
  const std::lock_guard lock(mutex_);
  const std::uint64_t gpa = files_.take(room);
  if (gpa == 0) {
    return Unexpected{system_error_from(ENOMEM, "shared file mappings exceed their window")};
  }
  std::byte* place = hva(gpa);
  if (::mmap(place, size, prot & (PROT_READ | PROT_WRITE), MAP_SHARED | MAP_FIXED, fd, static_cast<off_t>(offset)) ==
      MAP_FAILED) {
    Error error = system_error("map a file");
    files_.give(gpa, room);
    return Unexpected{std::move(error)};
  }
  return std::make_shared<Extent>(shared_from_this(), Extent::Kind::Shared, gpa, size, place);
}

void FamilyMemory::release(const Extent& extent) {
  std::uint64_t size = extent.size();
  if (extent.kind() == Extent::Kind::Shared) {
    // The address range stays reserved, so that calls under way get EFAULT instead of someone else's memory.
    KX_VERIFY(::mmap(extent.hva(), size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) !=
              MAP_FAILED);
    size = align_up(size, abi::huge_page_size);
  } else {
    KX_VERIFY(::madvise(extent.hva(), size, MADV_DONTNEED) == 0);
  }
  const std::lock_guard lock(mutex_);
  window(extent.kind()).give(extent.gpa(), size);
}

}  // namespace kx::hv
