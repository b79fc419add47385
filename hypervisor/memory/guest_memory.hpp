// The guest-physical memory of one pVM: RAM slots handed out on demand, and checked access to them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <kx/base/address.hpp>
#include <mutex>
#include <span>

#include "hypervisor/error.hpp"
#include "hypervisor/kvm/vm.hpp"

namespace kx::hv {

// One memslot.
struct Slot {
  std::uint64_t gpa = 0;
  std::uint64_t size = 0;
  std::byte* hva = nullptr;
};

// Thread-safe once attached. Every guest-physical address has one host address for the pVM's whole life, inside address
// ranges reserved at creation: a call that still uses memory taken away meanwhile hits nothing of the hypervisor's own.
class GuestMemory {
 public:
  // Reserves the address ranges of a pVM that may use up to `limit` bytes of RAM; touches nothing yet.
  static Result<GuestMemory> create(std::uint64_t limit);
  GuestMemory(GuestMemory&& other) noexcept;
  GuestMemory& operator=(GuestMemory&&) = delete;
  ~GuestMemory();

  // Installs the system slot and the first RAM slot of `first_size` bytes into `vm`, which must outlive this. A null
  // `vm` gives memory that no virtual machine sees, for tests.
  Result<void> attach(kvm::Vm* vm, std::uint64_t first_size);
  Result<void> attach(kvm::Vm& vm, std::uint64_t first_size) { return attach(&vm, first_size); }

  // Adds a RAM slot of at least `minimum` bytes; the size doubles from slot to slot.
  // Errors: ENOMEM when the pVM's limit is reached.
  Result<Slot> grow(std::uint64_t minimum);

  // Makes the start of the RAM present on the host. Any thread; a hint, so failures do not count.
  void prefault(std::uint64_t size);

  // Drops the contents of whole pages of RAM: they read as zero afterwards and cost the host nothing.
  Result<void> release(Gpa start, std::uint64_t size);

  // Maps [offset, offset + size) of a file into the shared window, with `prot` of mmap(2); execution is the guest's
  // affair. Errors: those of mmap(2); EINVAL when not in whole pages; ENOMEM when the window is full.
  Result<Slot> map_shared(int fd, std::uint64_t offset, std::uint64_t size, int prot);
  // Takes such a mapping away, whole.
  Result<void> unmap_shared(Gpa start, std::uint64_t size);

  // The host's view of [start, start + size), or nullptr if any byte of it is not guest memory. Accessing a shared file
  // mapping may fault (SIGBUS): only hand it to the kernel.
  [[nodiscard]] std::byte* translate(Gpa start, std::uint64_t size) const;
  // The same for memory that can be accessed directly: the system slot and RAM.
  [[nodiscard]] std::byte* translate_ram(Gpa start, std::uint64_t size) const;
  [[nodiscard]] std::byte* system() const { return system_.hva; }
  [[nodiscard]] std::uint64_t limit() const { return limit_; }
  [[nodiscard]] std::uint64_t ram_size() const { return ram_size_.load(std::memory_order_acquire); }
  [[nodiscard]] Slot ram_slot(std::size_t index) const { return ram_[index]; }

 private:
  static constexpr std::size_t max_ram_slots = 64;
  static constexpr std::size_t max_shared_slots = 256;

  GuestMemory(std::byte* reservation, std::uint64_t reservation_size, std::byte* shared_base, std::uint64_t limit)
      : reservation_(reservation), reservation_size_(reservation_size), shared_base_(shared_base), limit_(limit) {}
  Result<Slot> place_shared(std::uint64_t size) const;
  Result<void> set_slot(std::uint32_t number, const Slot& slot);

  std::byte* reservation_;
  std::uint64_t reservation_size_;
  std::byte* shared_base_;  // host address of the whole shared window
  std::uint64_t limit_;
  kvm::Vm* vm_ = nullptr;
  Slot system_;

  mutable std::mutex mutex_;  // what follows; RAM slots are only ever appended, so that reading them needs no lock
  std::atomic<std::uint64_t> ram_size_ = 0;
  std::size_t ram_count_ = 0;
  Slot ram_[max_ram_slots] = {};
  Slot shared_[max_shared_slots] = {};
};

}  // namespace kx::hv
