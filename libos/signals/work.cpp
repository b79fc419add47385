// What happens on the way back to the program when something is pending: shootdowns, the inbox, signal delivery and
// the fate of an interrupted system call.
#include <signal.h>

#include <atomic>
#include <cerrno>
#include <kx/abi/boot.hpp>
#include <kx/abi/result.hpp>

#include "entry/patching.hpp"
#include "host/host_call.hpp"
#include "host/stats.hpp"
#include "libraries/hook.hpp"
#include "mm/tlb.hpp"
#include "process/exit.hpp"
#include "process/questions.hpp"
#include "process/thread.hpp"
#include "process/world.hpp"
#include "signals/frame.hpp"
#include "signals/signals.hpp"
#include "signals/timers.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

namespace {

constexpr u64 not_in_call = ~0ull;
constexpr u64 arithmetic_flags = 0x8d5;  // OF SF ZF AF PF CF

// To a thread, which takes it along if it has ended meanwhile; 0: to the process.
void send_to(u32 thread, const SignalInfo& info) {
  if (thread != 0) {
    Signals::instance().send_to_tid(thread, info);
  } else {
    send_to_process(info);
  }
}

void take_inbox_signal(const abi::InboxSignal& posted) {
  SignalInfo info;
  info.signo = posted.signo;
  info.code = posted.code;
  if (posted.of_file != 0) {
    info.file = {static_cast<u64>(posted.user_ticks), static_cast<i32>(posted.value), 0};
    send_to(posted.thread, info);
    return;
  }
  info.sender.pid = posted.pid;
  info.sender.uid = posted.uid;
  const bool of_child = posted.code >= 1 && posted.code <= CLD_CONTINUED && posted.code != SI_KERNEL;
  if (of_child) {
    info.child.status = static_cast<i32>(posted.value);
    info.child.user_time = posted.user_ticks;
    info.child.system_time = posted.system_ticks;
  } else {
    info.sender.value = posted.value;
  }
  send_to(posted.thread, info);
}

// Taken out before they are sent: sending may ask the hypervisor for a kick, and another vCPU may come in here.
Mutex inbox_mutex;

void drain_inbox() {
  if (std::atomic_ref(inbox().questions).exchange(0, std::memory_order_seq_cst) != 0) {
    answer_questions();
  }
  bool took = false;
  for (;;) {
    abi::InboxSignal posted;
    bool refill = false;
    {
      const Lock lock(inbox_mutex);
      abi::Inbox& box = inbox();
      const u32 taken = box.taken;
      if (std::atomic_ref(box.written).load(std::memory_order_acquire) == taken) {
        if (std::atomic_ref(box.overflowed).load(std::memory_order_seq_cst) == 0) {
          break;
        }
        refill = true;
      } else {
        Signals::instance().expect_posted();
        posted = box.signals[taken % abi::inbox_capacity];
        std::atomic_ref(box.taken).store(taken + 1, std::memory_order_release);
      }
    }
    // Whoever sends in a loop must not be as fast as this, or it would never end.
    if (refill) {
      Signals::instance().show_posted();
      host_call(abi::HostCall::RefillInbox, CallKind::Quick);
    } else {
      take_inbox_signal(posted);
      Signals::instance().posted_arrived();
      took = true;
    }
  }
  if (took) {
    Signals::instance().show_posted();
  }
  u64 timers = std::atomic_ref(inbox().timer_bits).exchange(0, std::memory_order_seq_cst);
  for (; timers != 0; timers &= timers - 1) {
    const auto index = static_cast<u32>(__builtin_ctzll(timers));
    const u32 expirations = std::atomic_ref(inbox().timer_expirations[index]).exchange(0, std::memory_order_seq_cst);
    Timers::instance().expired(index, expirations);
  }
}

// Takes the pending word and does all it asks for but the delivery of signals.
void handle_pending() {
  const u32 pending = std::atomic_ref(vcpu_page().pending).exchange(0, std::memory_order_seq_cst);
  if ((pending & abi::pending_exit) != 0) {
    abandon_thread();
  }
  if ((pending & abi::pending_flush) != 0) {
    acknowledge_flush();
    stop_with_world();
  }
  if ((pending & abi::pending_inbox) != 0) {
    drain_inbox();
  }
}

// A patched call keeps the arithmetic flags apart, for the fast return; from here on RFLAGS counts.
void merge_flags(Context& context) {
  if (context.vector == entry_patched) {
    const u64 image = (context.flags_image >> 8 & 0xd5) | (context.flags_image & 1) << 11;
    context.rflags = (context.rflags & ~arithmetic_flags) | image;
    context.vector = entry_trapped;
  }
}

void execute_again(Context& context) {
  context.rax = context.orig_rax;
  context.rip = Patching::instance().restart_address(context.rip);
}

// Decides what an interrupted system call becomes; `action` is that of the handler that runs now, or null.
void finish_call(Context& context, const SignalAction* action) {
  const auto result = static_cast<i64>(context.rax);
  if (context.orig_rax != not_in_call && is_restart(result)) {
    const bool again = action == nullptr || result == restart_always ||
                       (result == restart_if_flagged && (action->flags & SA_RESTART) != 0);
    if (again) {
      execute_again(context);
    } else {
      context.rax = static_cast<u64>(-EINTR);
    }
  }
  context.orig_rax = not_in_call;
}

enum class DefaultAction : u8 { Terminate, Ignore, Stop };

DefaultAction default_action(u32 signo) {
  switch (signo) {
    case SIGCHLD:
    case SIGCONT:
    case SIGURG:
    case SIGWINCH:
      return DefaultAction::Ignore;
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
      return DefaultAction::Stop;
    default:
      return DefaultAction::Terminate;
  }
}

void perform_default_action(u32 signo) {
  switch (default_action(signo)) {
    case DefaultAction::Ignore:
      break;
    case DefaultAction::Stop:
      host_call(abi::HostCall::Stop, CallKind::Blocking, signo);
      break;
    case DefaultAction::Terminate:
      end_process(killed_by(signo));
  }
}

// Signals whose frame finds no room end in SIGSEGV, and that one's own failure in death.
void refuse_frame(const SignalInfo& failed) {
  if (failed.signo == SIGSEGV) {
    end_process(killed_by(SIGSEGV));
  }
  SignalInfo info;
  info.signo = SIGSEGV;
  info.code = SI_KERNEL;
  Signals::instance().force(Thread::current(), info);
}

void run_handler(Context& context, const SignalAction& action, const SignalInfo& info) {
  host_call_marks().told();
  finish_call(context, &action);
  Thread::current().signals.resume_deadline = 0;
  if (!push_signal_frame(context, action, info)) {
    refuse_frame(info);
    return;
  }
  ++stats().signals_delivered;
}

void deliver_signals(Context& context) {
  Thread& self = Thread::current();
  SignalInfo info;
  while (Signals::instance().take(self, self.signals.mask, info)) {
    const SignalAction action = Signals::instance().begin_delivery(static_cast<u32>(info.signo));
    if (action.handler == 0) {
      perform_default_action(static_cast<u32>(info.signo));
    } else if (action.handler != 1) {
      run_handler(context, action, info);
    }
  }
}

}  // namespace

// SAFETY: a fixed page of the system slot, shared with the hypervisor.
abi::Inbox& inbox() {
  return *reinterpret_cast<abi::Inbox*>(abi::linear_gva(abi::inbox_gpa));
}

void absorb_pending() {
  handle_pending();
  if (Signals::instance().deliverable(Thread::current())) {
    std::atomic_ref(vcpu_page().pending).fetch_or(abi::pending_signal, std::memory_order_seq_cst);
  }
}

bool wait_for_pending(u64 deadline_ns, WaitClock clock) {
  abi::VcpuPage& page = vcpu_page();
  const u64 gpa = reinterpret_cast<u64>(&page.pending) - abi::linear_base;
  u64 flags = 0;
  if (deadline_ns != no_deadline) {
    flags = abi::futex_wait_absolute | (clock == WaitClock::Realtime ? u64{abi::futex_wait_realtime} : 0);
  }
  // The word itself is what is waited on: what becomes pending before the hypervisor looks is not missed.
  const IdleSection idle;
  return host_call(abi::HostCall::FutexWait, CallKind::Blocking, gpa, 0, ~0u, deadline_ns, flags) != -ETIMEDOUT;
}

bool wait_for_signal(u64 deadline_ns, WaitClock clock) {
  for (;;) {
    absorb_pending();
    if (Signals::instance().deliverable(Thread::current())) {
      return true;
    }
    if (!wait_for_pending(deadline_ns, clock)) {
      return false;
    }
  }
}

extern "C" void kx_work(Context* context) {
  merge_flags(*context);
  if (in_hook()) [[unlikely]] {
    look_in_hook();
    return;
  }
  handle_pending();
  deliver_signals(*context);
  finish_call(*context, nullptr);
  ThreadSignals& signals = Thread::current().signals;
  if (signals.restore_mask) {
    signals.restore_mask = false;
    Signals::instance().set_mask(signals.saved_mask);
  }
}

}  // namespace kx::libos
