// Signals of the pVM: dispositions, pending queues, who gets what. signal(7) is the specification.
//
// Lock order: the inbox's, the signal lock, then that of ThreadList, then the heap's. It is never held while the
// program's memory is accessed.
#pragma once

#include <kx/abi/boot.hpp>

#include "process/lock.hpp"
#include "signals/signal_types.hpp"
#include "signals/signal_watch.hpp"

namespace kx::libos {

struct Thread;

inline constexpr u64 unblockable_signals = signal_bit(9) | signal_bit(19);  // SIGKILL, SIGSTOP

class Signals {
 public:
  static Signals& instance();

  // The dispositions and the mask a new program inherits (execve(2)).
  void start(Thread& first, u64 ignored, u64 blocked);

  // execve(2): handlers become SIG_DFL, the alternate stack and the timers of timer_create go; what is ignored, blocked
  // and pending stays.
  void reset_for_exec(Thread& survivor);

  // In a forked child: nothing is pending; handlers go if told so (CLONE_CLEAR_SIGHAND).
  void start_in_child(Thread& survivor, bool clear_handlers);

  // rt_sigaction(2) without its checks; null `next` only reads.
  void set_action(u32 signo, const SignalAction* next, SignalAction& old);
  // The action a signal that is about to be delivered gets; SA_RESETHAND takes effect.
  SignalAction begin_delivery(u32 signo);

  // 0, or -EAGAIN when RLIMIT_SIGPENDING refuses a real-time signal.
  i64 send(const SignalInfo& info);
  i64 send(Thread& thread, const SignalInfo& info);
  // To a thread by number; -ESRCH if it does not exist. `signo` 0 only looks.
  i64 send_to_tid(u32 tid, const SignalInfo& info);
  // Makes a thread look at what it waits for.
  void wake_tid(u32 tid);
  // A synchronous signal: neither blocked nor ignored, as the kernel's force_sig_info.
  void force(Thread& thread, const SignalInfo& info);

  // False: the thread blocks the signal, or the process ignores it.
  bool takes(const Thread& thread, u32 signo);
  // Takes the next signal of `thread` outside `blocked`. False if there is none.
  bool take(Thread& thread, u64 blocked, SignalInfo& info);
  u64 pending(const Thread& thread);
  PendingSignals pending_sets(const Thread& thread);
  bool deliverable(const Thread& thread);
  // Replaces the mask of the current thread and makes sure that what it unblocks is delivered.
  void set_mask(u64 mask);

  // What the current thread is about to take by itself: it is woken for these signals though they are blocked.
  void start_waiting(u64 set);
  // Others get what came in the meantime and was not taken.
  void stop_waiting();

  // signalfd(2). A watch is the caller's, who removes it before it goes.
  void add_watch(SignalWatch& watch, u64 mask);
  void remove_watch(SignalWatch& watch);
  void set_watch_mask(SignalWatch& watch, u64 mask);
  u64 watch_mask(const SignalWatch& watch);

  // The current thread is about to take a signal out of the inbox: until posted_arrived() it counts as queued. What
  // signalfds show of all that was taken comes with show_posted(), by a host call for each descriptor instead of one
  // for each signal.
  void expect_posted();
  void posted_arrived();
  void show_posted();
  // RLIMIT_SIGPENDING was changed.
  void limit_changed();

  // A thread ends: its pending signals are dropped. After this nobody uses it: to be called between its removal from
  // ThreadList and its release.
  void forget(Thread& thread);

 private:
  i64 send_locked(Thread& thread, const SignalInfo& info);
  i64 enqueue(SignalQueue& queue, const SignalInfo& info);
  bool is_dropped(const SignalInfo& info, u64 blocked) const;
  void prepare(u32 signo);
  void tell_about_children();
  void discard_everywhere(u64 set);
  void wake_one(u32 signo);
  void raise_watches(u32 signo);
  void tell_room();
  void settle_watches();
  void renew_watches();
  void settle(SignalWatch& watch);
  [[nodiscard]] u64 pending_anywhere() const;

  Mutex mutex_;
  SignalAction actions_[signal_count];
  SignalQueue pending_;
  u64 queued_ = 0;
  u64 arriving_ = 0;        // neither in the inbox any more nor queued yet
  bool told_reap_ = false;  // what the hypervisor knows of SIGCHLD's action
  bool told_no_stops_ = false;
  SignalWatch* watches_ = nullptr;
  u64 gathered_ = 0;  // signals that watches are still to show
};

// What comes from outside; work.cpp empties it.
abi::Inbox& inbox();

// The forms other modules use.
void send_to_process(const SignalInfo& info);
void send_to_thread(Thread& thread, const SignalInfo& info);

// Information of a signal that this process sends: its own pid and uid.
SignalInfo own_signal(u32 signo, i32 code);

// A fault of the program at the current instruction becomes a signal; `vector` and `error` are the processor's.
void force_fault(Context& context, u32 signo, i32 code, u64 address, u64 vector, u64 error);

// Handles what is pending for this vCPU but delivers nothing: shootdowns, the end of the pVM, the inbox. Afterwards the
// pending word is not zero only if a signal can be delivered.
void absorb_pending();

// Sleeps until this vCPU has something to look at. `deadline_ns` is absolute, of CLOCK_REALTIME if told so, else of
// CLOCK_MONOTONIC; no_deadline waits for ever. False: the time has come.
inline constexpr u64 no_deadline = ~0ull;
enum class WaitClock : u8 { Monotonic, Realtime };
bool wait_for_pending(u64 deadline_ns, WaitClock clock);

// The mask that ppoll, pselect and epoll_pwait wait with. finish() puts the old one back at once, or, if the call was
// interrupted, when the handler has been set up with it.
class TemporaryMask {
 public:
  explicit TemporaryMask(u64 mask);
  // `result`: what the call is about to return, restart codes included; -EINTR counts as interrupted.
  static void finish(i64 result);
};

// Sleeps until a signal can be delivered to the current thread; true, or false at the deadline.
bool wait_for_signal(u64 deadline_ns, WaitClock clock = WaitClock::Monotonic);

}  // namespace kx::libos
