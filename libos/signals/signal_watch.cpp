#include "signals/signal_watch.hpp"

#include <sys/syscall.h>

#include <cstring>

#include "files/open_file.hpp"
#include "host/host_call.hpp"
#include "process/thread.hpp"
#include "signals/signals.hpp"

namespace kx::libos {

namespace {

// Signals arrive while other calls have their arguments in the call buffer: this uses what page faults leave free.
constexpr u64 segment_offset = fault_buffer_offset + 3072;
constexpr u64 value_offset = segment_offset + sizeof(abi::Segment);
constexpr u64 no_position = ~0ull;

void transfer_counter(abi::HostCall number, u64 handle, u64 value) {
  // SAFETY: the call buffer is this vCPU's own, and part of the linear window.
  u8* buffer = call_buffer();
  const abi::Segment segment{reinterpret_cast<u64>(buffer) + value_offset - abi::linear_base, sizeof value};
  std::memcpy(buffer + segment_offset, &segment, sizeof segment);
  std::memcpy(buffer + value_offset, &value, sizeof value);
  host_call(number, CallKind::Quick, handle, segment_offset, 1, no_position, 0);
}

}  // namespace

void SignalWatch::raise() {
  raised = true;
  transfer_counter(abi::HostCall::Write, handle, 1);
}

void SignalWatch::drain() {
  raised = false;
  transfer_counter(abi::HostCall::Read, handle, 0);
}

void Signals::raise_watches(u32 signo) {
  if (Thread::current().signals.takes_posted) {
    gathered_ |= signal_bit(signo);
    return;
  }
  for (SignalWatch* watch = watches_; watch != nullptr; watch = watch->next) {
    if ((watch->mask & signal_bit(signo)) != 0) {
      watch->raise();
    }
  }
}

u64 Signals::pending_anywhere() const {
  u64 bits = pending_.bits();
  ThreadList::instance().for_each([&](const Thread& thread) { bits |= thread.signals.pending.bits(); });
  return bits;
}

void Signals::expect_posted() {
  const Lock lock(mutex_);
  Thread::current().signals.takes_posted = true;
  ++arriving_;
  tell_room();
}

void Signals::posted_arrived() {
  const Lock lock(mutex_);
  --arriving_;
  tell_room();
}

void Signals::show_posted() {
  const Lock lock(mutex_);
  Thread::current().signals.takes_posted = false;
  const u64 shown = gathered_ != 0 ? gathered_ & pending_anywhere() : 0;  // others may have taken some meanwhile
  gathered_ = 0;
  for (SignalWatch* watch = watches_; shown != 0 && watch != nullptr; watch = watch->next) {
    if ((watch->mask & shown) != 0) {
      watch->raise();
    }
  }
}

// In a forked child: the descriptors tell of its own signals, so their counters must be its own.
void Signals::renew_watches() {
  for (SignalWatch* watch = watches_; watch != nullptr; watch = watch->next) {
    constexpr u64 nonblocking = 04000;
    const HostReply reply = host_call_raw(SYS_eventfd2, {{0, nonblocking}, 0}, CallKind::Quick);
    if (reply.result >= 0) {
      host_call(abi::HostCall::Close, CallKind::Quick, watch->handle);
      watch->handle = static_cast<u64>(reply.result);
      watch->file->replace_handle(watch->handle);
      watch->raised = false;
    }
  }
}

void Signals::settle(SignalWatch& watch) {
  const bool waits = (pending_anywhere() & watch.mask) != 0;
  if (watch.raised && !waits) {
    watch.drain();
  } else if (!watch.raised && waits) {
    watch.raise();
  }
}

void Signals::settle_watches() {
  for (SignalWatch* watch = watches_; watch != nullptr; watch = watch->next) {
    if (watch->raised) {
      settle(*watch);
    }
  }
}

void Signals::add_watch(SignalWatch& watch, u64 mask) {
  const Lock lock(mutex_);
  watch.mask = mask & ~unblockable_signals;
  watch.next = watches_;
  watches_ = &watch;
  settle(watch);
}

void Signals::remove_watch(SignalWatch& watch) {
  const Lock lock(mutex_);
  for (SignalWatch** link = &watches_; *link != nullptr; link = &(*link)->next) {
    if (*link == &watch) {
      *link = watch.next;
      return;
    }
  }
}

void Signals::set_watch_mask(SignalWatch& watch, u64 mask) {
  const Lock lock(mutex_);
  watch.mask = mask & ~unblockable_signals;
  settle(watch);
}

u64 Signals::watch_mask(const SignalWatch& watch) {
  const Lock lock(mutex_);
  return watch.mask;
}

void Signals::start_waiting(u64 set) {
  const Lock lock(mutex_);
  Thread::current().signals.waiting_for = set;
}

void Signals::stop_waiting() {
  const Lock lock(mutex_);
  u64& waiting_for = Thread::current().signals.waiting_for;
  u64 left = pending_.bits() & waiting_for;
  waiting_for = 0;
  for (; left != 0; left &= left - 1) {
    wake_one(static_cast<u32>(__builtin_ctzll(left)) + 1);
  }
}

}  // namespace kx::libos
