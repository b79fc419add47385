#include "hypervisor/process/process_table.hpp"

#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>

#include "hypervisor/process/pvm.hpp"

namespace kx::hv {

namespace {

constexpr ProcessId most_ids = 1 << 22;  // pid_max of 64-bit Linux (proc(5))

std::uint64_t boottime_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

ProcessId ProcessTable::next_id() {
  const std::lock_guard lock(mutex_);
  do {
    last_id_ = last_id_ + 1 == most_ids ? init_process + 1 : last_id_ + 1;
  } while (processes_.contains(last_id_));
  return last_id_;
}

void ProcessTable::set_limit(std::size_t limit) {
  const std::lock_guard lock(mutex_);
  limit_ = limit;
}

bool ProcessTable::is_full() {
  const std::lock_guard lock(mutex_);
  return processes_.size() >= limit_;
}

ProcessTable::Process* ProcessTable::find_locked(ProcessId pid) {
  const auto found = processes_.find(pid);
  return found == processes_.end() ? nullptr : &found->second;
}

Result<void> ProcessTable::add_root(ProcessId pid, ProcessId group, ProcessId session, const abi::Identity& identity,
                                    std::shared_ptr<Pvm> pvm) {
  const std::lock_guard lock(mutex_);
  if (processes_.size() >= limit_) {
    return Unexpected{system_error_from(EAGAIN, "the family has as many processes as it may")};
  }
  Process& process = processes_[pid];
  process.pid = pid;
  process.serial = ++last_serial_;
  process.parent = init_process;
  process.group = group;
  process.session = session;
  process.executed = true;
  process.start_ns = boottime_ns();
  process.user = identity.user;
  process.group_ids = identity.group;
  process.pvm = std::move(pvm);
  return {};
}

Result<void> ProcessTable::add_child(ProcessId pid, ProcessId forker, const Parent& parent, int exit_signal, bool waits,
                                     std::shared_ptr<Pvm> pvm) {
  const std::lock_guard lock(mutex_);
  if (processes_.size() >= limit_) {
    return Unexpected{system_error_from(EAGAIN, "the family has as many processes as it may")};
  }
  const Process* from = find_locked(forker);
  if (from == nullptr || from->state == State::Zombie || (from->pvm != nullptr && from->pvm->exiting())) {
    return Unexpected{system_error_from(EAGAIN, "the parent ends")};
  }
  // What was sent to the group while its parent forks is for the child too, as in Linux.
  if (from->pvm != nullptr && pvm != nullptr) {
    for (const abi::InboxSignal& signal : from->pvm->untaken_group_signals()) {
      pvm->post_signal(signal, SentTo::Group);
    }
  }
  Process child;
  child.pid = pid;
  child.serial = ++last_serial_;
  child.parent = parent.pid;
  child.parent_thread = parent.thread;
  child.group = from->group;
  child.session = from->session;
  child.terminal = from->terminal;
  child.exit_signal = exit_signal;
  child.auto_reap = from->auto_reap;
  child.no_stop_signal = from->no_stop_signal;
  child.user = from->user;
  child.group_ids = from->group_ids;
  child.arguments = from->arguments;
  child.start_ns = boottime_ns();
  child.program = from->program;
  child.borrowed = waits;
  if (waits) {
    messages_[pid].forker = forker;
  }
  child.pvm = std::move(pvm);
  processes_.emplace(pid, std::move(child));
  return {};
}

void ProcessTable::clear() {
  Processes all;  // released after the lock is gone
  const std::lock_guard lock(mutex_);
  all.swap(processes_);
}

void ProcessTable::remove(ProcessId pid) {
  std::shared_ptr<Pvm> released;  // after the lock is gone
  const std::lock_guard lock(mutex_);
  if (Process* process = find_locked(pid); process != nullptr) {
    released = std::move(process->pvm);
    forget(pid);
  }
}

std::int64_t ProcessTable::keep_message(ProcessId child, std::vector<std::byte> message) {
  constexpr std::size_t most_messages = 1024;
  const std::lock_guard lock(mutex_);
  const Process* process = find_locked(child);
  const auto found = messages_.find(child);
  if (process == nullptr || !process->borrowed || found == messages_.end()) {
    return -EPERM;
  }
  if (found->second.list.size() == most_messages) {
    return -ENOSPC;
  }
  found->second.list.push_back(std::move(message));
  return 0;
}

std::vector<std::byte> ProcessTable::next_message(ProcessId forker, ProcessId child) {
  const std::lock_guard lock(mutex_);
  const auto found = messages_.find(child);
  if (found == messages_.end() || found->second.forker != forker) {
    return {};
  }
  if (found->second.list.empty()) {
    messages_.erase(found);
    return {};
  }
  std::vector<std::byte> message = std::move(found->second.list.front());
  found->second.list.pop_front();
  return message;
}

void ProcessTable::wait_for_vfork(Pvm& caller, ProcessId child) {
  // The end of the caller itself is not announced here: looked at now and then.
  constexpr std::chrono::milliseconds interval{20};
  std::unique_lock lock(mutex_);
  while (!caller.exiting()) {
    const Process* process = find_locked(child);
    if (process == nullptr || !process->borrowed) {
      return;
    }
    returned_.wait_for(lock, interval);
  }
}

void ProcessTable::wake(Process& parent) {
  std::atomic_ref(parent.events).fetch_add(1, std::memory_order_seq_cst);
  ::syscall(SYS_futex, &parent.events, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, INT32_MAX, nullptr, nullptr, 0);
}

// kill(2). Whoever the host gave no rights over others' processes has them in the family, if it is root there.
bool ProcessTable::may_signal(const abi::Ids& sender, const Process& target) {
  const auto is_of_target = [&](std::uint32_t id) { return id == target.user.real || id == target.user.saved; };
  return sender.effective == 0 || is_of_target(sender.effective) || is_of_target(sender.real);
}

bool ProcessTable::may_signal(const Process& sender, const Process& target, int signal) {
  return may_signal(sender.user, target) || (signal == SIGCONT && sender.session == target.session);
}

bool ProcessTable::post(Process& target, ProcessId sender, int signal, int code, std::uint64_t value, SentTo sent_to,
                        std::uint32_t thread) {
  abi::InboxSignal information{};
  information.signo = signal;
  information.code = code;
  information.pid = sender;
  const Process* from = find_locked(sender);
  information.uid = from != nullptr ? from->user.real : 0;
  information.value = value;
  information.thread = thread;
  return post(target, information, sent_to);
}

bool ProcessTable::post(Process& target, const abi::InboxSignal& information, SentTo sent_to) {
  if (target.pvm == nullptr || information.signo == 0) {
    return true;
  }
  if (information.signo == SIGKILL) {
    target.pvm->exit(ExitStatus{SIGKILL});
    return true;
  }
  if (!target.pvm->post_signal(information, sent_to)) {
    return false;
  }
  // After that: when it goes on, the signal's handler comes first.
  if (information.signo == SIGCONT) {
    resume(target);
  }
  return true;
}

void ProcessTable::resume(Process& target) {
  if (target.state != State::Stopped) {
    return;
  }
  target.state = State::Running;
  target.stop_unreported = false;
  target.continue_unreported = true;
  target.pvm->resume();
  tell_parent(target, CLD_CONTINUED, SIGCONT);
}

// SIGCHLD, or what clone(2) asked for, with the information of sigaction(2).
void ProcessTable::tell_parent(Process& child, int code, int status) {
  Process* parent = find_locked(child.parent);
  if (parent == nullptr || parent->pvm == nullptr) {
    return;
  }
  const bool ended = code != CLD_STOPPED && code != CLD_CONTINUED;
  const int signal = ended ? child.exit_signal : SIGCHLD;
  if (signal != 0 && (ended || !parent->no_stop_signal)) {
    abi::InboxSignal information{};
    information.signo = signal;
    information.code = code;
    information.pid = child.pid;
    information.uid = child.user.real;
    information.value = static_cast<std::uint32_t>(status);
    const auto ticks = [](const timeval& time) { return time.tv_sec * 100 + time.tv_usec / 10'000; };
    information.user_ticks = ended ? ticks(child.usage.ru_utime) : 0;
    information.system_ticks = ended ? ticks(child.usage.ru_stime) : 0;
    parent->pvm->post_signal(information);
  }
  wake(*parent);
}

void ProcessTable::ended(ProcessId pid, std::int32_t status, const rusage& usage) {
  {
    // Not busy any more once somebody is told; closed without the lock.
    Program program;
    change(pid, [&](Process& process) { program.swap(process.program); });
  }
  std::shared_ptr<Pvm> released;  // after the lock is gone
  const std::lock_guard lock(mutex_);
  Process* process = find_locked(pid);
  if (process == nullptr) {
    return;
  }
  if (process->session == pid) {
    leave_session_terminal(*process, Leaving::Ends);
  }
  released = std::exchange(process->pvm, nullptr);
  process->terminal = nullptr;
  process->name = released != nullptr ? released->name() : std::string();
  process->state = State::Zombie;
  process->borrowed = false;
  returned_.notify_all();
  std::erase_if(messages_, [&](const auto& entry) { return entry.second.forker == pid; });
  process->status = status;
  process->usage = usage;
  // Groups that the process kept from being orphaned: its own, if its parent is outside, and those of its children.
  const Process* parent = find_locked(process->parent);
  std::vector<std::pair<ProcessId, ProcessId>> groups;
  if (parent != nullptr && parent->group != process->group && parent->session == process->session) {
    groups.emplace_back(process->group, process->session);
  }
  for (const auto& [other, child] : processes_) {
    if (child.parent == pid && child.session == process->session && child.group != process->group) {
      groups.emplace_back(child.group, child.session);
    }
  }
  for (const auto& [group, session] : groups) {
    hang_up_if_orphaned(group, session, pid);
  }
  adopt_children(*process);
  const bool vanishes = parent == nullptr || (parent->auto_reap && process->exit_signal == SIGCHLD);
  const int code = WIFSIGNALED(status) ? CLD_KILLED : CLD_EXITED;
  watches_.ended(process->reference());
  tell_parent(*process, code, WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
  if (vanishes) {
    forget(pid);
  }
}

void ProcessTable::stopped(ProcessId pid, int signal) {
  const std::lock_guard lock(mutex_);
  Process* process = find_locked(pid);
  if (process == nullptr || process->state != State::Running) {
    return;
  }
  process->state = State::Stopped;
  process->status = W_STOPCODE(signal);
  process->stop_unreported = true;
  process->continue_unreported = false;
  tell_parent(*process, CLD_STOPPED, signal);
}

void ProcessTable::executed(ProcessId pid, std::string arguments, Program program) {
  change(pid, [&](Process& process) {
    if (!arguments.empty()) {
      process.arguments = std::move(arguments);
    }
    process.program.swap(program);  // the old one is closed without the lock
    process.executed = true;
    process.exit_signal = SIGCHLD;
    process.borrowed = false;
    returned_.notify_all();
  });
}

std::int64_t ProcessTable::kill(ProcessId sender, std::int64_t target, int signal, int code, std::uint64_t value,
                                bool& includes_sender) {
  const std::lock_guard lock(mutex_);
  return kill_locked(sender, target, signal, code, value, includes_sender);
}

std::int64_t ProcessTable::kill(ProcessId sender, const ProcessReference& target, int signal, int code,
                                std::uint64_t value, bool& includes_sender) {
  const std::lock_guard lock(mutex_);
  return exists_locked(target) ? kill_locked(sender, target.pid, signal, code, value, includes_sender) : -ESRCH;
}

std::int64_t ProcessTable::kill_locked(ProcessId sender, std::int64_t target, int signal, int code, std::uint64_t value,
                                       bool& includes_sender) {
  const Process* self = find_locked(sender);
  if (self == nullptr) {
    return -ESRCH;
  }
  if (target == init_process) {
    // It is root's, as everywhere, and takes no signals: only root may ask whether it is there.
    return signal < 0 || signal > 64 ? -EINVAL : signal == 0 && self->user.effective == 0 ? 0 : -EPERM;
  }
  const ProcessId own_group = self->group;
  bool found = false, permitted = false;
  for (auto& [pid, process] : processes_) {
    const bool wanted = target > 0     ? pid == target
                        : target == 0  ? process.group == own_group
                        : target == -1 ? pid != sender
                                       : process.group == -target;
    if (!wanted) {
      continue;
    }
    found = true;
    if (signal < 0 || signal > 64) {
      return -EINVAL;
    }
    if (pid != sender && !may_signal(*self, process, signal)) {
      continue;
    }
    permitted = true;
    if (pid == sender) {
      includes_sender = true;
    } else if (!post(process, sender, signal, code, value, target > 0 ? SentTo::Process : SentTo::Group)) {
      return -EAGAIN;
    }
  }
  return !found ? -ESRCH : permitted ? 0 : -EPERM;
}

bool ProcessTable::has_thread(const Process& process, std::int32_t thread) {
  return process.pid == thread ||
         (process.pvm != nullptr && process.pvm->has_thread(static_cast<std::uint32_t>(thread)));
}

std::int64_t ProcessTable::kill_thread(ProcessId sender, ProcessId pid, std::int32_t thread, int signal, int code,
                                       std::uint64_t value) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(processes_.begin(), processes_.end(), [&](const auto& entry) {
    return (pid == 0 || entry.first == pid) && has_thread(entry.second, thread);
  });
  // The sender knows its own threads, and asks about others: one of its own that is found here is about to end.
  if (thread <= 0 || found == processes_.end() || found->first == sender) {
    return -ESRCH;
  }
  if (signal < 0 || signal > 64) {
    return -EINVAL;
  }
  const Process* self = find_locked(sender);
  if (self == nullptr || !may_signal(*self, found->second, signal)) {
    return -EPERM;
  }
  const auto to_thread = static_cast<std::uint32_t>(thread);
  return post(found->second, sender, signal, code, value, SentTo::Process, to_thread) ? 0 : -EAGAIN;
}

void ProcessTable::signal_process(ProcessId pid, int signal, int code) {
  const std::lock_guard lock(mutex_);
  if (Process* process = find_locked(pid); process != nullptr) {
    post(*process, 0, signal, code, 0);
  }
}

// Process 1 is not in the table, and never ends.
std::int64_t ProcessTable::watch(ProcessId pid, bool nonblocking, UniqueFd& fd, ProcessReference& process) {
  const std::lock_guard lock(mutex_);
  const Process* found = find_locked(pid);
  if (found == nullptr && pid != init_process) {
    return -ESRCH;
  }
  process = found != nullptr ? found->reference() : ProcessReference{init_process, 0};
  const bool ended = found != nullptr && found->state == State::Zombie;
  return watches_.open(process, ended ? ProcessWatches::Stage::Ended : ProcessWatches::Stage::Running, nonblocking, fd);
}

bool ProcessTable::exists(const ProcessReference& process) {
  const std::lock_guard lock(mutex_);
  return exists_locked(process);
}

bool ProcessTable::exists_locked(const ProcessReference& process) {
  const Process* found = find_locked(process.pid);
  return found != nullptr ? found->serial == process.serial : process.pid == init_process;
}

void ProcessTable::forget(ProcessId pid) {
  if (const auto found = processes_.find(pid); found != processes_.end()) {
    watches_.gone(found->second.reference());
    processes_.erase(found);
  }
}

bool ProcessTable::change(ProcessId pid, const std::function<void(Process&)>& change) {
  const std::lock_guard lock(mutex_);
  Process* process = find_locked(pid);
  if (process != nullptr) {
    change(*process);
  }
  return process != nullptr;
}

void ProcessTable::for_each(const std::function<void(const Process&)>& visit) {
  const std::lock_guard lock(mutex_);
  for (const auto& [pid, process] : processes_) {
    visit(process);
  }
}

void ProcessTable::for_each_pid(const std::function<void(ProcessId)>& visit) {
  std::vector<ProcessId> pids;
  for_each([&](const Process& process) { pids.push_back(process.pid); });
  std::for_each(pids.begin(), pids.end(), visit);
}

std::shared_ptr<Pvm> ProcessTable::find(ProcessId pid) {
  const std::lock_guard lock(mutex_);
  Process* process = find_locked(pid);
  return process != nullptr ? process->pvm : nullptr;
}

ProcessId ProcessTable::next_after(ProcessId pid) {
  const std::lock_guard lock(mutex_);
  const auto next = processes_.upper_bound(pid);
  return next == processes_.end() ? 0 : next->first;
}

std::size_t ProcessTable::running() {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(processes_.begin(), processes_.end(),
                                                [](const auto& entry) { return entry.second.pvm != nullptr; }));
}

}  // namespace kx::hv
