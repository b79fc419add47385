#include "hypervisor/memory/guest_memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <kx/abi/memory_map.hpp>
#include <utility>

namespace kx::hv {

namespace {

constexpr std::uint64_t slot_step_limit = 1ull << 30;
constexpr std::uint32_t system_slot = 0;
constexpr std::uint32_t first_ram_slot = 1;
constexpr std::uint32_t first_shared_slot = 100;
constexpr std::uint64_t shared_window_size = abi::shared_gpa_end - abi::shared_gpa;

#ifndef MADV_POPULATE_WRITE
constexpr int MADV_POPULATE_WRITE = 23;
#endif
// The tables of a small program, and those of a larger one.
constexpr std::uint64_t first_table_size = 16 * abi::page_size;
constexpr std::uint64_t more_table_size = 48 * abi::page_size;

std::byte* reserve(std::uint64_t size, int prot) {
  void* area = ::mmap(nullptr, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return area == MAP_FAILED ? nullptr : static_cast<std::byte*>(area);
}

bool contains(std::uint64_t base, std::uint64_t size, std::uint64_t start, std::uint64_t length) {
  return start - base < size && length <= size - (start - base);
}

}  // namespace

Result<GuestMemory> GuestMemory::create(std::uint64_t limit) {
  limit = align_up(std::max<std::uint64_t>(limit, 16 << 20), abi::huge_page_size);
  limit = std::min(limit, abi::memory_gpa_end - abi::memory_gpa);
  const std::uint64_t size = limit + abi::system_size + abi::huge_page_size;
  std::byte* area = reserve(size, PROT_READ | PROT_WRITE);
  if (area == nullptr) {
    return Unexpected{system_error("reserve ", size >> 20, " MiB of address space for the pVM")
                          .with_cure("ask for less with --memory")};
  }
  std::byte* shared = reserve(shared_window_size, PROT_NONE);
  if (shared == nullptr) {
    Error error = system_error("reserve ", shared_window_size >> 20, " MiB of address space for shared file mappings");
    ::munmap(area, size);
    return Unexpected{std::move(error).with_cure("raise the limit of address space (ulimit -v unlimited)")};
  }
  // 2 MiB pages make the first touch of guest memory an order of magnitude cheaper; where the kernel
  // has none this changes nothing. The memory is never to appear in a core dump or a forked child.
  ::madvise(area, size, MADV_HUGEPAGE);
  ::madvise(area, size, MADV_DONTDUMP);
  ::madvise(area, size, MADV_DONTFORK);
  return GuestMemory(area, size, shared, limit);
}

GuestMemory::GuestMemory(GuestMemory&& other) noexcept
    : reservation_(std::exchange(other.reservation_, nullptr)),
      reservation_size_(other.reservation_size_),
      shared_base_(other.shared_base_),
      limit_(other.limit_) {
  // Only a memory that is not attached yet moves.
  KX_VERIFY(other.system_.size == 0);
}

GuestMemory::~GuestMemory() {
  if (reservation_ != nullptr) {
    ::munmap(reservation_, reservation_size_);
    ::munmap(shared_base_, shared_window_size);
  }
}

Result<void> GuestMemory::set_slot(std::uint32_t number, const Slot& slot) {
  if (vm_ == nullptr) {
    return {};
  }
  return vm_->set_slot(number, slot.gpa, slot.size, slot.hva, kvm::SlotAccess::ReadWrite);
}

Result<void> GuestMemory::attach(kvm::Vm* vm, std::uint64_t first_size) {
  vm_ = vm;
  // SAFETY: the reservation is one huge page larger than what is used of it.
  auto* base =
      reinterpret_cast<std::byte*>(align_up(reinterpret_cast<std::uint64_t>(reservation_), abi::huge_page_size));
  system_ = Slot{abi::system_gpa, abi::system_size, base};
  // Few tables are used: 4 KiB pages for them.
  ::madvise(base + abi::boot_pml4_gpa, abi::system_size - abi::boot_pml4_gpa, MADV_NOHUGEPAGE);
  // The guest reads an entry before it writes it: without a page that would map the host's zero page first, and the
  // write would cost a copy on write with the guest stopped, for each table.
  static_cast<void>(::madvise(base + abi::boot_pml4_gpa, first_table_size, MADV_POPULATE_WRITE));
  KX_TRY(set_slot(system_slot, system_));
  KX_TRY(grow(first_size));
  return {};
}

Result<Slot> GuestMemory::grow(std::uint64_t minimum) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t used = ram_size_.load(std::memory_order_relaxed);
  if (ram_count_ == max_ram_slots || minimum > limit_ - used) {
    return Unexpected{
        system_error_from(ENOMEM, "memory limit of the pVM reached").with_cure("give it more with --memory")};
  }
  std::uint64_t size = ram_count_ == 0 ? minimum : std::min(ram_[ram_count_ - 1].size * 2, slot_step_limit);
  size = std::max(size, align_up(minimum, abi::huge_page_size));
  size = std::min(size, limit_ - used);
  if (size < minimum || size == 0) {
    return Unexpected{
        system_error_from(ENOMEM, "memory limit of the pVM reached").with_cure("give it more with --memory")};
  }
  const Slot slot{abi::memory_gpa + used, size, system_.hva + abi::system_size + used};
  KX_TRY(set_slot(first_ram_slot + static_cast<std::uint32_t>(ram_count_), slot));
  ram_[ram_count_] = slot;
  ++ram_count_;
  ram_size_.store(used + size, std::memory_order_release);
  return slot;
}

void GuestMemory::prefault(std::uint64_t size) {
  static_cast<void>(
      ::madvise(system_.hva + abi::boot_pml4_gpa + first_table_size, more_table_size, MADV_POPULATE_WRITE));
  // In pieces: who maps memory meanwhile waits for the piece.
  const std::uint64_t end = std::min(size, ram_[0].size);
  for (std::uint64_t at = 0; at < end; at += abi::huge_page_size) {
    static_cast<void>(
        ::madvise(ram_[0].hva + at, std::min<std::uint64_t>(end - at, abi::huge_page_size), MADV_POPULATE_WRITE));
  }
}

Result<void> GuestMemory::release(Gpa start, std::uint64_t size) {
  if (!contains(abi::memory_gpa, ram_size(), start.value, size) || !is_aligned(start.value | size, abi::page_size)) {
    return Unexpected{system_error_from(EINVAL, "release of memory that is not RAM")};
  }
  if (::madvise(translate(start, size), size, MADV_DONTNEED) != 0) {
    return Unexpected{system_error("madvise(MADV_DONTNEED)")};
  }
  return {};
}

// First fit between the mappings there are; the table is small and mappings of this kind are rare.
Result<Slot> GuestMemory::place_shared(std::uint64_t size) const {
  std::uint64_t gpa = abi::shared_gpa;
  for (bool moved = true; moved;) {
    moved = false;
    for (const Slot& slot : shared_) {
      if (slot.size != 0 && gpa < slot.gpa + slot.size && slot.gpa < gpa + size) {
        gpa = align_up(slot.gpa + slot.size, abi::huge_page_size);
        moved = true;
      }
    }
  }
  if (outside(gpa, size, abi::shared_gpa, abi::shared_gpa_end)) {
    return Unexpected{system_error_from(ENOMEM, "shared file mappings exceed their window")};
  }
  return Slot{gpa, size, shared_base_ + (gpa - abi::shared_gpa)};
}

Result<Slot> GuestMemory::map_shared(int fd, std::uint64_t offset, std::uint64_t size, int prot) {
  if (size == 0 || size > shared_window_size || !is_aligned(size | offset, abi::page_size)) {
    return Unexpected{system_error_from(EINVAL, "shared file mapping not in whole pages")};
  }
  const std::lock_guard lock(mutex_);
  const auto free_slot =
      std::find_if(std::begin(shared_), std::end(shared_), [](const Slot& s) { return s.size == 0; });
  if (free_slot == std::end(shared_)) {
    return Unexpected{system_error_from(ENOMEM, "too many shared file mappings")};
  }
  KX_TRY_ASSIGN(const Slot slot, place_shared(size));
  if (::mmap(slot.hva, size, prot & (PROT_READ | PROT_WRITE), MAP_SHARED | MAP_FIXED, fd, static_cast<off_t>(offset)) ==
      MAP_FAILED) {
    return Unexpected{system_error("map a file")};
  }
  if (auto set = set_slot(first_shared_slot + static_cast<std::uint32_t>(free_slot - shared_), slot); !set) {
    ::mmap(slot.hva, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    return Unexpected{std::move(set).error()};
  }
  *free_slot = slot;
  return slot;
}

Result<void> GuestMemory::unmap_shared(Gpa start, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  for (Slot& slot : shared_) {
    if (slot.size == 0 || slot.gpa != start.value || slot.size != size) {
      continue;
    }
    if (vm_ != nullptr) {
      KX_TRY(vm_->delete_slot(first_shared_slot + static_cast<std::uint32_t>(&slot - shared_)));
    }
    // The address range stays reserved, so that calls under way get EFAULT instead of someone else's memory.
    if (::mmap(slot.hva, slot.size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) ==
        MAP_FAILED) {
      return Unexpected{system_error("unmap a file")};
    }
    slot = Slot{};
    return {};
  }
  return Unexpected{system_error_from(EINVAL, "no shared mapping at this address")};
}

std::byte* GuestMemory::translate_ram(Gpa start, std::uint64_t size) const {
  if (contains(abi::memory_gpa, ram_size(), start.value, size)) {
    return system_.hva + abi::system_size + (start.value - abi::memory_gpa);
  }
  if (contains(system_.gpa, system_.size, start.value, size)) {
    return system_.hva + (start.value - system_.gpa);
  }
  return nullptr;
}

std::byte* GuestMemory::translate(Gpa start, std::uint64_t size) const {
  if (std::byte* hva = translate_ram(start, size); hva != nullptr) {
    return hva;
  }
  // Not mapped parts of the window are PROT_NONE: the kernel answers EFAULT, which is what they deserve.
  if (contains(abi::shared_gpa, shared_window_size, start.value, size)) {
    return shared_base_ + (start.value - abi::shared_gpa);
  }
  return nullptr;
}

}  // namespace kx::hv
