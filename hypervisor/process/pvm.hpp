// One pVM: its virtual machine, memory, file handles and the mailboxes through which it is told things.
#pragma once

#include <sys/resource.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <kx/abi/boot.hpp>
#include <kx/abi/identity.hpp>
#include <kx/abi/vcpu.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hypervisor/boot/loader.hpp"
#include "hypervisor/error.hpp"
#include "hypervisor/kvm/vm.hpp"
#include "hypervisor/memory/guest_memory.hpp"
#include "hypervisor/process/handle_table.hpp"
#include "hypervisor/process/process_table.hpp"
#include "hypervisor/process/questions.hpp"
#include "hypervisor/services/clock.hpp"
#include "hypervisor/services/epoll_targets.hpp"
#include "hypervisor/services/services.hpp"
#include "hypervisor/services/timers.hpp"
#include "hypervisor/services/write_behind.hpp"

namespace kx::hv {

class Family;
class VcpuThread;
class ServiceThread;

// How a pVM ended, as wait(2) encodes it.
struct ExitStatus {
  int wait_status = 0;
};

class Pvm : public JobControl {
 public:
  Pvm(Family& family, ProcessId pid, kvm::Vm vm, GuestMemory memory);
  ~Pvm() override;
  Pvm(const Pvm&) = delete;
  Pvm& operator=(const Pvm&) = delete;

  [[nodiscard]] Family& family() { return family_; }
  [[nodiscard]] ProcessId pid() const { return pid_; }
  [[nodiscard]] GuestMemory& memory() { return memory_; }
  [[nodiscard]] HandleTable& handles() { return handles_; }
  [[nodiscard]] Clock& clock() { return clock_; }
  [[nodiscard]] kvm::Vm& vm() { return vm_; }
  [[nodiscard]] Services& services() { return services_; }
  [[nodiscard]] abi::Stats& stats();
  [[nodiscard]] ServiceThread* service();
  // Forks of this pVM whose memory is still read elsewhere.
  [[nodiscard]] const std::shared_ptr<SnapshotLedger>& ledger() { return ledger_; }

  // With the system slot attached: makes clock, timers and mailboxes ready.
  Result<void> prepare();

  // What is left of a pVM that has ended, for another one: its virtual machine with its only vCPU, and its memory.
  struct Remains {
    kvm::Vm vm;
    kvm::Vcpu vcpu;
    GuestMemory memory;
  };
  // Nothing if it has more to it. Nobody else may know the pVM any more.
  std::optional<Remains> take_apart();

  // Makes the vCPU of the first thread ahead, to start at `entry` with the first area; or takes a used one for it.
  Result<void> make_vcpu_ahead(const EntryPoint& entry, std::optional<kvm::Vcpu> used);
  // Gives a pVM that is not in the table yet its number.
  void set_pid(ProcessId pid);

  // Runs a new vCPU from `entry` on a thread of its own; `area` is its block of guest memory. Its index.
  // `identity`: that of the caller, if the thread is to have it and one made ahead has not.
  // Errors: EINVAL for a bad area, EAGAIN when there are too many.
  Result<std::uint32_t> start_vcpu(Gpa area, const EntryPoint& entry,
                                   const std::optional<abi::Identity>& identity = std::nullopt);
  void wait_until_added();
  [[nodiscard]] std::shared_ptr<VcpuThread> vcpu(std::uint32_t index);

  // Posts a signal from outside (terminal, a relative, kill of kx) and makes a vCPU look. False, and nothing is done,
  // for a real-time one of sigqueue(3) or tgkill(2) that finds no room.
  bool post_signal(const abi::InboxSignal& information, SentTo sent_to = SentTo::Process);
  // Those sent to the process's group, or to all, that the library OS has not looked at; the newest ones, if there are
  // many.
  [[nodiscard]] std::vector<abi::InboxSignal> untaken_group_signals();
  // Moves what found no room in the inbox into it.
  void refill_inbox();
  // There is a question for the library OS: makes a vCPU look.
  void tell_of_question();
  [[nodiscard]] Questions& questions() { return questions_; }
  void post_timer(std::uint32_t timer, std::uint64_t expirations);
  void set_parent(ProcessId parent);
  // Makes a vCPU look at its pending word, which the caller has set.
  void kick(std::uint32_t vcpu_index);
  // Makes every vCPU look, soon.
  void make_all_look();

  // Stops all vCPUs until resume(), or the end. The caller's own thread calls wait_while_stopped() then.
  void stop();
  void resume();
  void wait_while_stopped();
  [[nodiscard]] bool stopped() const { return stopped_.load(std::memory_order_acquire); }

  // The first program could not be loaded; ends the pVM.
  void fail_load(Error error);
  [[nodiscard]] const std::optional<Error>& load_failure() const { return load_failure_; }

  // Ends the pVM: the first caller's status counts. Every vCPU thread leaves its loop.
  void exit(ExitStatus status);
  [[nodiscard]] bool exiting() const { return exiting_.load(std::memory_order_acquire); }
  ExitStatus wait_for_exit();
  void wait_for_vcpus();
  [[nodiscard]] ExitStatus status();
  // Called by a vCPU's thread as its last act, with what it used of the processor.
  void vcpu_gone(std::uint32_t index);
  // Once its last vCPU is gone: marks the locks in shared memory that its threads hold.
  void release_robust_futexes();
  // Closes all files, as the end of a process does before anybody is told of it.
  void close_all();
  // Processor time of its threads so far, those that have ended included.
  [[nodiscard]] rusage usage() override;
  // The same in ns, or that of one vCPU as long as it runs.
  [[nodiscard]] std::optional<std::uint64_t> cpu_time(std::optional<std::uint32_t> vcpu);
  [[nodiscard]] std::optional<HostThread> host_thread(std::uint32_t vcpu) override;

  [[nodiscard]] std::uint32_t thread_count();
  // As the guest says.
  [[nodiscard]] bool has_thread(std::uint32_t id);
  // The lowest number of a thread; 0: there is none.
  [[nodiscard]] std::uint32_t oldest_thread();
  // Of the first thread, or of the first one left; as the guest says.
  [[nodiscard]] std::string name();
  // True if the host says of each of its threads that it waits for something.
  [[nodiscard]] bool sleeps();
  // Somebody outside had it started, and is told when it ends (Family::start_program).
  [[nodiscard]] bool requested() const { return requested_; }
  void set_requested(std::string program) {
    requested_ = true;
    program_ = std::move(program);
  }
  // The path of the program it was started with, its own or the family's.
  [[nodiscard]] const std::string& program() const;

  // JobControl.
  std::int32_t group() override;
  std::int32_t session() override;
  std::shared_ptr<Terminal> terminal() override;
  std::shared_ptr<Terminal> terminal_of(dev_t device) override;
  bool may_take_terminal() override;
  std::int64_t take_terminal(int fd, dev_t device) override;
  void leave_terminal() override;
  std::int64_t set_foreground_group(Terminal& terminal, std::int32_t group) override;

 private:
  abi::Inbox& inbox();
  bool put_into_inbox(const abi::InboxSignal& information);
  bool has_room_for(const abi::InboxSignal& information);
  void notify();
  void notify_locked();
  bool has_untaken_locked();

  Family& family_;
  ProcessId pid_;
  kvm::Vm vm_;
  GuestMemory memory_;
  HandleTable handles_;
  Clock clock_;
  Services services_;
  WriteBehind write_behind_;
  EpollTargets epoll_targets_;
  bool requested_ = false;
  std::string program_;
  std::optional<TimerService> timers_;
  std::shared_ptr<SnapshotLedger> ledger_;
  Questions questions_;

  std::mutex mutex_;  // what follows
  std::condition_variable changed_;
  std::vector<std::shared_ptr<VcpuThread>> vcpus_;
  std::shared_ptr<VcpuThread> ahead_;  // with a thread that waits to be told where it starts
  std::deque<abi::InboxSignal> waiting_signals_;
  struct GroupSignal {
    std::uint32_t number;  // of the inbox's count
    abi::InboxSignal information;
  };
  std::deque<GroupSignal> group_signals_;  // at most as many as the inbox holds
  std::size_t running_ = 0;
  std::atomic<bool> stopped_ = false;
  std::atomic<bool> exiting_ = false;
  ExitStatus status_;
  rusage ended_usage_{};
  std::optional<Error> load_failure_;
};

}  // namespace kx::hv
