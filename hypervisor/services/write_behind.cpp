#include "hypervisor/services/write_behind.hpp"

#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "hypervisor/monotonic.hpp"
#include "hypervisor/services/call_support.hpp"
#include "hypervisor/services/service_thread.hpp"

namespace kx::hv {

namespace {

// How long what is queued may wait for a host call of a pVM that makes none.
constexpr std::uint64_t tick_ns = 1'000'000;
constexpr std::uint32_t most_idle_ticks = 10;

// Of all connections of a pVM together. What the library OS queues has room at the host, but for a shortage of memory.
constexpr std::size_t most_held_back = 1 << 20;

// Bytes that were taken at once, or -errno.
std::int64_t send_at_once(int fd, const std::byte* data, std::size_t size) {
  iovec vector{const_cast<std::byte*>(data), size};
  msghdr message{};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  const ssize_t sent = ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent < 0 ? -errno : sent;
}

// tcp(7): with MSG_TRUNC bytes are taken and go nowhere.
std::int64_t consume(int fd, std::size_t size) {
  while (size != 0) {
    const ssize_t taken = ::recv(fd, nullptr, size, MSG_TRUNC | MSG_DONTWAIT);
    if (taken <= 0) {
      return taken < 0 ? -errno : 0;
    }
    size -= static_cast<std::size_t>(taken);
  }
  return 0;
}

}  // namespace

std::int64_t WriteBehind::attach(Services& services, Gpa area) {
  std::byte* memory = is_aligned(area.value, alignof(abi::EventLoopArea))
                          ? services.memory.translate_ram(area, sizeof(abi::EventLoopArea))
                          : nullptr;
  if (memory == nullptr) {
    return -EFAULT;
  }
  const std::lock_guard lock(mutex_);
  if (!ticks_ && services.service != nullptr) {
    auto made = TimerService::create([this, &services](std::uint32_t, std::uint64_t) { tick(services); });
    if (!made) {
      return -EMFILE;
    }
    ticks_.emplace(std::move(*made));
    if (!services.service->add_timers(*ticks_)) {
      ticks_.reset();
      return -EMFILE;
    }
    ticks_watched_ = true;
  }
  // SAFETY: guest memory, aligned, there as long as the pVM; words are accessed atomically, the rest is copied.
  auto* taken = reinterpret_cast<abi::EventLoopArea*>(memory);
  done_.store(std::atomic_ref(taken->queued).load(std::memory_order_acquire), std::memory_order_relaxed);
  area_.store(taken, std::memory_order_release);
  return 0;
}

void WriteBehind::catch_up(Services& services) {
  abi::EventLoopArea* area = area_.load(std::memory_order_acquire);
  const bool waits = area != nullptr && std::atomic_ref(area->queued).load(std::memory_order_seq_cst) !=
                                            done_.load(std::memory_order_relaxed);
  if (waits || holds_back_.load(std::memory_order_relaxed)) [[unlikely]] {
    const std::lock_guard lock(mutex_);
    perform(services);
  }
}

void WriteBehind::perform(Services& services) {
  send_held_back();
  abi::EventLoopArea* area = area_.load(std::memory_order_relaxed);
  if (area == nullptr) {
    return;
  }
  const std::uint32_t queued = std::atomic_ref(area->queued).load(std::memory_order_seq_cst);
  std::uint32_t done = done_.load(std::memory_order_relaxed);
  if (queued - done > abi::write_behind_entries) {
    done = queued - abi::write_behind_entries;  // none of what the library OS does
  }
  for (; done != queued; ++done) {
    abi::WriteBehindEntry& place = area->entries[done % abi::write_behind_entries];
    abi::WriteBehindEntry entry;
    copy_once(&entry, reinterpret_cast<const std::byte*>(&place), sizeof entry);  // SAFETY: guest memory as bytes
    if (const std::int64_t result = perform(services, entry); result < 0) {
      std::atomic_ref(place.result).store(static_cast<std::int32_t>(result), std::memory_order_relaxed);
      std::atomic_ref(area->failures).fetch_add(1, std::memory_order_release);
    }
  }
  done_.store(done, std::memory_order_relaxed);
  std::atomic_ref(area->done).store(done, std::memory_order_release);
}

std::int64_t WriteBehind::perform(Services& services, const abi::WriteBehindEntry& entry) {
  const HandleTable::File file = services.handles.get_accepted(entry.handle);
  if (file == nullptr) {
    return -EBADF;
  }
  switch (static_cast<abi::WriteBehindKind>(entry.kind)) {
    case abi::WriteBehindKind::Consume:
      return entry.size > abi::read_ahead_limit ? -EINVAL : consume(file->get(), entry.size);
    case abi::WriteBehindKind::Write:
      if (entry.size > abi::write_behind_limit || outside(entry.offset, entry.size, 0, abi::sent_size)) {
        return -EINVAL;
      }
      // SAFETY: guest memory as bytes, from which the host's kernel copies.
      return write(file, reinterpret_cast<const std::byte*>(area_.load(std::memory_order_relaxed)->sent) + entry.offset,
                   entry.size);
  }
  return -EINVAL;
}

std::int64_t WriteBehind::write(const HandleTable::File& file, const std::byte* data, std::size_t size) {
  std::size_t sent = 0;
  if (!holds_back_locked(file)) {
    const std::int64_t result = send_at_once(file->get(), data, size);
    if (result < 0 && result != -EAGAIN) {
      return result;
    }
    sent = static_cast<std::size_t>(std::max<std::int64_t>(result, 0));
  }
  return sent == size || hold_back(file, data + sent, size - sent) ? 0 : -ENOBUFS;
}

bool WriteBehind::hold_back(const HandleTable::File& file, const std::byte* data, std::size_t size) {
  std::size_t held = size;
  for (const HeldBack& each : held_back_) {
    held += each.data.size();
  }
  if (held > most_held_back) {
    return false;
  }
  held_back_.push_back({file, {data, data + size}});
  holds_back_.store(true, std::memory_order_relaxed);
  if (!ticking_ && ticks_) {
    rearm();  // the pVM may make no call for long
  }
  return true;
}

// In the order in which they came: of one connection none overtakes another.
void WriteBehind::send_held_back() {
  if (held_back_.empty()) {
    return;
  }
  std::vector<HandleTable::File> full;
  std::erase_if(held_back_, [&](HeldBack& each) {
    if (std::find(full.begin(), full.end(), each.file) != full.end()) {
      return false;
    }
    const std::int64_t sent = send_at_once(each.file->get(), each.data.data(), each.data.size());
    if (sent < 0 && sent != -EAGAIN) {
      return true;  // the connection is broken: whoever uses it next is told
    }
    each.data.erase(each.data.begin(), each.data.begin() + std::max<std::int64_t>(sent, 0));
    if (!each.data.empty()) {
      full.push_back(each.file);
    }
    return each.data.empty();
  });
  holds_back_.store(!held_back_.empty(), std::memory_order_relaxed);
}

bool WriteBehind::holds_back_locked(const HandleTable::File& file) const {
  return std::any_of(held_back_.begin(), held_back_.end(), [&](const HeldBack& each) { return each.file == file; });
}

bool WriteBehind::holds_back(const HandleTable::File& file) {
  if (!holds_back_.load(std::memory_order_relaxed)) [[likely]] {
    return false;
  }
  const std::lock_guard lock(mutex_);
  return holds_back_locked(file);
}

void WriteBehind::arm() {
  const std::lock_guard lock(mutex_);
  abi::EventLoopArea* area = area_.load(std::memory_order_relaxed);
  if (area == nullptr || !ticks_) {
    return;
  }
  idle_ticks_ = 0;
  if (!ticking_) {
    rearm();
  }
  std::atomic_ref(area->armed).store(ticking_ ? 1 : 0, std::memory_order_seq_cst);
}

void WriteBehind::rearm() {
  ticking_ = ticks_->arm(0, CLOCK_MONOTONIC, monotonic_ns() + tick_ns, 0) == 0;
}

// Once nothing happened for some ticks the guest is told that nobody looks any more, before a last look: it queues,
// then reads the word.
void WriteBehind::tick(Services& services) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) {
    // Whoever has it empties the queue. It has no use for the timer meanwhile.
    static_cast<void>(ticks_->arm(0, CLOCK_MONOTONIC, monotonic_ns() + tick_ns, 0));
    return;
  }
  abi::EventLoopArea* area = area_.load(std::memory_order_relaxed);
  ticking_ = false;
  if (area != nullptr && (++idle_ticks_ < most_idle_ticks || !held_back_.empty())) {
    rearm();
  }
  if (area != nullptr && !ticking_) {
    std::atomic_ref(area->armed).store(0, std::memory_order_seq_cst);
  }
  perform(services);
}

void WriteBehind::finish(Services& services) {
  const std::lock_guard lock(mutex_);
  perform(services);
  area_.store(nullptr, std::memory_order_release);
  held_back_.clear();
  holds_back_.store(false, std::memory_order_relaxed);
}

void WriteBehind::stop(ServiceThread* service) {
  if (ticks_watched_ && service != nullptr) {
    service->remove_timers(*ticks_);
    ticks_watched_ = false;
  }
}

}  // namespace kx::hv
