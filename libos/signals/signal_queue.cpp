#include "mm/heap.hpp"
#include "signals/signal_types.hpp"

namespace kx::libos {

bool SignalQueue::add(const SignalInfo& info) {
  bits_ |= signal_bit(static_cast<u32>(info.signo));
  auto* entry = heap_new<QueuedSignal>();
  if (entry == nullptr) {
    return false;
  }
  entry->info = info;
  (last_ != nullptr ? last_->next : first_) = entry;
  last_ = entry;
  return true;
}

bool SignalQueue::mark(u32 signo) {
  const bool was_set = (bits_ & signal_bit(signo)) != 0;
  bits_ |= signal_bit(signo);
  return !was_set;
}

SignalInfo SignalQueue::take(u32 signo) {
  SignalInfo result;
  result.signo = static_cast<i32>(signo);
  QueuedSignal* before = nullptr;
  QueuedSignal* entry = first_;
  while (entry != nullptr && entry->info.signo != static_cast<i32>(signo)) {
    before = entry;
    entry = entry->next;
  }
  bool more = false;
  if (entry != nullptr) {
    result = entry->info;
    for (const QueuedSignal* other = entry->next; other != nullptr && !more; other = other->next) {
      more = other->info.signo == static_cast<i32>(signo);
    }
    (before != nullptr ? before->next : first_) = entry->next;
    if (last_ == entry) {
      last_ = before;
    }
    heap_delete(entry);
  }
  if (!more) {
    bits_ &= ~signal_bit(signo);
  }
  return result;
}

}  // namespace kx::libos
