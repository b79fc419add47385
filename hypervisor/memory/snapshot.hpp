// Who still reads what a pVM froze at its forks.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>

namespace kx::hv {

// The forks of one pVM whose frozen memory is still mapped somewhere. What became the pVM's after the newest of them
// may be written; of what later forks' children do not map, the library OS asks up to which of them it is read.
class SnapshotLedger {
 public:
  // `newest` is a word of guest memory that this keeps up to date until detach().
  explicit SnapshotLedger(std::uint32_t* newest) : newest_(newest) {}
  void add(std::uint32_t sequence);
  void remove(std::uint32_t sequence);
  // The newest that is not newer than `sequence`; 0 if there is none.
  [[nodiscard]] std::uint32_t newest_up_to(std::uint32_t sequence) const;
  // The pVM ends: its memory is not touched any more.
  void detach();

 private:
  void publish();

  mutable std::mutex mutex_;
  std::uint32_t* newest_;
  std::multiset<std::uint32_t> live_;
};

// One fork's frozen memory, held by every pVM that maps it.
class Snapshot {
 public:
  Snapshot(std::shared_ptr<SnapshotLedger> ledger, std::uint32_t sequence)
      : ledger_(std::move(ledger)), sequence_(sequence) {
    ledger_->add(sequence_);
  }
  ~Snapshot() { ledger_->remove(sequence_); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  std::shared_ptr<SnapshotLedger> ledger_;
  std::uint32_t sequence_;
};

}  // namespace kx::hv
