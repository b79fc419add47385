#include "hypervisor/process/robust_list.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <kx/abi/vcpu.hpp>
#include <optional>

#include "hypervisor/memory/guarded_access.hpp"

namespace kx::hv {

namespace {

// Page-table bits (Intel SDM vol. 3, 4.5).
constexpr std::uint64_t present = 1, writable = 2, user = 4, huge = 0x80;
constexpr std::uint64_t address_mask = 0x000f'ffff'ffff'f000;
constexpr int top_level = 4;

constexpr std::uint64_t pi_mark = 1;  // of a list entry: a lock with priority inheritance
constexpr int longest_list = ROBUST_LIST_LIMIT;

// struct robust_list_head.
constexpr std::uint64_t offset_of_distance = 8, offset_of_pending = 16;

class RobustList {
 public:
  RobustList(const GuestMemory& memory, std::uint64_t head_gva, std::uint32_t thread_id)
      : memory_(memory), head_gva_(head_gva), thread_id_(thread_id) {}

  void release();

 private:
  [[nodiscard]] std::optional<std::uint64_t> leaf_of(std::uint64_t gva, std::uint64_t& size) const;
  [[nodiscard]] std::optional<Gpa> find(std::uint64_t gva, std::uint64_t rights) const;
  [[nodiscard]] std::optional<std::uint64_t> load(std::uint64_t gva) const;
  bool release_word(std::uint64_t gva, bool pending) const;

  const GuestMemory& memory_;
  std::uint64_t head_gva_;
  std::uint32_t thread_id_;
};

// The page-table entry that maps `gva`, and how much it maps. All tables lie in the system slot.
std::optional<std::uint64_t> RobustList::leaf_of(std::uint64_t gva, std::uint64_t& size) const {
  std::uint64_t table = abi::boot_pml4_gpa;
  for (int level = top_level;; --level) {
    const int shift = 12 + 9 * (level - 1);
    if (table > abi::system_size - abi::page_size) {
      return std::nullopt;
    }
    // SAFETY: an aligned word of the system slot, read once.
    const auto* entries = reinterpret_cast<const std::uint64_t*>(memory_.system() + table);
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

// Rights are those of the last level: what a fork freezes above it stays writable to its owner.
std::optional<Gpa> RobustList::find(std::uint64_t gva, std::uint64_t rights) const {
  std::uint64_t size = 0;
  if (gva >= abi::user_end) {
    return std::nullopt;
  }
  const std::optional<std::uint64_t> leaf = leaf_of(gva, size);
  if (!leaf || (*leaf & rights) != rights) {
    return std::nullopt;
  }
  return Gpa{(*leaf & address_mask & ~(size - 1)) | (gva & (size - 1))};
}

std::optional<std::uint64_t> RobustList::load(std::uint64_t gva) const {
  if (!is_aligned(gva, sizeof(std::uint64_t))) {
    return std::nullopt;
  }
  const std::optional<Gpa> gpa = find(gva, user);
  const std::byte* memory = gpa ? memory_.translate_to_read(*gpa, sizeof(std::uint64_t)) : nullptr;
  std::uint64_t value = 0;
  // SAFETY: an aligned word of guest memory; that its page may be missing is what the guard is for.
  if (memory == nullptr || !kx_guarded_load(reinterpret_cast<const std::uint64_t*>(memory), &value)) {
    return std::nullopt;
  }
  return value;
}

// False if it cannot be written, which ends the list, as in Linux. Memory that is not shared goes with the process.
bool RobustList::release_word(std::uint64_t gva, bool pending) const {
  const std::optional<Gpa> gpa = find(gva, user | writable);
  if (!gpa || !is_aligned(gva, sizeof(std::uint32_t))) {
    return false;
  }
  if (gpa->value < abi::shared_gpa) {
    return true;
  }
  // SAFETY: an aligned word of a shared mapping, only accessed under guard.
  auto* word = reinterpret_cast<std::uint32_t*>(memory_.translate(*gpa, sizeof(std::uint32_t)));
  std::uint32_t found = thread_id_;
  if (word == nullptr) {
    return false;
  }
  // Bounded: each turn more than once means that another process wrote meanwhile.
  for (int turn = 0; turn < longest_list; ++turn) {
    const std::uint32_t expected = found;
    if (!kx_guarded_swap(word, &found, (expected & FUTEX_WAITERS) | FUTEX_OWNER_DIED)) {
      return false;
    }
    // A pending operation was perhaps an unlock that came as far as the word, but not to the wake.
    const bool unlocked = pending && found == 0;
    if (found == expected || unlocked) {
      if ((found & FUTEX_WAITERS) != 0 || unlocked) {
        ::syscall(SYS_futex, word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
      }
      return true;
    }
    if ((found & FUTEX_TID_MASK) != thread_id_) {
      return true;
    }
  }
  return true;
}

void RobustList::release() {
  const auto first = load(head_gva_);
  const auto distance = load(head_gva_ + offset_of_distance);
  const auto pending = load(head_gva_ + offset_of_pending);
  if (!first || !distance || !pending) {
    return;
  }
  const std::uint64_t pending_entry = *pending & ~pi_mark;
  std::uint64_t entry = *first & ~pi_mark;
  for (int i = 0; i < longest_list && entry != head_gva_; ++i) {
    const auto next = load(entry);
    if ((entry != pending_entry && !release_word(entry + *distance, false)) || !next) {
      return;
    }
    entry = *next & ~pi_mark;
  }
  if (pending_entry != 0) {
    release_word(pending_entry + *distance, true);
  }
}

}  // namespace

void release_robust_futexes(const GuestMemory& memory, Gpa area) {
  // SAFETY: the area was checked when the vCPU was made; both words are read once.
  auto* page = reinterpret_cast<abi::VcpuPage*>(memory.translate_ram(area, sizeof(abi::VcpuPage)));
  KX_VERIFY(page != nullptr);
  const std::uint64_t head_gva = std::atomic_ref(page->robust_list_gva).load(std::memory_order_relaxed);
  const std::uint32_t thread_id = std::atomic_ref(page->thread_id).load(std::memory_order_relaxed);
  if (head_gva != 0 && thread_id != 0 && (thread_id & ~static_cast<std::uint32_t>(FUTEX_TID_MASK)) == 0) {
    RobustList(memory, head_gva, thread_id).release();
  }
}

}  // namespace kx::hv
