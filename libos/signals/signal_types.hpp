// Signal state of a thread and of the process (signal(7)).
#pragma once

#include "arch/x86_64/context.hpp"

namespace kx::libos {

inline constexpr u32 signal_count = 64;
inline constexpr u32 first_realtime_signal = 32;
constexpr u64 signal_bit(u32 signal) {
  return 1ull << (signal - 1);
}

// siginfo_t of x86-64 in the parts that are used.
struct SignalInfo {
  i32 signo = 0;
  i32 error = 0;
  i32 code = 0;
  i32 padding = 0;
  union {
    struct {
      i32 pid;
      u32 uid;
      u64 value;
    } sender;
    struct {
      i32 id;
      i32 overrun;
      u64 value;
    } timer;
    struct {
      i32 pid;
      u32 uid;
      i32 status;
      i32 padding;
      i64 user_time;
      i64 system_time;
    } child;
    struct {
      u64 band;
      i32 descriptor;
      i32 padding;
    } file;
    struct {
      u64 address;
      u64 extra[2];
    } fault;
    u64 words[14];
  };
  constexpr SignalInfo() : words{} {}
};
static_assert(sizeof(SignalInfo) == 128);

// What waits to be delivered, by whom it was sent to.
struct PendingSignals {
  u64 of_thread = 0;
  u64 of_process = 0;
};

// The kernel's struct sigaction, as rt_sigaction(2) passes it.
struct SignalAction {
  u64 handler = 0;  // 0: SIG_DFL, 1: SIG_IGN
  u64 flags = 0;
  u64 restorer = 0;
  u64 mask = 0;
};
static_assert(sizeof(SignalAction) == 32);

// A queued signal.
struct QueuedSignal {
  SignalInfo info;
  QueuedSignal* next = nullptr;
};

// Pending signals: a bit for each, and the queue with their information in order of arrival. A bit without an entry
// is a signal whose information found no memory.
class SignalQueue {
 public:
  [[nodiscard]] u64 bits() const { return bits_; }
  // False: no memory for the information; the bit is set all the same.
  bool add(const SignalInfo& info);
  // Sets the bit alone. False: it was set.
  bool mark(u32 signo);
  // Takes the first one of `signo`, which must be pending.
  SignalInfo take(u32 signo);
  // Calls `drop` for each entry whose signal is in `set`, and forgets it.
  template <class Drop>
  void discard(u64 set, Drop&& drop) {
    while ((bits_ & set) != 0) {
      drop(take(static_cast<u32>(__builtin_ctzll(bits_ & set)) + 1));
    }
  }

 private:
  u64 bits_ = 0;
  QueuedSignal* first_ = nullptr;
  QueuedSignal* last_ = nullptr;
};

inline constexpr i32 stack_on = 1;                        // SS_ONSTACK
inline constexpr i32 stack_disabled = 2;                  // SS_DISABLE
inline constexpr i32 stack_autodisarm = -2147483647 - 1;  // SS_AUTODISARM

// stack_t.
struct AlternateStack {
  u64 address = 0;
  i32 flags = stack_disabled;
  i32 padding = 0;
  u64 size = 0;

  [[nodiscard]] bool contains(u64 rsp) const { return rsp > address && rsp - address <= size; }
  // What on_sig_stack means in the kernel: a stack that disarms itself is never "in use".
  [[nodiscard]] bool in_use(u64 rsp) const { return (flags & stack_autodisarm) == 0 && contains(rsp); }
};
static_assert(sizeof(AlternateStack) == 24);

struct ThreadSignals {
  u64 mask = 0;
  u64 saved_mask = 0;  // to restore after sigsuspend, ppoll...
  bool restore_mask = false;
  AlternateStack alternate;
  SignalQueue pending;
  bool takes_posted = false;  // between expect_posted() and show_posted() of Signals
  u64 waiting_for = 0;        // sigtimedwait: set while it sleeps
  u64 resume_deadline = 0;    // nanosleep: when a restarted sleep ends, by its clock; 0: none
  u64 fault_vector = 0;       // of the last fault that became a signal, shown in every later frame
  u64 fault_error = 0;
  u64 fault_address = 0;  // CR2
};

}  // namespace kx::libos
