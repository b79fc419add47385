// Waiting for children: wait4(2) and waitid(2) on the process table.
#include <linux/futex.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <atomic>
#include <cerrno>

#include "hypervisor/process/process_table.hpp"
#include "hypervisor/process/pvm.hpp"
#include "hypervisor/process/usage.hpp"
#include "hypervisor/services/call_support.hpp"

namespace kx::hv {

namespace {

constexpr std::uint32_t wait_no_thread = 0x20000000, wait_all = 0x40000000, wait_clone = 0x80000000;

// With __WNOTHREAD only the thread that made a child finds it. Children of a thread that has ended are the oldest's.
bool is_of_thread(const ProcessTable::Process& caller, const ProcessTable::Process& child, std::int32_t thread) {
  if (child.parent_thread == thread || caller.pvm == nullptr) {
    return true;
  }
  return !caller.pvm->has_thread(static_cast<std::uint32_t>(child.parent_thread)) &&
         caller.pvm->oldest_thread() == static_cast<std::uint32_t>(thread);
}

// A child whose end is not told by SIGCHLD is a "clone child": only __WCLONE or __WALL finds it.
bool is_wanted(const ProcessTable::Process& caller, const ProcessTable::Process& child, const WaitRequest& request) {
  if (child.parent != caller.pid) {
    return false;
  }
  if (request.serial != 0 && child.serial != request.serial) {
    return false;
  }
  if ((request.kind == WaitRequest::Kind::Process && child.pid != request.id) ||
      (request.kind == WaitRequest::Kind::Group && child.group != request.id)) {
    return false;
  }
  if ((request.options & wait_no_thread) != 0 && !is_of_thread(caller, child, request.thread)) {
    return false;
  }
  const bool is_clone = child.exit_signal != SIGCHLD;
  return (request.options & wait_all) != 0 || is_clone == ((request.options & wait_clone) != 0);
}

}  // namespace

// True if there was something to report.
bool ProcessTable::report_state(Process& caller, Process& child, const WaitRequest& request, WaitReport& report) {
  const bool keep = (request.options & WNOWAIT) != 0;
  report.pid = child.pid;
  report.uid = child.user.real;
  report.usage = {};
  if (child.state == State::Zombie && (request.options & WEXITED) != 0) {
    report.status = child.status;
    report.usage = child.usage;
    add_usage(report.usage, child.children_usage);
    if (!keep) {
      add_usage(caller.children_usage, report.usage);
      forget(child.pid);
    }
    return true;
  }
  if (child.stop_unreported && child.state == State::Stopped && (request.options & WSTOPPED) != 0) {
    report.status = child.status;
    child.stop_unreported = keep;
    return true;
  }
  if (child.continue_unreported && child.state == State::Running && (request.options & WCONTINUED) != 0) {
    report.status = 0xffff;  // WIFCONTINUED
    child.continue_unreported = keep;
    return true;
  }
  return false;
}

// The pid reported, 0 if there are children but nothing to report, -ECHILD if there are none.
std::int64_t ProcessTable::look(Process& caller, const WaitRequest& request, WaitReport& report) {
  bool any = false;
  for (auto& [pid, child] : processes_) {
    if (!is_wanted(caller, child, request)) {
      continue;
    }
    // There is nothing to wait for any more if only stops were asked for.
    any = any || child.state != State::Zombie || (request.options & WEXITED) != 0;
    const ProcessId found = pid;
    if (report_state(caller, child, request, report)) {
      return found;
    }
  }
  return any ? 0 : -ECHILD;
}

std::int64_t ProcessTable::wait(CallContext& context, ProcessId caller, const WaitRequest& request,
                                WaitReport& report) {
  for (;;) {
    std::uint32_t* events = nullptr;
    std::uint32_t seen = 0;
    {
      const std::lock_guard lock(mutex_);
      Process* self = find_locked(caller);
      if (self == nullptr) {
        return -ECHILD;
      }
      const std::int64_t found = look(*self, request, report);
      if (found != 0 || (request.options & WNOHANG) != 0) {
        return found;
      }
      events = &self->events;  // stays where it is: the caller's own entry outlives its calls
      seen = std::atomic_ref(self->events).load(std::memory_order_seq_cst);
    }
    const std::int64_t result =
        host_syscall_blocking(context, SYS_futex, {address_of(events), FUTEX_WAIT | FUTEX_PRIVATE_FLAG, seen, 0, 0, 0});
    if (result == -EINTR) {
      return -EINTR;
    }
  }
}

}  // namespace kx::hv
