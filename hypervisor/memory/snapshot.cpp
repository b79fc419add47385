#include "hypervisor/memory/snapshot.hpp"

#include <atomic>
#include <iterator>

namespace kx::hv {

void SnapshotLedger::add(std::uint32_t sequence) {
  const std::lock_guard lock(mutex_);
  live_.insert(sequence);
  publish();
}

void SnapshotLedger::remove(std::uint32_t sequence) {
  const std::lock_guard lock(mutex_);
  live_.erase(live_.find(sequence));
  publish();
}

std::uint32_t SnapshotLedger::newest_up_to(std::uint32_t sequence) const {
  const std::lock_guard lock(mutex_);
  const auto newer = live_.upper_bound(sequence);
  return newer == live_.begin() ? 0 : *std::prev(newer);
}

void SnapshotLedger::detach() {
  const std::lock_guard lock(mutex_);
  newest_ = nullptr;
}

void SnapshotLedger::publish() {
  if (newest_ != nullptr) {
    std::atomic_ref(*newest_).store(live_.empty() ? 0 : *live_.rbegin(), std::memory_order_seq_cst);
  }
}

}  // namespace kx::hv
