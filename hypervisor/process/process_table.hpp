// The processes of a family: who exists, whose child it is, in which group and session, and how it ended.
//
// Lock order: the table's lock, then that of a Pvm or of the watches. No Pvm calls the table with its own lock held.
#pragma once

#include <sys/resource.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <kx/abi/host_call.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "hypervisor/error.hpp"
#include "hypervisor/ipc/async_files.hpp"
#include "hypervisor/process/process_watches.hpp"
#include "hypervisor/process/program_files.hpp"
#include "hypervisor/services/job_control.hpp"

namespace kx::hv {

class Pvm;
struct CallContext;

using ProcessId = std::int32_t;

// Whom a signal was sent to: with the group, and all, go the children that are being made.
enum class SentTo : std::uint8_t { Process, Group };

// Process 1 is the hypervisor: it adopts orphans and forgets them when they end.
inline constexpr ProcessId init_process = 1;

// What a wait reports of a child (wait4(2), waitid(2)).
struct WaitReport {
  ProcessId pid = 0;
  std::int32_t status = 0;  // as wait(2) encodes it
  std::uint32_t uid = 0;
  rusage usage{};
};

struct WaitRequest {
  enum class Kind : std::uint8_t { Any, Process, Group };
  Kind kind = Kind::Any;
  ProcessId id = 0;
  std::uint32_t options = 0;  // of waitid(2)
  std::uint64_t serial = 0;   // of the process; 0: whoever has the number
  std::int32_t thread = 0;    // the one that waits
};

class ProcessTable {
 public:
  // Of the arguments, which are kept for `kx ps` and /proc.
  static constexpr std::size_t command_limit = abi::command_size;

  enum class State : std::uint8_t { Running, Stopped, Zombie };

  struct Process {
    ProcessId pid = 0;
    std::uint64_t serial = 0;  // no other process of the family ever has it
    ProcessId parent = 0;
    std::int32_t parent_thread = 0;  // of the parent, as it says; if there is none such any more, the oldest
    ProcessId group = 0;
    ProcessId session = 0;
    State state = State::Running;
    int exit_signal = 0;
    std::int32_t status = 0;  // wait status of what is to be reported
    bool stop_unreported = false;
    bool continue_unreported = false;
    bool auto_reap = false;       // its children leave no zombies (SIGCHLD ignored or SA_NOCLDWAIT)
    bool no_stop_signal = false;  // SA_NOCLDSTOP
    bool subreaper = false;
    bool executed = false;  // since it was forked
    bool borrowed = false;  // vfork: the parent waits
    int parent_death_signal = 0;
    abi::Ids user{}, group_ids{};        // of its thread that last changed its own
    std::uint32_t events = 0;            // changes when a child has something to report; waits sleep on it
    rusage usage{};                      // of the ended process
    rusage children_usage{};             // of the children that were waited for
    std::string arguments;               // as the guest says, each ended by NUL
    std::string name;                    // of a zombie; as the guest said
    std::uint64_t start_ns = 0;          // CLOCK_BOOTTIME
    Program program;                     // what it runs; null: unknown
    std::shared_ptr<Terminal> terminal;  // the controlling one; null: none
    ProcessId old_foreground = 0;        // of a session leader whose terminal was hung up
    std::shared_ptr<Pvm> pvm;            // null once it has ended
    [[nodiscard]] ProcessReference reference() const { return {pid, serial}; }
  };

  explicit ProcessTable(std::size_t limit) : limit_(limit) {}

  // At most so many processes at a time; those there are stay.
  void set_limit(std::size_t limit);
  [[nodiscard]] bool is_full();

  // The number of the next process or thread; never that of one there is.
  ProcessId next_id();

  // Enters the family's first process, or a child of `parent`. Errors: EAGAIN at the limit.
  Result<void> add_root(ProcessId pid, ProcessId group, ProcessId session, const abi::Identity& identity,
                        std::shared_ptr<Pvm> pvm);
  // EINTR when a signal waits for the forker. `forker` is whose copy it is, `parent` whose child. `waits`: the forker
  // waits until it has called execve or ended.
  struct Parent {
    ProcessId pid = 0;
    std::int32_t thread = 0;
  };
  Result<void> add_child(ProcessId pid, ProcessId forker, const Parent& parent, int exit_signal, bool waits,
                         std::shared_ptr<Pvm> pvm);
  void clear();
  // Takes back a child that never ran.
  void remove(ProcessId pid);
  // Messages of a vfork child for the process that waits for it, in order; an empty one if there is none. -EPERM if
  // nobody waits, -ENOSPC when there are too many.
  std::int64_t keep_message(ProcessId child, std::vector<std::byte> message);
  std::vector<std::byte> next_message(ProcessId forker, ProcessId child);
  // Waits, while `caller` is not to end, for a child made with `waits`.
  void wait_for_vfork(Pvm& caller, ProcessId child);

  // The process ended with `status`: its children are adopted, its parent is told, or it vanishes at once.
  void ended(ProcessId pid, std::int32_t status, const rusage& usage);
  void stopped(ProcessId pid, int signal);
  // `arguments`: of the new program; empty: unknown.
  void executed(ProcessId pid, std::string arguments, Program program);

  // kill(2) by `sender`. Sets `includes_sender` instead of posting to it. 0 or -errno: EPERM if it may signal none of
  // those it means.
  std::int64_t kill(ProcessId sender, std::int64_t target, int signal, int code, std::uint64_t value,
                    bool& includes_sender);
  // pidfd_send_signal(2): the same to one process, which is not mistaken for another with its number.
  std::int64_t kill(ProcessId sender, const ProcessReference& target, int signal, int code, std::uint64_t value,
                    bool& includes_sender);
  // tgkill(2) by `sender`; `pid` 0: in whatever process the thread is.
  std::int64_t kill_thread(ProcessId sender, ProcessId pid, std::int32_t thread, int signal, int code,
                           std::uint64_t value);
  // A signal of whoever sent it to kx.
  void signal_group(ProcessId group, int signal, int code);
  void signal_process(ProcessId pid, int signal, int code);
  // One that a file with O_ASYNC sends, on behalf of who set its owner.
  void signal_owner(const ipc::AsyncFiles::Owner& owner, const abi::InboxSignal& information);
  // The process of an owner of files, by number; nothing if there is none such.
  [[nodiscard]] std::optional<ProcessReference> owner_of_files(int type, std::int32_t id);

  std::int64_t group_of(ProcessId caller, ProcessId pid);
  std::int64_t session_of(ProcessId caller, ProcessId pid);
  std::int64_t set_group(ProcessId caller, ProcessId pid, ProcessId group);
  std::int64_t new_session(ProcessId caller);
  // Whether nobody outside the process's group, but in its session, looks after it.
  bool is_orphaned(ProcessId pid);

  // The controlling terminal of a process; null: none.
  std::shared_ptr<Terminal> terminal_of(ProcessId pid);
  // Whether it leads its session, which has no terminal.
  bool may_take_terminal(ProcessId pid);
  // False: it may not. Then, or after lose_terminal(), the process that holds it on the host becomes known.
  bool take_terminal(ProcessId pid, const std::shared_ptr<Terminal>& terminal);
  void hold_terminal(Terminal& terminal, UniqueFd channel);
  // Takes it back: the host refused.
  void lose_terminal(Terminal& terminal);
  // TIOCNOTTY.
  void leave_terminal(ProcessId pid);
  // Its other side is closed.
  void hang_up(Terminal& terminal);
  void signal_foreground(const Terminal& terminal, int signal, int code);
  // tcsetpgrp(3) by `caller`. 0, -ESRCH or -EPERM.
  std::int64_t set_foreground_group(ProcessId caller, Terminal& terminal, ProcessId group);

  // pidfd_open(2): a descriptor that becomes readable when the process ends. 0 or -errno.
  std::int64_t watch(ProcessId pid, bool nonblocking, UniqueFd& fd, ProcessReference& process);
  [[nodiscard]] ProcessWatches& watches() { return watches_; }
  [[nodiscard]] ProgramFiles& programs() { return programs_; }
  // False once the process has been waited for.
  bool exists(const ProcessReference& process);

  // Runs `change` on the process under the lock. False: there is none.
  bool change(ProcessId pid, const std::function<void(Process&)>& change);
  // Runs `visit` on each.
  void for_each(const std::function<void(const Process&)>& visit);
  // Runs `visit` on the number of each there is now, without the lock.
  void for_each_pid(const std::function<void(ProcessId)>& visit);
  std::shared_ptr<Pvm> find(ProcessId pid);
  // The lowest number above `pid`; 0: there is none.
  ProcessId next_after(ProcessId pid);
  [[nodiscard]] std::size_t running();

  // wait4(2) and waitid(2) for `caller`, on its vCPU's thread. The pid, 0 (WNOHANG), or -errno.
  std::int64_t wait(CallContext& context, ProcessId caller, const WaitRequest& request, WaitReport& report);

 private:
  using Processes = std::map<ProcessId, Process>;

  // All with the lock held.
  std::int64_t kill_locked(ProcessId sender, std::int64_t target, int signal, int code, std::uint64_t value,
                           bool& includes_sender);
  bool exists_locked(const ProcessReference& process);
  void forget(ProcessId pid);
  std::int64_t look(Process& caller, const WaitRequest& request, WaitReport& report);
  bool report_state(Process& caller, Process& child, const WaitRequest& request, WaitReport& report);
  void tell_parent(Process& child, int code, int status);
  void wake(Process& parent);
  void adopt_children(const Process& dead);
  ProcessId reaper_of(const Process& dead);
  static bool may_signal(const Process& sender, const Process& target, int signal);
  static bool may_signal(const abi::Ids& sender, const Process& target);
  [[nodiscard]] static bool has_thread(const Process& process, std::int32_t thread);
  // False: refused, as it finds no room (Pvm::post_signal).
  bool post(Process& target, ProcessId sender, int signal, int code, std::uint64_t value,
            SentTo sent_to = SentTo::Process, std::uint32_t thread = 0);
  bool post(Process& target, const abi::InboxSignal& information, SentTo sent_to);
  void resume(Process& target);
  Process* find_locked(ProcessId pid);
  void post_to_group(ProcessId group, int signal, int code);
  enum class Leaving : std::uint8_t { Gives, Ends };  // the terminal up, or itself
  void leave_session_terminal(Process& leader, Leaving leaving);
  void free_terminal(Terminal& terminal);
  bool group_is_orphaned(ProcessId group, ProcessId leaving);
  void hang_up_if_orphaned(ProcessId group, ProcessId session, ProcessId leaving);

  std::mutex mutex_;
  struct Messages {
    ProcessId forker = 0;
    std::deque<std::vector<std::byte>> list;
  };
  std::map<ProcessId, Messages> messages_;  // of vfork children
  std::condition_variable returned_;        // a process is no longer borrowed
  Processes processes_;
  std::size_t limit_;
  ProcessId last_id_ = init_process;
  std::uint64_t last_serial_ = 0;
  ProcessWatches watches_;
  ProgramFiles programs_;
};

}  // namespace kx::hv
