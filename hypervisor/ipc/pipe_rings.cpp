#include "hypervisor/ipc/pipe_rings.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "hypervisor/services/call_support.hpp"

namespace kx::hv::ipc {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// What is slower than this is waiting, which the host does better.
constexpr microseconds quick_use{800};
constexpr std::uint32_t fewest_quick_uses = 4, most_quick_uses = 256;
// A stay in the guest that saved fewer calls was not worth it.
constexpr std::uint32_t worthwhile_operations = 16;

// The lock is held for a copy of 64 KiB at most; but who holds it may not get the processor. After this it is taken
// from whoever means to keep it.
constexpr milliseconds lock_patience{2000};
constexpr int lock_spins = 200;
constexpr microseconds lock_pause{20};

// An end of a pipe, as long as somebody has it open.
struct RingEnd {
  RingEnd(std::shared_ptr<PipeRing> of, PipeRing::End which, UniqueFd file)
      : ring(std::move(of)), end(which), fd(std::move(file)) {}
  ~RingEnd() { ring->end_closes(end); }
  RingEnd(const RingEnd&) = delete;
  RingEnd& operator=(const RingEnd&) = delete;

  std::shared_ptr<PipeRing> ring;
  PipeRing::End end;
  UniqueFd fd;
};

HandleTable::File make_end(const std::shared_ptr<PipeRing>& ring, PipeRing::End end, UniqueFd fd) {
  const auto made = std::make_shared<const RingEnd>(ring, end, std::move(fd));
  return {made, &made->fd};
}

}  // namespace

PipeRing::PipeRing(std::shared_ptr<PipeRings> rings, std::uint32_t number, UniqueFd writing)
    : rings_(std::move(rings)),
      number_(number),
      header_(rings_->header(number)),
      data_(rings_->segment() + abi::ring_data_offset(number)),
      writing_(std::move(writing)),
      quick_uses_needed_(fewest_quick_uses) {
  enter_guest(0);
}

PipeRing::~PipeRing() {
  rings_->give_back(number_);
}

void PipeRing::leave_guest_for_good() {
  const std::lock_guard lock(mutex_);
  stays_with_host_ = true;
  leave_guest();
}

void PipeRing::end_closes(End end) {
  const std::lock_guard lock(mutex_);
  stays_with_host_ = true;
  leave_guest();
  if (end == End::Writing) {
    writing_.reset();
  }
}

void PipeRing::begin_host_use() {
  const std::lock_guard lock(mutex_);
  ++users_;
  leave_guest();
}

void PipeRing::end_host_use(Time::time_point begun) {
  const bool was_quick = Time::now() - begun < quick_use;
  const std::lock_guard lock(mutex_);
  quick_uses_ = was_quick ? quick_uses_ + 1 : 0;
  if (--users_ != 0 || stays_with_host_ || quick_uses_ < quick_uses_needed_) {
    return;
  }
  int unread = 0;
  if (::ioctl(writing_.get(), FIONREAD, &unread) == 0 && unread == 0) {
    enter_guest(1);
  }
}

// With the lock held, and nobody at the host's pipe, which is empty.
void PipeRing::enter_guest(std::uint32_t operations) {
  quick_uses_ = 0;
  header_.filled = header_.emptied = 0;
  header_.operations = operations;
  in_guest_.store(true, std::memory_order_relaxed);
  std::atomic_ref(header_.mode).store(static_cast<std::uint32_t>(abi::RingMode::Guest), std::memory_order_release);
}

// With the lock held.
void PipeRing::leave_guest() {
  if (!is_in_guest()) {
    return;
  }
  lock_guest();
  const std::uint32_t operations = std::atomic_ref(header_.operations).load(std::memory_order_relaxed);
  quick_uses_needed_ =
      operations < worthwhile_operations ? std::min(quick_uses_needed_ * 2, most_quick_uses) : fewest_quick_uses;
  move_to_host();
  in_guest_.store(false, std::memory_order_relaxed);
  std::atomic_ref(header_.mode).store(static_cast<std::uint32_t>(abi::RingMode::Host), std::memory_order_release);
  std::atomic_ref(header_.lock).store(0, std::memory_order_release);
}

void PipeRing::lock_guest() {
  const std::atomic_ref lock(header_.lock);
  const auto started = Time::now();
  for (int i = 0;; ++i) {
    std::uint32_t nobody = 0;
    if (lock.compare_exchange_strong(nobody, abi::ring_locked_by_host, std::memory_order_acquire)) {
      return;
    }
    if (i < lock_spins) {
      __builtin_ia32_pause();
    } else if (Time::now() - started < lock_patience) {
      std::this_thread::sleep_for(lock_pause);
    } else {
      lock.exchange(abi::ring_locked_by_host, std::memory_order_acquire);
      return;
    }
  }
}

// Page by page, so that the host's pipe is as full as if it had been written to from the start. The header is the
// guests': what is wrong in it loses data of the pipe, and nothing else.
void PipeRing::move_to_host() {
  const std::uint32_t filled = header_.filled, emptied = header_.emptied;
  const std::uint32_t count = std::min(filled - emptied, abi::ring_pages);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t place = (emptied + i) % abi::ring_pages;
    abi::RingPage page;
    copy_once(&page, reinterpret_cast<const std::byte*>(&header_.pages[place]), sizeof page);  // SAFETY: seen as bytes
    const std::uint64_t offset = std::min<std::uint64_t>(page.offset, abi::page_size);
    const std::uint64_t size = std::min<std::uint64_t>(page.size, abi::page_size - offset);
    // There is room, as the host's pipe is empty and has as many pages; without a reader left the data are nobody's.
    static_cast<void>(::write(writing_.get(), data_ + place * abi::page_size + offset, size));
  }
}

HostUse::HostUse(std::shared_ptr<PipeRing> ring) : ring_(std::move(ring)) {
  if (ring_ != nullptr) {
    begun_ = PipeRing::Time::now();
    ring_->begin_host_use();
  }
}

HostUse::~HostUse() {
  if (ring_ != nullptr) {
    ring_->end_host_use(begun_);
  }
}

abi::RingHeader& PipeRings::header(std::uint32_t number) const {
  // SAFETY: inside the segment, aligned by the layout.
  return *reinterpret_cast<abi::RingHeader*>(segment() + abi::ring_header_offset(number));
}

PipeRings::Pipe PipeRings::make(UniqueFd reading, UniqueFd writing) {
  const auto plain = [&] {
    return Pipe{std::make_shared<const UniqueFd>(std::move(reading)),
                std::make_shared<const UniqueFd>(std::move(writing)), nullptr};
  };
  if (::fcntl(writing.get(), F_GETPIPE_SZ) != static_cast<int>(abi::ring_data_size)) {
    return plain();
  }
  UniqueFd copy(::fcntl(writing.get(), F_DUPFD_CLOEXEC, 0));
  if (!copy) {
    return plain();
  }
  std::uint32_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto free = std::find(used_.begin(), used_.end(), false);
    if (free == used_.end()) {
      return plain();
    }
    *free = true;
    number = static_cast<std::uint32_t>(free - used_.begin());
  }
  auto ring = std::make_shared<PipeRing>(shared_from_this(), number, std::move(copy));
  HandleTable::File reading_end = make_end(ring, PipeRing::End::Reading, std::move(reading));
  HandleTable::File writing_end = make_end(ring, PipeRing::End::Writing, std::move(writing));
  return {std::move(reading_end), std::move(writing_end), std::move(ring)};
}

void PipeRings::give_back(std::uint32_t number) {
  const std::lock_guard lock(mutex_);
  used_[number] = false;
}

void PipeRings::process_gone(std::int32_t pid) {
  const std::lock_guard lock(mutex_);
  for (std::uint32_t number = 0; number < abi::ring_count; ++number) {
    if (used_[number]) {
      auto owner = static_cast<std::uint32_t>(pid);
      std::atomic_ref(header(number).lock).compare_exchange_strong(owner, 0, std::memory_order_acq_rel);
    }
  }
}

}  // namespace kx::hv::ipc
