#include "hypervisor/memory/guest_memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <kx/abi/memory_map.hpp>
#include <utility>

namespace kx::hv {

namespace {

constexpr std::uint64_t slot_step_limit = 1ull << 30;
constexpr std::uint32_t system_slot = 0, text_slot = 1, segment_slot = 2;
// Far below what any KVM offers today; the lists are searched linearly.
constexpr std::uint32_t most_slots = 2000;
constexpr std::uint64_t reservation_size = abi::system_size + abi::huge_page_size;

// Slots for what is written after forks are nearly empty: so much of them does not count to the limit.
constexpr std::uint64_t forked_allowance = 64ull << 20;
// What the first writes to one need; the allocator's notes lie at its head.
constexpr std::uint64_t first_forked_size = 256 << 10;
constexpr std::uint64_t first_forked_size_of_child = 64 << 10;

constexpr std::uint64_t granule_count = (abi::shared_gpa_end - abi::memory_gpa) / abi::huge_page_size;
static_assert(abi::memory_gpa_end == abi::shared_gpa);

#ifndef MADV_POPULATE_WRITE
constexpr int MADV_POPULATE_WRITE = 23;
#endif
// The tables of a small program, and those of a larger one.
constexpr std::uint64_t first_table_size = 16 * abi::page_size;
constexpr std::uint64_t more_table_size = 48 * abi::page_size;

std::uint64_t granule_of(std::uint64_t gpa) {
  return (gpa - abi::memory_gpa) / abi::huge_page_size;
}

bool contains(std::uint64_t base, std::uint64_t size, std::uint64_t start, std::uint64_t length) {
  return start - base < size && length <= size - (start - base);
}

// A hint: failures do not count.
void populate(std::byte* start, std::uint64_t size) {
  static_cast<void>(::madvise(start, size, MADV_POPULATE_WRITE));
}

void* reserve(std::uint64_t size) {
  void* area = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return area == MAP_FAILED ? nullptr : area;
}

}  // namespace

Result<GuestMemory> GuestMemory::create(std::shared_ptr<FamilyMemory> family, std::uint64_t limit) {
  limit = align_up(std::max<std::uint64_t>(limit, 16 << 20), abi::huge_page_size);
  limit = std::min(limit, abi::forked_memory_gpa - abi::memory_gpa);
  // One mapping for the granules and the system slot.
  void* area = reserve(reservation_size + granule_count);
  if (area == nullptr) {
    return Unexpected{system_error("reserve address space for the pVM's system memory")};
  }
  ::madvise(area, reservation_size + granule_count, MADV_DONTDUMP);
  ::madvise(area, reservation_size + granule_count, MADV_DONTFORK);
  return GuestMemory(std::move(family), static_cast<std::byte*>(area), limit);
}

Result<GuestMemory> GuestMemory::create(std::uint64_t limit) {
  KX_TRY_ASSIGN(auto family, FamilyMemory::create());
  return create(std::move(family), limit);
}

GuestMemory::GuestMemory(std::shared_ptr<FamilyMemory> family, std::byte* reservation, std::uint64_t limit)
    : family_(std::move(family)), reservation_(reservation), limit_(limit) {
  // SAFETY: zero bytes behind the system slot's part of the reservation, lock-free atomics of one byte each.
  static_assert(std::atomic<std::uint8_t>::is_always_lock_free && sizeof(std::atomic<std::uint8_t>) == 1);
  granules_ = reinterpret_cast<std::atomic<std::uint8_t>*>(reservation_ + reservation_size);
}

// One that is attached may only move when its pVM has ended; then renew() follows.
GuestMemory::GuestMemory(GuestMemory&& other) noexcept
    : family_(std::move(other.family_)),
      reservation_(std::exchange(other.reservation_, nullptr)),
      system_(std::exchange(other.system_, nullptr)),
      limit_(other.limit_),
      granules_(other.granules_),
      next_slot_(other.next_slot_),
      free_slots_(std::move(other.free_slots_)),
      ram_(std::move(other.ram_)),
      ahead_(std::exchange(other.ahead_, std::nullopt)),
      dead_slots_(std::move(other.dead_slots_)) {
  KX_VERIFY(other.shared_.empty() && other.inherited_.empty());
}

GuestMemory::~GuestMemory() {
  if (reservation_ != nullptr) {
    ::munmap(reservation_, reservation_size + granule_count);
  }
}

Result<void> GuestMemory::attach(kvm::Vm* vm, std::uint64_t first_size) {
  vm_ = vm;
  // SAFETY: the reservation is one huge page larger than what is used of it.
  system_ = reinterpret_cast<std::byte*>(align_up(reinterpret_cast<std::uint64_t>(reservation_), abi::huge_page_size));
  // Little of it is used. A program's first pVM starts faster with its data in one page; of children there may be many.
  ::madvise(system_, abi::system_size, MADV_NOHUGEPAGE);
  if (first_size != 0) {
    ::madvise(system_, abi::boot_pml4_gpa, MADV_HUGEPAGE);
  }
  // The guest reads an entry before it writes it: without a page that would map the host's zero page first, and the
  // write would cost a copy on write with the guest stopped, for each table.
  prefault_system(abi::boot_pml4_gpa, first_table_size);
  if (vm_ != nullptr) {
    KX_TRY(set_system_slot());
    KX_TRY(vm_->set_slot(text_slot, abi::libos_text_gpa, abi::libos_image_size, family_->libos_text(),
                         kvm::SlotAccess::ReadOnly));
    KX_TRY(vm_->set_slot(segment_slot, abi::family_segment_gpa, abi::family_segment_size, family_->segment(),
                         kvm::SlotAccess::ReadWrite));
  }
  if (first_size != 0) {
    KX_TRY(grow(first_size));
  }
  return {};
}

Result<void> GuestMemory::set_system_slot() {
  return vm_->set_slot(system_slot, abi::system_gpa, abi::system_size, system_, kvm::SlotAccess::ReadWrite);
}

Result<void> GuestMemory::renew(kvm::Vm& vm) {
  const std::lock_guard lock(mutex_);
  vm_ = &vm;
  for (const std::uint32_t slot : dead_slots_) {
    KX_TRY(vm_->delete_slot(slot));
    free_slots_.push_back(slot);
  }
  dead_slots_.clear();
  KX_TRY(keep_one_forked_slot());
  // A shadow MMU remembers tables by their address: without the slot it forgets them all.
  KX_TRY(vm_->delete_slot(system_slot));
  ::madvise(system_, abi::boot_pml4_gpa, MADV_NOHUGEPAGE);
  if (::madvise(system_, abi::system_size, MADV_DONTNEED) != 0) {
    return Unexpected{system_error("madvise(MADV_DONTNEED)")};
  }
  prefault_system(abi::boot_pml4_gpa, first_table_size);
  return set_system_slot();
}

// Of the RAM that was the pVM's own, one slot stays, with nothing in it.
Result<void> GuestMemory::keep_one_forked_slot() {
  for (auto mapped = ram_.begin(); mapped != ram_.end();) {
    if (mapped->access == Readable) {
      ++mapped;
      continue;
    }
    const bool is_last_holder = mapped->extent.use_count() == 1;
    if (!ahead_ && mapped->extent->kind() == Extent::Kind::ForkedRam && is_last_holder) {
      ahead_ = std::move(*mapped);
    } else {
      KX_TRY(remove(*mapped));
    }
    mapped = ram_.erase(mapped);
  }
  if (ahead_) {
    std::byte* const hva = ahead_->extent->hva();
    if (::madvise(hva, ahead_->extent->size(), MADV_DONTNEED) != 0) {
      return Unexpected{system_error("madvise(MADV_DONTNEED)")};
    }
    populate(hva, first_forked_size_of_child);
  }
  return {};
}

void GuestMemory::mark(const Extent& extent, Granule access) {
  for (std::uint64_t offset = 0; offset < extent.size(); offset += abi::huge_page_size) {
    granules_[granule_of(extent.gpa() + offset)].store(access, std::memory_order_release);
  }
}

Result<void> GuestMemory::add(std::vector<Mapped>& list, std::shared_ptr<Extent> extent, Granule access) {
  if (free_slots_.empty() && next_slot_ == most_slots) {
    return Unexpected{system_error_from(ENOMEM, "too many pieces of memory in one pVM")};
  }
  std::uint32_t slot = next_slot_;
  if (free_slots_.empty()) {
    ++next_slot_;
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  if (vm_ != nullptr) {
    // To trusting relatives KVM refuses nothing; what the hypervisor itself reads and writes for them stays checked.
    const bool writable = access == Writable || family_->trusts_relatives();
    const auto rights = writable ? kvm::SlotAccess::ReadWrite : kvm::SlotAccess::ReadOnly;
    if (auto set = vm_->set_slot(slot, extent->gpa(), extent->size(), extent->hva(), rights); !set) {
      free_slots_.push_back(slot);
      return Unexpected{std::move(set).error()};
    }
  }
  mark(*extent, access);
  list.push_back({slot, std::move(extent), access});
  return {};
}

Result<void> GuestMemory::remove(const Mapped& mapped) {
  if (vm_ != nullptr) {
    KX_TRY(vm_->delete_slot(mapped.slot));
  }
  mark(*mapped.extent, None);
  free_slots_.push_back(mapped.slot);
  return {};
}

Result<Slot> GuestMemory::add_ram(Extent::Kind kind, std::uint64_t size) {
  KX_TRY_ASSIGN(auto extent, family_->allocate(kind, size));
  const Slot slot{extent->gpa(), extent->size(), extent->hva()};
  KX_TRY(add(ram_, std::move(extent), Writable));
  ram_size_.store(ram_size() + size, std::memory_order_release);
  return slot;
}

// Slots may exceed the limit once there are children: they keep their parent from what it has free in its older ones.
// The library OS counts the pages that are in use.
std::uint64_t GuestMemory::slot_limit() const {
  return forked_size_ == 0 ? limit_ : limit_ * 2;
}

Result<Slot> GuestMemory::grow(std::uint64_t minimum) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t used = ram_size() - std::min(forked_size_, forked_allowance);
  if (used > slot_limit() || minimum > slot_limit() - used || minimum > slot_step_limit) {
    return Unexpected{
        system_error_from(ENOMEM, "memory limit of the pVM reached").with_cure("give it more with --memory")};
  }
  // Of a slot that is frozen nothing more can be used, be it nearly empty: none is large against the limit then.
  const std::uint64_t largest = forked_size_ == 0 ? slot_step_limit : std::min(slot_step_limit, slot_limit() / 32);
  std::uint64_t size = last_size_ == 0 ? minimum : std::min(last_size_ * 2, largest);
  size = align_up(std::max(size, minimum), abi::huge_page_size);
  size = std::min(size, slot_limit() - used);
  if (size < minimum || size == 0) {
    return Unexpected{
        system_error_from(ENOMEM, "memory limit of the pVM reached").with_cure("give it more with --memory")};
  }
  KX_TRY_ASSIGN(const Slot slot, add_ram(Extent::Kind::Ram, size));
  last_size_ = size;
  return slot;
}

Result<Slot> GuestMemory::grow_forked() {
  KX_TRY(make_forked_ahead(ForkedFor::Parent));
  const std::lock_guard lock(mutex_);
  KX_VERIFY(ahead_.has_value());
  const Extent& extent = *ahead_->extent;
  const Slot slot{extent.gpa(), extent.size(), extent.hva()};
  ram_.push_back(std::move(*ahead_));
  ahead_.reset();
  ram_size_.store(ram_size() + slot.size, std::memory_order_release);
  forked_size_ += slot.size;
  return slot;
}

Result<void> GuestMemory::make_forked_ahead(ForkedFor whom) {
  const std::lock_guard lock(mutex_);
  if (ahead_) {
    return {};
  }
  const std::uint64_t forked = forked_size_ + abi::forked_slot_size;
  if (ram_size() + abi::forked_slot_size - std::min(forked, forked_allowance) > slot_limit()) {
    return Unexpected{system_error_from(ENOMEM, "memory limit of the pVM reached")};
  }
  KX_TRY_ASSIGN(auto extent, family_->allocate(Extent::Kind::ForkedRam, abi::forked_slot_size));
  std::byte* const hva = extent->hva();
  std::vector<Mapped> made;
  KX_TRY(add(made, std::move(extent), Writable));
  ahead_ = std::move(made.front());
  populate(hva, whom == ForkedFor::Child ? first_forked_size_of_child : first_forked_size);
  return {};
}

Result<void> GuestMemory::inherit(const GuestMemory& parent, Except except, std::shared_ptr<Snapshot> snapshot) {
  KX_TRY(inherit_ahead(parent, except));
  const std::scoped_lock lock(mutex_, parent.mutex_);
  inherited_ = parent.inherited_;
  if (snapshot != nullptr) {
    inherited_.push_back(std::move(snapshot));
  }
  return {};
}

// Makes `list` hold what `wanted` names, and nothing else of its kind: few differ from fork to fork.
Result<void> GuestMemory::match(std::vector<Mapped>& list, const std::vector<Mapped>& wanted, Except except,
                                Granule access) {
  const auto left_out = [&](std::uint64_t gpa) { return std::find(except.begin(), except.end(), gpa) != except.end(); };
  const auto finds = [](const std::vector<Mapped>& in, std::uint64_t gpa) {
    return std::any_of(in.begin(), in.end(), [&](const Mapped& mapped) { return mapped.extent->gpa() == gpa; });
  };
  for (auto mapped = list.begin(); mapped != list.end();) {
    const std::uint64_t gpa = mapped->extent->gpa();
    if (mapped->access == access && (left_out(gpa) || !finds(wanted, gpa))) {
      KX_TRY(remove(*mapped));
      mapped = list.erase(mapped);
    } else {
      ++mapped;
    }
  }
  for (const Mapped& mapped : wanted) {
    if (!left_out(mapped.extent->gpa()) && !finds(list, mapped.extent->gpa())) {
      KX_TRY(add(list, mapped.extent, access));
    }
  }
  return {};
}

Result<void> GuestMemory::inherit_ahead(const GuestMemory& parent, Except except) {
  std::vector<Mapped> ram, shared;
  {
    const std::lock_guard lock(parent.mutex_);
    ram = parent.ram_;
    shared = parent.shared_;
  }
  // Without the parent's lock: KVM takes its time over slots, and the parent may be about to fork.
  const std::lock_guard lock(mutex_);
  KX_TRY(match(ram_, ram, except, Readable));
  return match(shared_, shared, {}, Writable);
}

Result<void> GuestMemory::forget_inherited() {
  const std::lock_guard lock(mutex_);
  for (auto mapped = ram_.begin(); mapped != ram_.end();) {
    if (mapped->access == Readable) {
      KX_TRY(remove(*mapped));
      mapped = ram_.erase(mapped);
    } else {
      ++mapped;
    }
  }
  inherited_.clear();
  return {};
}

void GuestMemory::prefault(std::uint64_t size) {
  const Slot ram = first_ram();
  prefault_system(abi::boot_pml4_gpa + first_table_size, more_table_size);
  // In pieces: who maps memory meanwhile waits for the piece.
  const std::uint64_t end = std::min(size, ram.size);
  for (std::uint64_t at = 0; at < end; at += abi::huge_page_size) {
    populate(ram.hva + at, std::min<std::uint64_t>(end - at, abi::huge_page_size));
  }
}

void GuestMemory::prefault_tables() {
  prefault_system(abi::boot_pml4_gpa, first_table_size + more_table_size / 2);
}

void GuestMemory::prefault_system(std::uint64_t start, std::uint64_t size) {
  populate(system_ + start, size);
}

Slot GuestMemory::first_ram() const {
  const std::lock_guard lock(mutex_);
  if (ram_.empty()) {
    return {};
  }
  const Extent& extent = *ram_.front().extent;
  return {extent.gpa(), extent.size(), extent.hva()};
}

Result<void> GuestMemory::release(Gpa start, std::uint64_t size) {
  if (!contains(abi::memory_gpa, abi::memory_gpa_end - abi::memory_gpa, start.value, size) ||
      translate_ram(start, size) == nullptr || !is_aligned(start.value | size, abi::page_size)) {
    return Unexpected{system_error_from(EINVAL, "release of memory that is not RAM")};
  }
  if (::madvise(translate(start, size), size, MADV_DONTNEED) != 0) {
    return Unexpected{system_error("madvise(MADV_DONTNEED)")};
  }
  return {};
}

Result<Slot> GuestMemory::map_shared(int fd, std::uint64_t offset, std::uint64_t size, int prot) {
  KX_TRY_ASSIGN(auto extent, family_->map_file(fd, offset, size, prot));
  const Slot slot{extent->gpa(), extent->size(), extent->hva()};
  const std::lock_guard lock(mutex_);
  KX_TRY(add(shared_, std::move(extent), Writable));
  return slot;
}

Result<void> GuestMemory::unmap_shared(Gpa start, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(shared_.begin(), shared_.end(), [&](const Mapped& mapped) {
    return mapped.extent->gpa() == start.value && mapped.extent->size() == size;
  });
  if (found == shared_.end()) {
    return Unexpected{system_error_from(EINVAL, "no shared mapping at this address")};
  }
  KX_TRY(remove(*found));
  shared_.erase(found);
  return {};
}

void GuestMemory::unmap_all() {
  const std::lock_guard lock(mutex_);
  for (const Mapped& mapped : shared_) {
    dead_slots_.push_back(mapped.slot);
    mark(*mapped.extent, None);
  }
  shared_.clear();
  inherited_.clear();
}

std::byte* GuestMemory::find(std::uint64_t start, std::uint64_t size, Granule least) const {
  if (!contains(abi::memory_gpa, abi::shared_gpa_end - abi::memory_gpa, start, size)) {
    return nullptr;
  }
  const std::uint64_t last = granule_of(start + std::max<std::uint64_t>(size, 1) - 1);
  for (std::uint64_t granule = granule_of(start); granule <= last; ++granule) {
    if (granules_[granule].load(std::memory_order_acquire) < least) {
      return nullptr;
    }
  }
  return family_->hva(start);
}

std::byte* GuestMemory::translate_ram(Gpa start, std::uint64_t size) const {
  if (contains(abi::system_gpa, abi::system_size, start.value, size)) {
    return system_ + (start.value - abi::system_gpa);
  }
  return outside(start.value, size, abi::memory_gpa, abi::memory_gpa_end) ? nullptr : find(start.value, size, Writable);
}

std::byte* GuestMemory::translate(Gpa start, std::uint64_t size) const {
  if (contains(abi::system_gpa, abi::system_size, start.value, size)) {
    return system_ + (start.value - abi::system_gpa);
  }
  // A range over both windows is contiguous for the guest only.
  if (start.value < abi::shared_gpa && size > abi::shared_gpa - start.value) {
    return nullptr;
  }
  return find(start.value, size, Writable);
}

const std::byte* GuestMemory::translate_to_read(Gpa start, std::uint64_t size) const {
  if (const std::byte* memory = translate(start, size); memory != nullptr) {
    return memory;
  }
  if (contains(abi::libos_text_gpa, abi::libos_image_size, start.value, size)) {
    return family_->libos_text() + (start.value - abi::libos_text_gpa);
  }
  return outside(start.value, size, abi::memory_gpa, abi::memory_gpa_end) ? nullptr : find(start.value, size, Readable);
}

}  // namespace kx::hv
