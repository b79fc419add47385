#include "hypervisor/process/robust_list.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <kx/abi/vcpu.hpp>
#include <optional>

#include "hypervisor/memory/guarded_access.hpp"
#include "hypervisor/memory/page_walk.hpp"

namespace kx::hv {

namespace {

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
  [[nodiscard]] std::optional<std::uint64_t> load(std::uint64_t gva) const;
  bool release_word(std::uint64_t gva, bool pending) const;

  const GuestMemory& memory_;
  std::uint64_t head_gva_;
  std::uint32_t thread_id_;
};

std::optional<std::uint64_t> RobustList::load(std::uint64_t gva) const {
  if (!is_aligned(gva, sizeof(std::uint64_t))) {
    return std::nullopt;
  }
  const std::optional<Gpa> gpa = find_page(memory_, gva, page_bit::user);
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
  const std::optional<Gpa> gpa = find_page(memory_, gva, page_bit::user | page_bit::writable);
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
