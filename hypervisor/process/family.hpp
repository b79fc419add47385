// What the pVMs of a family share: KVM, the sandbox, memory, the table of processes, the service thread.
#pragma once

#include <sched.h>

#include <array>
#include <condition_variable>
#include <cstdint>
#include <kx/abi/boot.hpp>
#include <kx/base/address.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "hypervisor/boot/cpuid.hpp"
#include "hypervisor/boot/sandbox.hpp"
#include "hypervisor/error.hpp"
#include "hypervisor/ipc/family_ipc.hpp"
#include "hypervisor/kvm/vm.hpp"
#include "hypervisor/memory/family_memory.hpp"
#include "hypervisor/process/handle_table.hpp"
#include "hypervisor/process/process_table.hpp"
#include "hypervisor/process/terminals.hpp"

namespace kx::hv {

class ControlServer;
class Pvm;
class ServiceThread;

namespace libraries {
class Guard;
}

// What start_program() is to run.
struct NewProgram {
  std::vector<std::string> argv;
  std::vector<std::string> environment;
  std::string working_directory;  // in the view; empty: where the family started
  std::array<UniqueFd, 3> streams;
  std::uint32_t umask = 022;
};

// The arguments, each ended by NUL, as far as the table of processes keeps them.
std::string argument_block(const std::vector<std::string>& argv);

// What the library OS asks for with HostCall::Fork; nothing of it is checked yet.
struct ForkRequest {
  std::uint64_t rsp_gva = 0;
  std::vector<std::uint64_t> except;  // gpas of slots the child must not see; the first is written to next
  std::uint64_t arena_end_gpa = 0;
  std::uint64_t copied_head_size = 0;  // 0: no slot is copied
  std::uint64_t flags = 0;             // abi::ForkFlags and the exit signal
  std::uint32_t sequence = 0;
};

// What it is answered.
struct ForkResult {
  ProcessId pid = 0;
  std::int32_t handle = 0;     // of the child, if the parent asked for one
  std::uint64_t slot_gpa = 0;  // of the parent's
  std::uint64_t slot_size = 0;
};

class Family {
 public:
  static constexpr std::size_t default_process_limit = 4096;

  Family(kvm::System system, Sandbox sandbox, std::shared_ptr<FamilyMemory> memory, std::uint64_t memory_limit);
  ~Family();
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;

  [[nodiscard]] kvm::System& system() { return system_; }
  [[nodiscard]] Sandbox& sandbox() { return sandbox_; }
  [[nodiscard]] ProcessTable& processes() { return processes_; }
  [[nodiscard]] Terminals& terminals() { return terminals_; }
  [[nodiscard]] FamilyIpc& ipc() { return ipc_; }
  [[nodiscard]] const GuestCpu& cpu() const { return cpu_; }
  [[nodiscard]] const abi::LibosHeader& libos() const { return libos_; }
  [[nodiscard]] ServiceThread* service() const { return service_.get(); }
  [[nodiscard]] int trace_fd() const { return trace_fd_; }
  // Of the audit log of library updates; -1: there is none.
  [[nodiscard]] int audit_fd() const { return audit_fd_; }
  // Of the library OS that its programs may use: a set of abi::component_bit.
  [[nodiscard]] std::uint32_t components() const { return components_; }
  [[nodiscard]] const std::string& program() const { return program_; }
  // The processors it is restricted to; null: it is not.
  [[nodiscard]] const cpu_set_t* processors() const { return processors_ ? &*processors_ : nullptr; }
  [[nodiscard]] std::uint64_t memory_limit() const { return memory_limit_; }
  // Judges what its programs load; null: nobody does.
  [[nodiscard]] libraries::Guard* libraries() const { return libraries_.get(); }

  // Set while the family starts, by one thread.
  void set_cpu(const GuestCpu& cpu) { cpu_ = cpu; }
  void set_libos(const abi::LibosHeader& header) { libos_ = header; }
  void set_libraries(std::unique_ptr<libraries::Guard> guard);
  void set_processors(const cpu_set_t& usable) { processors_ = usable; }
  void set_components(std::uint32_t set) { components_ = set; }
  void set_trace_fd(int fd) { trace_fd_ = fd; }
  void set_audit_fd(int fd) { audit_fd_ = fd; }
  void set_program(std::string path) { program_ = std::move(path); }
  void set_service(std::unique_ptr<ServiceThread> service);
  void set_control(std::unique_ptr<ControlServer> control);
  // What a further program of the family starts with, but for what is its own.
  void set_boot_info(const abi::BootInfo& info, std::string hostname);

  // A pVM with nothing in it but the system slot, not in the table yet. `limit`: of its RAM.
  Result<std::shared_ptr<Pvm>> make_pvm(ProcessId pid);

  // Starts a program as a child of process 1, in a session of its own. Errors: those of finding it; EAGAIN at the limit
  // of processes.
  Result<ProcessId> start_program(NewProgram program);

  // Makes a child of `parent`, whose vCPU `vcpu` waits for the answer, and starts it. The child's memory is what the
  // parent has frozen. Errors: EAGAIN at the limit of processes, ENOMEM, EFAULT for a request that makes no sense.
  Result<ForkResult> fork(Pvm& parent, std::uint32_t vcpu, const ForkRequest& request);

  // The thread that takes down what has ended and makes children ahead, if there is none yet. False: it cannot be.
  bool start_collector();

  // Called by the last vCPU's thread of a pVM.
  void ended(Pvm& pvm);

  // A signal sent to kx: those of the terminal it was started on are for its foreground group, others for the root.
  void forward_signal(const abi::InboxSignal& information);

  // Returns when the process has ended and its counters are in ended_stats().
  void wait_for_end(ProcessId pid);

  // Returns when no pVM holds one of `streams` any more, or none is left.
  void wait_for_streams(const std::vector<std::weak_ptr<const UniqueFd>>& streams);

  // Sum of the counters of the pVMs that have ended.
  [[nodiscard]] abi::Stats& ended_stats() { return *ended_stats_; }
  // The same with those of the pVMs that run, and their memory; `running`: how many.
  void sum_stats(abi::Stats& sum, std::uint32_t& running);
  [[nodiscard]] std::uint32_t forks() const { return forks_.load(); }

 private:
  // A child made ahead: a virtual machine that only lacks its parent's state. Meant for `forker`, good for any.
  struct Unborn {
    ProcessId forker = 0;
    std::uint32_t forks = 0;  // of the family when its slots were matched with the forker's
    std::shared_ptr<Pvm> pvm;
  };
  Result<std::shared_ptr<Pvm>> make_unborn();
  Result<std::shared_ptr<Pvm>> take_unborn(ProcessId forker);
  // What the collector has to do about children made ahead, with the lock held but for the work itself. False: nothing.
  bool tend_unborn(std::unique_lock<std::mutex>& lock);
  std::shared_ptr<Pvm> make_ahead(Pvm& forker);
  // The child that the virtual machine of a pVM that has ended becomes; null: it can become none.
  std::shared_ptr<Pvm> renew(Pvm& dead);
  bool keep(Unborn unborn);
  Result<void> make_ready(Pvm& unborn, std::optional<kvm::Vcpu> used);
  // Takes down what has ended, or makes children of it; with the lock held but for the work itself.
  void bury(std::unique_lock<std::mutex>& lock);
  bool is_stale(const Unborn& each) const { return each.forker == last_forker_ && each.forks != forks_.load(); }
  // Makes the parent's handle of a child that does not run yet.
  Result<std::int32_t> open_child(Pvm& parent, ProcessId child);
  Result<void> copy_state(Pvm& parent, Pvm& child, Gpa area, const ForkRequest& request);
  Result<std::shared_ptr<Pvm>> make_first_pvm(ProcessId pid);
  void collect();

  kvm::System system_;
  Sandbox sandbox_;
  std::shared_ptr<FamilyMemory> memory_;
  std::uint64_t memory_limit_;
  GuestCpu cpu_{};
  abi::LibosHeader libos_{};
  std::optional<cpu_set_t> processors_;
  std::unique_ptr<libraries::Guard> libraries_;
  int trace_fd_ = -1;
  int audit_fd_ = -1;
  std::uint32_t components_ = abi::all_components;
  std::string program_;
  ProcessTable processes_;
  Terminals terminals_;
  FamilyIpc ipc_;
  abi::BootInfo boot_info_{};
  std::string hostname_;
  std::unique_ptr<ServiceThread> service_;
  std::unique_ptr<ControlServer> control_;
  std::atomic<std::uint32_t> forks_ = 0;
  // Bytes of the last fork's copies of the library OS's objects and of page tables: the next is likely to be alike.
  std::atomic<std::uint64_t> copied_arena_size_ = 256 << 10;
  std::atomic<std::uint64_t> copied_tables_size_ = 64 << 10;

  // Ended pVMs are taken down by a thread of its own: it takes longer than anybody should wait for.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<Pvm>> dead_;
  std::vector<Unborn> unborn_;
  ProcessId last_forker_ = 0;  // who is to have children made ahead; 0: nobody
  std::vector<std::uint64_t> next_except_;
  std::unique_ptr<abi::Stats> ended_stats_;
  bool stopping_ = false;
  std::thread collector_;
};

}  // namespace kx::hv
