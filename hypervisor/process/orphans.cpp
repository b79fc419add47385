// What the end of a process means to those it leaves behind: its children.
#include <signal.h>
#include <sys/wait.h>

#include "hypervisor/process/process_table.hpp"
#include "hypervisor/process/pvm.hpp"

namespace kx::hv {

ProcessId ProcessTable::reaper_of(const Process& dead) {
  for (ProcessId pid = dead.parent; pid != init_process;) {
    const Process* ancestor = find_locked(pid);
    if (ancestor == nullptr) {
      break;
    }
    if (ancestor->subreaper && ancestor->pvm != nullptr) {
      return ancestor->pid;
    }
    pid = ancestor->parent;
  }
  return init_process;
}

void ProcessTable::adopt_children(const Process& dead) {
  const ProcessId reaper = reaper_of(dead);
  const Process* adopter = find_locked(reaper);
  const bool forgets = adopter == nullptr || adopter->auto_reap;
  std::vector<ProcessId> forgotten;
  for (auto& [pid, process] : processes_) {
    if (process.parent != dead.pid) {
      continue;
    }
    process.parent = process.parent_thread = reaper;
    process.exit_signal = SIGCHLD;
    if (process.pvm != nullptr) {
      process.pvm->set_parent(reaper);
      if (process.parent_death_signal != 0) {
        post(process, dead.pid, process.parent_death_signal, SI_USER, 0);
      }
    }
    if (process.state == State::Zombie) {
      if (forgets) {
        forgotten.push_back(pid);
      } else {
        tell_parent(process, WIFSIGNALED(process.status) ? CLD_KILLED : CLD_EXITED, process.status);
      }
    }
  }
  for (const ProcessId pid : forgotten) {
    forget(pid);
  }
}

}  // namespace kx::hv
