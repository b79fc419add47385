// The guest-physical memory of one pVM: its own system slot, RAM handed out on demand, what it inherited at a fork,
// and checked access to all of it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <kx/base/address.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "hypervisor/error.hpp"
#include "hypervisor/kvm/vm.hpp"
#include "hypervisor/memory/family_memory.hpp"
#include "hypervisor/memory/snapshot.hpp"

namespace kx::hv {

// One memslot.
struct Slot {
  std::uint64_t gpa = 0;
  std::uint64_t size = 0;
  std::byte* hva = nullptr;
};

// Host memory behind a pVM's RAM and system slot, in bytes.
struct MemoryUse {
  std::uint64_t own = 0;
  std::uint64_t inherited = 0;  // relatives' RAM that it reads
};

// Thread-safe once attached. Every guest-physical address has one host address for the pVM's whole life, inside address
// ranges reserved at creation: a call that still uses memory taken away meanwhile hits nothing of the hypervisor's own.
class GuestMemory {
 public:
  // A pVM that may have up to `limit` bytes of RAM of its own; touches nothing yet.
  static Result<GuestMemory> create(std::shared_ptr<FamilyMemory> family, std::uint64_t limit);
  // The same in a family of its own.
  static Result<GuestMemory> create(std::uint64_t limit);
  GuestMemory(GuestMemory&& other) noexcept;
  GuestMemory& operator=(GuestMemory&&) = delete;
  ~GuestMemory();

  // Installs the system slot and, unless `first_size` is 0, a first RAM slot of that size into `vm`, which must outlive
  // this. A null `vm` gives memory that no virtual machine sees, for tests.
  Result<void> attach(kvm::Vm* vm, std::uint64_t first_size);
  Result<void> attach(kvm::Vm& vm, std::uint64_t first_size) { return attach(&vm, first_size); }

  // The memory of a pVM that has ended becomes that of another, in the same virtual machine, which is `vm` now: as
  // after attach(vm, 0), but for inherited RAM, which stays until inherit_ahead(), and a slot for what is written after
  // a fork, empty, if there was one.
  Result<void> renew(kvm::Vm& vm);

  // Adds a RAM slot of at least `minimum` bytes; the size doubles from slot to slot.
  // Errors: ENOMEM when the pVM's limit is reached.
  Result<Slot> grow(std::uint64_t minimum);

  // Adds a small RAM slot for what is written after a fork; at once, if one was made ahead. Errors: ENOMEM.
  Result<Slot> grow_forked();
  // A parent writes more of it soon than its child.
  enum class ForkedFor : std::uint8_t { Parent, Child };
  Result<void> make_forked_ahead(ForkedFor whom);

  // Maps, read-only and at the same addresses, all RAM that `parent` sees but the slots at `except`, and its
  // shared file mappings as they are. Holds `snapshot` and what the parent itself inherited.
  using Except = std::span<const std::uint64_t>;
  Result<void> inherit(const GuestMemory& parent, Except except, std::shared_ptr<Snapshot> snapshot);
  // Maps the same for a child that is only to be: it must not run before inherit(), which then has little left to do.
  Result<void> inherit_ahead(const GuestMemory& parent, Except except);

  // Lets go of all inherited RAM: the pVM's tables refer to none of it any more (execve(2)).
  Result<void> forget_inherited();

  // Makes the start of the RAM present on the host. Any thread; a hint, so failures do not count.
  void prefault(std::uint64_t size);
  // The same for the page tables of a small program that is about to be loaded.
  void prefault_tables();
  // The same for the part of the system slot that a forked child is given first.
  void prefault_system(std::uint64_t start, std::uint64_t size);

  // Drops the contents of whole pages of RAM: they read as zero afterwards and cost the host nothing.
  Result<void> release(Gpa start, std::uint64_t size);

  // Maps [offset, offset + size) of a file into the shared window, with `prot` of mmap(2); execution is the guest's
  // affair. Errors: those of mmap(2); EINVAL when not in whole pages; ENOMEM when the window is full.
  Result<Slot> map_shared(int fd, std::uint64_t offset, std::uint64_t size, int prot);
  // Takes such a mapping away from this pVM, whole.
  Result<void> unmap_shared(Gpa start, std::uint64_t size);

  // The pVM has ended: lets go of what others may be waiting to get back. The virtual machine must not run again.
  void unmap_all();

  // The host's view of [start, start + size) for writing, or nullptr if any byte of it is not memory this pVM may
  // write. Accessing a shared file mapping may fault (SIGBUS): only hand it to the kernel.
  [[nodiscard]] std::byte* translate(Gpa start, std::uint64_t size) const;
  // The same for reading: inherited memory counts too.
  [[nodiscard]] const std::byte* translate_to_read(Gpa start, std::uint64_t size) const;
  // The same for writable memory that can be accessed directly: the system slot and RAM.
  [[nodiscard]] std::byte* translate_ram(Gpa start, std::uint64_t size) const;
  [[nodiscard]] std::byte* system() const { return system_; }
  [[nodiscard]] std::uint64_t limit() const { return limit_; }
  [[nodiscard]] std::uint64_t ram_size() const { return ram_size_.load(std::memory_order_acquire); }
  [[nodiscard]] MemoryUse use() const;
  // The first RAM slot.
  [[nodiscard]] Slot first_ram() const;
  [[nodiscard]] const std::shared_ptr<FamilyMemory>& family() const { return family_; }

 private:
  enum Granule : std::uint8_t { None = 0, Readable = 1, Writable = 2 };

  struct Mapped {
    std::uint32_t slot;
    std::shared_ptr<Extent> extent;
    Granule access;
  };

  GuestMemory(std::shared_ptr<FamilyMemory> family, std::byte* reservation, std::uint64_t limit);
  Result<void> add(std::vector<Mapped>& list, std::shared_ptr<Extent> extent, Granule access);
  Result<void> remove(const Mapped& mapped);
  Result<void> match(std::vector<Mapped>& list, const std::vector<Mapped>& wanted, Except except, Granule access);
  Result<void> set_system_slot();
  Result<void> keep_one_forked_slot();
  Result<Slot> add_ram(Extent::Kind kind, std::uint64_t size);
  [[nodiscard]] std::uint64_t slot_limit() const;
  void mark(const Extent& extent, Granule access);
  [[nodiscard]] std::byte* find(std::uint64_t start, std::uint64_t size, Granule least) const;

  std::shared_ptr<FamilyMemory> family_;
  std::byte* reservation_;
  std::byte* system_ = nullptr;
  std::uint64_t limit_;
  kvm::Vm* vm_ = nullptr;
  // What each 2 MiB of the windows is to this pVM; written under the lock, read without.
  std::atomic<std::uint8_t>* granules_ = nullptr;

  mutable std::mutex mutex_;  // what follows
  std::atomic<std::uint64_t> ram_size_ = 0;
  std::uint64_t last_size_ = 0;
  std::uint32_t next_slot_ = 3;  // behind the fixed ones
  std::vector<std::uint32_t> free_slots_;
  std::vector<Mapped> ram_;      // own and inherited
  std::optional<Mapped> ahead_;  // a slot that the guest does not know of yet
  std::uint64_t forked_size_ = 0;
  std::vector<Mapped> shared_;             // file mappings
  std::vector<std::uint32_t> dead_slots_;  // of file mappings that unmap_all() let go
  std::vector<std::shared_ptr<Snapshot>> inherited_;
};

}  // namespace kx::hv
