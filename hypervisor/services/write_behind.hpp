// WriteBehind: the queue of a pVM's (abi/event_loop.hpp) of what it took from its connections and answered. It is
// emptied before each host call of the pVM, and by the service thread while the pVM computes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <kx/abi/event_loop.hpp>
#include <kx/base/address.hpp>
#include <mutex>
#include <optional>
#include <vector>

#include "hypervisor/services/services.hpp"
#include "hypervisor/services/timers.hpp"

namespace kx::hv {

class WriteBehind {
 public:
  // From now on the area at `area` is the pVM's. 0, -EFAULT, or what a timer could not be had for.
  std::int64_t attach(Services& services, Gpa area);
  // Null: there is none. Guest memory: written to, and read but once.
  [[nodiscard]] abi::EventLoopArea* area() const { return area_.load(std::memory_order_acquire); }

  // Makes the calls that are queued. Costs a look if there are none.
  void catch_up(Services& services);

  // For the next milliseconds the service thread looks too: the guest may queue calls without a host call following.
  void arm();

  // Whether what was written to a connection before is still held back, as the host had no room: nothing may overtake
  // it.
  bool holds_back(const HandleTable::File& file);

  // The pVM ends: what is queued is sent, and its memory no longer looked at.
  void finish(Services& services);
  // No tick comes after this.
  void stop(ServiceThread* service);

 private:
  // What the host did not take at once.
  struct HeldBack {
    HandleTable::File file;
    std::vector<std::byte> data;
  };

  void tick(Services& services);
  void rearm();
  void perform(Services& services);
  std::int64_t perform(Services& services, const abi::WriteBehindEntry& entry);
  std::int64_t write(const HandleTable::File& file, const std::byte* data, std::size_t size);
  bool hold_back(const HandleTable::File& file, const std::byte* data, std::size_t size);
  [[nodiscard]] bool holds_back_locked(const HandleTable::File& file) const;
  void send_held_back();

  std::mutex mutex_;  // all but area_, done_ and holds_back_
  std::atomic<abi::EventLoopArea*> area_ = nullptr;
  std::atomic<std::uint32_t> done_ = 0;
  std::vector<HeldBack> held_back_;
  std::atomic<bool> holds_back_ = false;
  std::optional<TimerService> ticks_;
  bool ticks_watched_ = false;
  bool ticking_ = false;
  std::uint32_t idle_ticks_ = 0;  // since something was read ahead
};

}  // namespace kx::hv
