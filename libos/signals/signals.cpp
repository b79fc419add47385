#include "signals/signals.hpp"

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <kx/abi/vcpu.hpp>

#include "files/signal_sink.hpp"
#include "host/host_call.hpp"
#include "libraries/hook.hpp"
#include "process/boot_info.hpp"
#include "process/limits.hpp"
#include "process/process.hpp"
#include "process/thread.hpp"
#include "signals/timers.hpp"
#include "signals/xstate.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

namespace {

Signals signals;

constexpr u64 ignored_by_default =
    signal_bit(SIGCHLD) | signal_bit(SIGCONT) | signal_bit(SIGURG) | signal_bit(SIGWINCH);
constexpr u64 stop_signals = signal_bit(SIGSTOP) | signal_bit(SIGTSTP) | signal_bit(SIGTTIN) | signal_bit(SIGTTOU);
// Delivered before others, since their frame must show the instruction that raised them.
constexpr u64 synchronous_signals = signal_bit(SIGSEGV) | signal_bit(SIGBUS) | signal_bit(SIGILL) |
                                    signal_bit(SIGTRAP) | signal_bit(SIGFPE) | signal_bit(SIGSYS);

u32 next_signal(u64 bits) {
  if ((bits & synchronous_signals) != 0) {
    bits &= synchronous_signals;
  }
  return static_cast<u32>(__builtin_ctzll(bits)) + 1;
}

void wake(Thread& thread) {
  std::atomic_ref(thread.page->pending).fetch_or(abi::pending_signal, std::memory_order_seq_cst);
  if (&thread != &Thread::current()) {
    host_call(abi::HostCall::Kick, CallKind::Blocking, thread.page->vcpu_index);
  }
}

bool wants(const Thread& thread, u32 signo) {
  const u64 blocked = thread.signals.mask & ~thread.signals.waiting_for & ~unblockable_signals;
  return (blocked & signal_bit(signo)) == 0;
}

}  // namespace

Signals& Signals::instance() {
  return signals;
}

void Signals::start(Thread& first, u64 ignored, u64 blocked) {
  start_xstate(boot_info().xcr0, boot_info().xsave_size);
  for (u32 signo = 1; signo <= signal_count; ++signo) {
    actions_[signo - 1].handler = (ignored & signal_bit(signo)) != 0 ? 1 : 0;
  }
  first.signals.mask = blocked & ~unblockable_signals;
  tell_about_children();
  tell_room();
}

void Signals::reset_for_exec(Thread& survivor) {
  if (Timers::were_used()) {
    Timers::instance().remove_all();
  }
  const Lock lock(mutex_);
  for (SignalAction& action : actions_) {
    action = SignalAction{action.handler == 1 ? 1ull : 0ull, 0, 0, 0};
  }
  tell_about_children();
  survivor.signals.alternate = AlternateStack{};
  survivor.signals.restore_mask = false;
  survivor.signals.resume_deadline = 0;
}

void Signals::start_in_child(Thread& survivor, bool clear_handlers) {
  const Lock lock(mutex_);
  const auto drop = [](const SignalInfo&) {};
  pending_.discard(~0ull, drop);
  survivor.signals.pending.discard(~0ull, drop);
  queued_ = 0;
  arriving_ = 0;
  gathered_ = 0;
  tell_room();
  survivor.signals.waiting_for = 0;
  survivor.signals.resume_deadline = 0;
  for (SignalAction& action : actions_) {
    if (clear_handlers && action.handler > 1) {
      action = SignalAction{};
    }
  }
  renew_watches();
}

// What the family must know of SIGCHLD's action: whether children leave zombies, and whether their stops are told.
void Signals::tell_about_children() {
  const SignalAction& action = actions_[SIGCHLD - 1];
  const bool reap = action.handler == 1 || (action.flags & SA_NOCLDWAIT) != 0;
  const bool no_stops = action.handler == 1 || (action.flags & SA_NOCLDSTOP) != 0;
  if (reap != told_reap_) {
    told_reap_ = reap;
    host_call(abi::HostCall::ProcessSet, CallKind::Quick, static_cast<u64>(abi::ProcessAttribute::AutoReap), 0, reap);
  }
  if (no_stops != told_no_stops_) {
    told_no_stops_ = no_stops;
    host_call(abi::HostCall::ProcessSet, CallKind::Quick, static_cast<u64>(abi::ProcessAttribute::NoStopSignal), 0,
              no_stops);
  }
}

void Signals::set_action(u32 signo, const SignalAction* next, SignalAction& old) {
  const Lock lock(mutex_);
  SignalAction& action = actions_[signo - 1];
  old = action;
  if (next == nullptr) {
    return;
  }
  action = *next;
  action.mask &= ~unblockable_signals;
  if (signo == SIGCHLD) {
    tell_about_children();
  }
  const bool ignored = action.handler == 1 || (action.handler == 0 && (ignored_by_default & signal_bit(signo)) != 0);
  if (ignored) {
    discard_everywhere(signal_bit(signo));
  }
}

SignalAction Signals::begin_delivery(u32 signo) {
  const Lock lock(mutex_);
  SignalAction& action = actions_[signo - 1];
  const SignalAction result = action;
  if (action.handler > 1 && (action.flags & static_cast<u32>(SA_RESETHAND)) != 0) {
    action.handler = 0;
  }
  return result;
}

bool Signals::is_dropped(const SignalInfo& info, u64 blocked) const {
  const u64 bit = signal_bit(static_cast<u32>(info.signo));
  if ((blocked & bit) != 0) {
    return false;  // what becomes of it is decided when it is unblocked
  }
  const u64 handler = actions_[info.signo - 1].handler;
  return handler == 1 || (handler == 0 && (ignored_by_default & bit) != 0);
}

// SIGCONT and the stop signals cancel each other.
void Signals::prepare(u32 signo) {
  if (signo == SIGCONT) {
    discard_everywhere(stop_signals);
  } else if ((stop_signals & signal_bit(signo)) != 0) {
    discard_everywhere(signal_bit(SIGCONT));
  }
}

void Signals::discard_everywhere(u64 set) {
  const auto drop = [this](const SignalInfo& info) {
    --queued_;
    timer_signal_gone(info);
  };
  pending_.discard(set, drop);
  ThreadList::instance().for_each([&](Thread& thread) { thread.signals.pending.discard(set, drop); });
  tell_room();
  settle_watches();
}

i64 Signals::enqueue(SignalQueue& queue, const SignalInfo& info) {
  const auto signo = static_cast<u32>(info.signo);
  if (signo < first_realtime_signal && (queue.bits() & signal_bit(signo)) != 0) {
    timer_signal_gone(info);
    return 0;
  }
  constexpr i32 of_poll = -5;  // SI_SIGIO
  const bool realtime = signo >= first_realtime_signal;
  const bool refused = realtime && queued_ >= resource_limit(limit_sigpending);
  if (refused && info.code == SI_USER) {
    // kill(2) cannot fail: one without information, however often it is sent.
    queued_ += queue.mark(signo) ? 1 : 0;
    raise_watches(signo);
    tell_room();
    return 0;
  }
  // What a relative queues was accepted for it by the hypervisor.
  const bool accepted = Thread::current().signals.takes_posted && info.code < 0 && info.code != of_poll;
  if (refused && !accepted) {
    return -EAGAIN;
  }
  ++queued_;
  tell_room();
  if (!queue.add(info) && signo >= first_realtime_signal && info.code != SI_USER) {
    timer_signal_gone(info);
  }
  raise_watches(signo);
  return 0;
}

void Signals::wake_one(u32 signo) {
  Thread* chosen = nullptr;
  ThreadList::instance().for_each([&](Thread& thread) {
    // The main thread first, as Linux does.
    if (wants(thread, signo) && (chosen == nullptr || thread.tid < chosen->tid)) {
      chosen = &thread;
    }
  });
  if (chosen != nullptr) {
    wake(*chosen);
  }
}

i64 Signals::send(const SignalInfo& info) {
  const Lock lock(mutex_);
  const auto signo = static_cast<u32>(info.signo);
  prepare(signo);
  u64 blocked = 0;
  ThreadList::instance().for_each(
      [&](const Thread& thread) { blocked |= thread.signals.mask | thread.signals.waiting_for; });
  if (is_dropped(info, blocked)) {
    timer_signal_gone(info);
    return 0;
  }
  const i64 result = enqueue(pending_, info);
  if (result == 0) {
    wake_one(signo);
  }
  return result;
}

i64 Signals::send_locked(Thread& thread, const SignalInfo& info) {
  const auto signo = static_cast<u32>(info.signo);
  prepare(signo);
  if (is_dropped(info, thread.signals.mask | thread.signals.waiting_for)) {
    timer_signal_gone(info);
    return 0;
  }
  const i64 result = enqueue(thread.signals.pending, info);
  if (result == 0 && wants(thread, signo)) {
    wake(thread);
  }
  return result;
}

i64 Signals::send(Thread& thread, const SignalInfo& info) {
  const Lock lock(mutex_);
  return send_locked(thread, info);
}

i64 Signals::send_to_tid(u32 tid, const SignalInfo& info) {
  const Lock lock(mutex_);
  Thread* thread = ThreadList::instance().find(tid);
  if (thread == nullptr) {
    return -ESRCH;
  }
  return info.signo == 0 ? 0 : send_locked(*thread, info);
}

void Signals::wake_tid(u32 tid) {
  const Lock lock(mutex_);
  if (Thread* thread = ThreadList::instance().find(tid); thread != nullptr) {
    wake(*thread);
  }
}

void Signals::force(Thread& thread, const SignalInfo& info) {
  const Lock lock(mutex_);
  const u64 bit = signal_bit(static_cast<u32>(info.signo));
  SignalAction& action = actions_[info.signo - 1];
  if ((thread.signals.mask & bit) != 0 || action.handler == 1) {
    action.handler = 0;
    thread.signals.mask &= ~bit;
  }
  thread.signals.pending.discard(bit, [this](const SignalInfo&) { --queued_; });
  ++queued_;
  thread.signals.pending.add(info);
  wake(thread);
}

bool Signals::takes(const Thread& thread, u32 signo) {
  const Lock lock(mutex_);
  return (thread.signals.mask & signal_bit(signo)) == 0 && actions_[signo - 1].handler != 1;
}

bool Signals::take(Thread& thread, u64 blocked, SignalInfo& info) {
  const Lock lock(mutex_);
  blocked &= ~unblockable_signals;
  SignalQueue* queue = &thread.signals.pending;
  if ((queue->bits() & ~blocked) == 0) {
    queue = &pending_;
  }
  const u64 bits = queue->bits() & ~blocked;
  if (bits == 0) {
    return false;
  }
  info = queue->take(next_signal(bits));
  --queued_;
  tell_room();
  timer_signal_taken(info);
  settle_watches();
  return true;
}

u64 Signals::pending(const Thread& thread) {
  const Lock lock(mutex_);
  return pending_.bits() | thread.signals.pending.bits();
}

PendingSignals Signals::pending_sets(const Thread& thread) {
  const Lock lock(mutex_);
  return {thread.signals.pending.bits(), pending_.bits()};
}

bool Signals::deliverable(const Thread& thread) {
  return (pending(thread) & ~(thread.signals.mask & ~unblockable_signals)) != 0;
}

void Signals::set_mask(u64 mask) {
  const Lock lock(mutex_);
  Thread& self = Thread::current();
  mask &= ~unblockable_signals;
  const u64 newly_blocked = mask & ~self.signals.mask;
  self.signals.mask = mask;
  if (((pending_.bits() | self.signals.pending.bits()) & ~mask) != 0) {
    wake(self);
  }
  // A signal of the process that was meant for this thread goes to another one.
  for (u64 bits = pending_.bits() & newly_blocked; bits != 0; bits &= bits - 1) {
    wake_one(static_cast<u32>(__builtin_ctzll(bits)) + 1);
  }
}

void Signals::forget(Thread& thread) {
  const Lock lock(mutex_);
  thread.signals.pending.discard(~0ull, [this](const SignalInfo& info) {
    --queued_;
    timer_signal_gone(info);
  });
  tell_room();
  settle_watches();
}

void Signals::tell_room() {
  const u64 limit = resource_limit(limit_sigpending);
  const u64 used = queued_ + arriving_;
  const u64 room = used < limit ? std::min<u64>(limit - used, 1u << 30) : 0;
  std::atomic_ref(inbox().room).store(static_cast<u32>(room) + 1, std::memory_order_release);
}

void Signals::limit_changed() {
  const Lock lock(mutex_);
  tell_room();
}

void send_to_process(const SignalInfo& info) {
  Signals::instance().send(info);
}

void send_to_thread(Thread& thread, const SignalInfo& info) {
  Signals::instance().send(thread, info);
}

TemporaryMask::TemporaryMask(u64 mask) {
  ThreadSignals& own = Thread::current().signals;
  own.saved_mask = own.mask;
  Signals::instance().set_mask(mask);
}

void TemporaryMask::finish(i64 result) {
  ThreadSignals& own = Thread::current().signals;
  if (result == -EINTR || is_restart(result)) {
    own.restore_mask = true;
    std::atomic_ref(vcpu_page().pending).fetch_or(abi::pending_signal, std::memory_order_seq_cst);
  } else {
    Signals::instance().set_mask(own.saved_mask);
  }
}

SignalInfo own_signal(u32 signo, i32 code) {
  SignalInfo info;
  info.signo = static_cast<i32>(signo);
  info.code = code;
  info.sender.pid = static_cast<i32>(Process::instance().pid);
  info.sender.uid = Thread::current().credentials.user.real;
  return info;
}

void raise_sigpipe() {
  send_to_thread(Thread::current(), own_signal(SIGPIPE, SI_USER));
}

void raise_sigxfsz() {
  send_to_thread(Thread::current(), own_signal(SIGXFSZ, SI_USER));
}

void force_fault(Context& context, u32 signo, i32 code, u64 address, u64 vector, u64 error) {
  if (in_hook()) [[unlikely]] {
    end_hook(abi::HookState::Signal, signo, context.rip);
  }
  Thread& self = Thread::current();
  self.signals.fault_vector = vector;
  self.signals.fault_error = error;
  SignalInfo info;
  info.signo = static_cast<i32>(signo);
  info.code = code;
  info.fault.address = address;
  Signals::instance().force(self, info);
}

}  // namespace kx::libos
