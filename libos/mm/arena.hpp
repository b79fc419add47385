// Memory of the library OS itself: its objects, page tables beyond the first, areas of vCPUs. It lies in the pVM's
// system slot, apart from the program's RAM: that is frozen at a fork, while this is copied, so its use is kept
// compact.
#pragma once

#include <kx/abi/memory_map.hpp>
#include <kx/base/address.hpp>
#include <optional>

#include "arch/x86_64/context.hpp"
#include "mm/page_allocator.hpp"
#include "process/lock.hpp"

namespace kx::libos {

class Arena {
 public:
  static Arena& instance();

  // 2^order pages of zeros; nothing when the arena is full.
  std::optional<Gpa> allocate(u8 order);
  void free(Gpa gpa, u8 order);

  // An area for a vCPU, zero but for what a thread before left on its stack; nothing when there are too many. `before`
  // is what that thread's page named as its thread, or 0: nobody uses it any more.
  std::optional<Gpa> allocate_vcpu_area(u64& before);
  void free_vcpu_area(Gpa gpa);
  // The calling thread's own, free once its vCPU has left it.
  void retire_vcpu_area(Gpa gpa);
  // After a fork no other thread exists: all areas but the one at `kept` are free.
  void keep_vcpu_area(Gpa kept);

  // What lies at or above this was never used.
  [[nodiscard]] u64 high_gpa() const { return high_; }

 private:
  static constexpr u64 area_count = (abi::vcpu_areas_gpa_end - abi::vcpu_areas_gpa) / abi::vcpu_area_size;

  [[nodiscard]] std::optional<u64> take_retired();

  Mutex mutex_;
  PageAllocator allocator_;
  u64 next_region_ = abi::arena_gpa;
  u64 high_ = abi::arena_gpa;
  u64 used_areas_[area_count / 64] = {};
  u64 retired_areas_[area_count / 64] = {};  // among the used ones
};

}  // namespace kx::libos
