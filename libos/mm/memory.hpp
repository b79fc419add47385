// The pVM's RAM: page allocators fed by the hypervisor on demand, giving back what they no longer need.
//
// At a fork all RAM is frozen: the child reads it. What is written afterwards goes to memory added since: a fork starts
// a pool of its own, and a pool is allocated from only while no child maps it. What the child itself inherited is in
// none of its pools: it can neither allocate nor free it.
//
// While little has been written since, the next fork starts no pool: the child is given a copy of the youngest slot,
// which nobody else ever maps, and nothing changes for the parent. For that, everything else must be as it was at the
// fork before: pages of older pools are copied to the youngest rather than written in place, even when nobody reads
// them any more, until there are too many of them.
#pragma once

#include <kx/abi/memory_map.hpp>
#include <kx/base/address.hpp>
#include <optional>

#include "arch/x86_64/context.hpp"
#include "mm/page_allocator.hpp"
#include "process/lock.hpp"

namespace kx::libos {

// SAFETY: the linear window maps all RAM; the library OS owns what it allocated.
template <class T>
T* linear_pointer(Gpa gpa) {
  return reinterpret_cast<T*>(abi::linear_base + gpa.value);
}

class Memory {
 public:
  static constexpr u32 max_pools = 1024;
  // Slots that are wholly free, but may be read: from so many on it pays to ask whether they are.
  static constexpr u32 few_slots = 4;

  static Memory& instance();

  // Takes over the first RAM slot, behind the `reserved` bytes that hold the arguments.
  void start(u64 gpa, u64 size, u64 reserved, u64 limit);
  // The same in a forked child, whose copy of this object describes its parent's memory. `copied`: the slot is a copy
  // of the parent's youngest.
  void start_in_child(u64 gpa, u64 size, bool copied);

  // execve(2): a program that starts writes much in little time, which is what slots in large host pages are for.
  void begin_program();

  // 2^order pages; nothing when the pVM's limit is reached. Content is unspecified, or zero.
  std::optional<Gpa> allocate(u8 order, Prefer prefer);
  std::optional<Gpa> allocate_zeroed(u8 order);
  // Does nothing for inherited memory.
  void free(Gpa gpa, u8 order);
  // Makes the pages of a block separately freeable. Does nothing for inherited memory.
  void split(Gpa gpa);

  // True if the page may be written: nobody but this pVM can see it.
  [[nodiscard]] bool is_private(Gpa gpa);

  // True if a child can be given a copy of the youngest slot; otherwise the fork must begin a generation.
  [[nodiscard]] bool can_copy_slot();
  // Bytes at the start of that slot that belong to the child's copy, beside the program's pages.
  [[nodiscard]] static u64 copied_head_size();
  // The slots that the next child does not see: the youngest if the child is given a copy of it (`copies`), what has
  // been spare since this generation began, and all others that are wholly free. `has_next`: the first is written to
  // next; else a new one is needed. Nothing may be allocated until begin_generation(), if one begins.
  struct KeptSlots {
    u32 count;
    bool has_next;
  };
  KeptSlots find_kept_slots(u64* gpas, bool copies);
  // What is wholly free but was read by children, whom it was frozen for, is usable again when those have ended,
  // however many have come since. Asks the hypervisor about it if there are `least` such slots; false: none became
  // usable.
  bool take_back_unread(u32 least);
  // Compaction. Every generation leaves a few pages behind in the slot it began. close_sparse_slots() picks the slots
  // of which little is used, if there are many, and allocates nothing from them until open_slots(); is_closed() tells
  // their pages, which are to be moved.
  // `hard`: even one that is half used.
  bool close_sparse_slots(bool hard);
  [[nodiscard]] bool is_closed(Gpa gpa);
  void open_slots();

  // False: no further fork can be made until children have ended.
  [[nodiscard]] bool has_room_for_generation();
  [[nodiscard]] bool has_spare_slot();
  // A fork was made: what was allocated so far is frozen for as long as its child reads it. The slot at `gpa` is spare
  // or new; the child sees neither it nor the other spare ones.
  void begin_generation(u64 gpa, u64 size);
  // Number of this generation: what is older may be read by the children of it.
  [[nodiscard]] u32 sequence() const { return sequence_; }

  [[nodiscard]] u64 limit() const { return limit_; }
  [[nodiscard]] u64 used();

 private:
  struct Pool {
    PageAllocator allocator;
    u32 birth = 0;      // number of the fork after which it was made, or was last known to be nobody else's
    u32 last_read = 0;  // of the newest fork whose child maps it
    u64 gpa = 0;        // of its slot
    bool closed = false;
    // At the fork that is being made:
    bool kept = false;
    bool spare = false;
  };
  [[nodiscard]] static bool is_frozen(const Pool& pool);
  [[nodiscard]] static bool is_unused(const Pool& pool);
  [[nodiscard]] static bool is_spare(const Pool& pool);
  [[nodiscard]] bool is_youngest(const Pool& pool) const { return &pool == pools_[pool_count_ - 1]; }
  [[nodiscard]] bool youngest_is_copyable() const;
  [[nodiscard]] Pool* owner(u64 gpa);
  bool grow(u64 minimum);
  bool take_back_unread_locked(u32 least);
  std::optional<PageBlock> allocate_from_pools(u8 order, Prefer prefer);
  static bool add(Pool& pool, u64 gpa, u64 size);
  static void give_back(PageAllocator& allocator);
  std::optional<PageBlock> allocate_block(u8 order, Prefer prefer);
  void count_use();

  Mutex mutex_;
  Pool* pools_[max_pools] = {};  // by age, the youngest last
  u32 pool_count_ = 0;
  u32 sequence_ = 0;
  bool older_unwritten_ =
      false;  // no page but the youngest pool's is writable in the tables since this generation began
  u64 limit_ = 0;
  u64 used_pages_ = 0;
};

}  // namespace kx::libos
