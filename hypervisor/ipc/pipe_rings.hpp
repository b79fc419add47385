// Pipes whose data may lie in the family segment (abi/pipe_ring.hpp). Each is a pipe of the host's as well: whoever
// waits for one, closes an end, polls it, or does anything but read and write it, first has the data moved there, so
// that all of pipe(7) is the host's. While both sides are awake the ring takes the place of the calls to the host.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <kx/abi/pipe_ring.hpp>
#include <memory>
#include <mutex>

#include "hypervisor/memory/family_memory.hpp"
#include "hypervisor/process/handle_table.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv::ipc {

class PipeRings;

// Thread-safe.
class PipeRing {
 public:
  enum class End : std::uint8_t { Reading, Writing };

  // `writing`: the host's pipe, empty; this has it open until end_closes(End::Writing).
  PipeRing(std::shared_ptr<PipeRings> rings, std::uint32_t number, UniqueFd writing);
  ~PipeRing();
  PipeRing(const PipeRing&) = delete;
  PipeRing& operator=(const PipeRing&) = delete;

  [[nodiscard]] std::uint32_t number() const { return number_; }
  // As the hypervisor knows; what the ring says of itself is the guests'.
  [[nodiscard]] bool is_in_guest() const { return in_guest_.load(std::memory_order_relaxed); }

  // The data are in the host's pipe until further notice; for good.
  void leave_guest_for_good();
  // The last descriptor of an end is about to be closed: there will be no other.
  void end_closes(End end);

 private:
  friend class HostUse;
  using Time = std::chrono::steady_clock;

  void begin_host_use();
  void end_host_use(Time::time_point begun);
  void enter_guest(std::uint32_t operations);
  void leave_guest();
  void lock_guest();
  void move_to_host();

  std::shared_ptr<PipeRings> rings_;
  std::uint32_t number_;
  abi::RingHeader& header_;  // in guest memory
  const std::byte* data_;

  std::mutex mutex_;  // what follows, and changes of in_guest_
  std::atomic<bool> in_guest_ = false;
  UniqueFd writing_;
  bool stays_with_host_ = false;
  std::uint32_t users_ = 0;  // HostUse
  // How many uses of the host's pipe in a row took no longer than a ring would be watched for, and how many must
  // have before the ring is worth a try.
  std::uint32_t quick_uses_ = 0;
  std::uint32_t quick_uses_needed_;
};

// While it lives the caller may read or write the host's pipe.
class HostUse {
 public:
  explicit HostUse(std::shared_ptr<PipeRing> ring);
  ~HostUse();
  HostUse(const HostUse&) = delete;
  HostUse& operator=(const HostUse&) = delete;

 private:
  std::shared_ptr<PipeRing> ring_;
  PipeRing::Time::time_point begun_;  // if there is a ring
};

// The rings of a family. Thread-safe.
class PipeRings : public std::enable_shared_from_this<PipeRings> {
 public:
  explicit PipeRings(std::shared_ptr<FamilyMemory> memory) : memory_(std::move(memory)) {}

  struct Pipe {
    HandleTable::File reading, writing;
    std::shared_ptr<PipeRing> ring;
  };
  // The ends of a new, empty pipe, with a ring that is in use; without one if there is none left, or the host gives the
  // pipe less room than a ring has.
  Pipe make(UniqueFd reading, UniqueFd writing);

  // The process has ended, its threads do not run any more: no ring stays locked by it.
  void process_gone(std::int32_t pid);

  [[nodiscard]] std::byte* segment() const { return memory_->segment(); }
  // In guest memory: any bytes are a header, and they may change at any time.
  [[nodiscard]] abi::RingHeader& header(std::uint32_t number) const;

 private:
  friend class PipeRing;
  void give_back(std::uint32_t number);

  std::shared_ptr<FamilyMemory> memory_;
  std::mutex mutex_;  // what follows
  std::array<bool, abi::ring_count> used_{};
};

}  // namespace kx::hv::ipc
