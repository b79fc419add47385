// Groups, sessions and terminals of the processes of a family.
#include <signal.h>

#include <algorithm>
#include <cerrno>

#include "hypervisor/process/process_table.hpp"
#include "hypervisor/process/pvm.hpp"

namespace kx::hv {

// True if no member of the group but `leaving` has a parent in another group of its session (POSIX, "orphaned process
// group").
bool ProcessTable::group_is_orphaned(ProcessId group, ProcessId leaving) {
  for (const auto& [pid, process] : processes_) {
    if (process.group != group || pid == leaving || process.state == State::Zombie) {
      continue;
    }
    const Process* parent = process.parent == leaving ? nullptr : find_locked(process.parent);
    if (parent != nullptr && parent->state != State::Zombie && parent->group != group &&
        parent->session == process.session) {
      return false;
    }
  }
  return true;
}

// A stopped member of a group that becomes orphaned would never be continued: it gets SIGHUP and SIGCONT (_exit(2)).
void ProcessTable::hang_up_if_orphaned(ProcessId group, ProcessId session, ProcessId leaving) {
  if (!group_is_orphaned(group, leaving)) {
    return;
  }
  const bool any_stopped = std::any_of(processes_.begin(), processes_.end(), [&](const auto& entry) {
    return entry.second.group == group && entry.second.session == session && entry.second.state == State::Stopped;
  });
  if (!any_stopped) {
    return;
  }
  for (auto& [pid, process] : processes_) {
    if (process.group == group && process.state != State::Zombie) {
      post(process, init_process, SIGHUP, SI_KERNEL, 0, SentTo::Group);
      post(process, init_process, SIGCONT, SI_KERNEL, 0, SentTo::Group);
    }
  }
}

std::int64_t ProcessTable::group_of(ProcessId caller, ProcessId pid) {
  const std::lock_guard lock(mutex_);
  const Process* process = find_locked(pid == 0 ? caller : pid);
  return process == nullptr ? -ESRCH : process->group;
}

std::int64_t ProcessTable::session_of(ProcessId caller, ProcessId pid) {
  const std::lock_guard lock(mutex_);
  const Process* process = find_locked(pid == 0 ? caller : pid);
  return process == nullptr ? -ESRCH : process->session;
}

// setpgid(2).
std::int64_t ProcessTable::set_group(ProcessId caller, ProcessId pid, ProcessId group) {
  pid = pid == 0 ? caller : pid;
  group = group == 0 ? pid : group;
  if (group < 0) {
    return -EINVAL;
  }
  const std::lock_guard lock(mutex_);
  Process* self = find_locked(caller);
  Process* process = find_locked(pid);
  if (self == nullptr || process == nullptr || (process != self && process->parent != caller)) {
    return -ESRCH;
  }
  if (process != self) {
    if (process->session != self->session) {
      return -EPERM;
    }
    if (process->executed) {
      return -EACCES;
    }
  }
  if (process->session == process->pid) {
    return -EPERM;  // leads its session
  }
  if (group != process->pid) {
    const bool exists = std::any_of(processes_.begin(), processes_.end(), [&](const auto& entry) {
      return entry.second.group == group && entry.second.session == self->session;
    });
    if (!exists) {
      return -EPERM;
    }
  }
  process->group = group;
  return 0;
}

// setsid(2).
std::int64_t ProcessTable::new_session(ProcessId caller) {
  const std::lock_guard lock(mutex_);
  for (const auto& [pid, process] : processes_) {
    if (process.group == caller) {
      return -EPERM;
    }
  }
  Process* self = find_locked(caller);
  if (self == nullptr) {
    return -EPERM;
  }
  self->group = self->session = caller;
  self->terminal = nullptr;
  return caller;
}

bool ProcessTable::is_orphaned(ProcessId pid) {
  const std::lock_guard lock(mutex_);
  const Process* process = find_locked(pid);
  return process == nullptr || group_is_orphaned(process->group, 0);
}

// With the lock held, as all that is private.
void ProcessTable::post_to_group(ProcessId group, int signal, int code) {
  for (auto& [pid, process] : processes_) {
    if (process.group == group) {
      post(process, 0, signal, code, 0, SentTo::Group);
    }
  }
}

void ProcessTable::signal_group(ProcessId group, int signal, int code) {
  const std::lock_guard lock(mutex_);
  post_to_group(group, signal, code);
}

void ProcessTable::signal_foreground(const Terminal& terminal, int signal, int code) {
  const std::lock_guard lock(mutex_);
  if (const ProcessId group = terminal.foreground; group != 0) {
    post_to_group(group, signal, code);
  }
}

std::shared_ptr<Terminal> ProcessTable::terminal_of(ProcessId pid) {
  const std::lock_guard lock(mutex_);
  const Process* process = find_locked(pid);
  return process == nullptr ? nullptr : process->terminal;
}

bool ProcessTable::may_take_terminal(ProcessId pid) {
  const std::lock_guard lock(mutex_);
  const Process* process = find_locked(pid);
  return process != nullptr && process->session == pid && process->terminal == nullptr;
}

bool ProcessTable::take_terminal(ProcessId pid, const std::shared_ptr<Terminal>& terminal) {
  const std::lock_guard lock(mutex_);
  Process* process = find_locked(pid);
  if (process == nullptr || process->session != pid || process->terminal != nullptr) {
    return false;
  }
  process->terminal = terminal;
  process->old_foreground = 0;
  terminal->session = pid;
  terminal->foreground = process->group;
  return true;
}

void ProcessTable::hold_terminal(Terminal& terminal, UniqueFd channel) {
  const std::lock_guard lock(mutex_);
  terminal.channel = std::move(channel);
  if (terminal.session == 0) {
    terminal.release();  // it was let go of meanwhile
  }
}

void ProcessTable::free_terminal(Terminal& terminal) {
  for (auto& [pid, process] : processes_) {
    if (process.terminal.get() == &terminal && process.session == terminal.session) {
      process.terminal = nullptr;
    }
  }
  terminal.session = 0;
  terminal.foreground = 0;
  terminal.release();
}

void ProcessTable::lose_terminal(Terminal& terminal) {
  const std::lock_guard lock(mutex_);
  free_terminal(terminal);
}

// What Linux calls disassociate_ctty(). With a terminal, its foreground group is told; without one that was hung up
// before, the group that was in the foreground then is, when the leader ends.
void ProcessTable::leave_session_terminal(Process& leader, Leaving leaving) {
  const bool ends = leaving == Leaving::Ends;
  if (const std::shared_ptr<Terminal> terminal = leader.terminal; terminal != nullptr) {
    if (const ProcessId group = terminal->foreground; group != 0) {
      post_to_group(group, SIGHUP, SI_KERNEL);
      if (!ends) {
        post_to_group(group, SIGCONT, SI_KERNEL);
      }
    }
    free_terminal(*terminal);
  } else if (ends && leader.old_foreground != 0) {
    post_to_group(leader.old_foreground, SIGHUP, SI_KERNEL);
    post_to_group(leader.old_foreground, SIGCONT, SI_KERNEL);
  }
}

void ProcessTable::leave_terminal(ProcessId pid) {
  const std::lock_guard lock(mutex_);
  Process* process = find_locked(pid);
  if (process == nullptr || process->terminal == nullptr) {
    return;
  }
  if (process->session == pid) {
    leave_session_terminal(*process, Leaving::Gives);
  }
  process->terminal = nullptr;
}

void ProcessTable::hang_up(Terminal& terminal) {
  const std::lock_guard lock(mutex_);
  Process* leader = find_locked(terminal.session);
  if (leader != nullptr && leader->terminal.get() == &terminal) {
    post(*leader, 0, SIGHUP, SI_KERNEL, 0);
    post(*leader, 0, SIGCONT, SI_KERNEL, 0);
    leader->old_foreground = terminal.foreground;
  }
  free_terminal(terminal);
}

// tcsetpgrp(3). As in Linux, the number of a process whose group is another one will do.
std::int64_t ProcessTable::set_foreground_group(ProcessId caller, Terminal& terminal, ProcessId group) {
  const std::lock_guard lock(mutex_);
  const Process* self = find_locked(caller);
  const Process* member = find_locked(group);
  for (const auto& [pid, process] : processes_) {
    if (process.group == group) {
      member = &process;
      break;
    }
  }
  const bool exists = member != nullptr || std::any_of(processes_.begin(), processes_.end(), [&](const auto& entry) {
                        return entry.second.session == group;
                      });
  if (self == nullptr || !exists) {
    return -ESRCH;
  }
  if (member == nullptr || member->session != self->session) {
    return -EPERM;
  }
  if (terminal.session == self->session) {
    terminal.foreground = group;
  }
  return 0;
}

}  // namespace kx::hv
