// One pVM: its virtual machine, memory, file handles and the mailboxes through which it is told things.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <kx/abi/boot.hpp>
#include <kx/abi/vcpu.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "hypervisor/boot/loader.hpp"
#include "hypervisor/boot/sandbox.hpp"
#include "hypervisor/error.hpp"
#include "hypervisor/kvm/vm.hpp"
#include "hypervisor/memory/guest_memory.hpp"
#include "hypervisor/process/handle_table.hpp"
#include "hypervisor/services/clock.hpp"
#include "hypervisor/services/services.hpp"

namespace kx::hv {

class VcpuThread;
class TimerService;
class ServiceThread;

// How a pVM ended, as wait(2) encodes it.
struct ExitStatus {
  int wait_status = 0;
};

class Pvm {
 public:
  Pvm(kvm::Vm vm, GuestMemory memory, Sandbox& sandbox, const GuestCpu& cpu);
  ~Pvm();
  Pvm(const Pvm&) = delete;
  Pvm& operator=(const Pvm&) = delete;

  [[nodiscard]] GuestMemory& memory() { return memory_; }
  [[nodiscard]] HandleTable& handles() { return handles_; }
  [[nodiscard]] Sandbox& sandbox() { return sandbox_; }
  [[nodiscard]] Clock& clock() { return clock_; }
  [[nodiscard]] kvm::Vm& vm() { return vm_; }
  [[nodiscard]] Services& services() { return services_; }
  [[nodiscard]] abi::Stats& stats();
  [[nodiscard]] const abi::LibosHeader& libos() const { return libos_; }
  void set_libos(const abi::LibosHeader& header) { libos_ = header; }
  void set_service(ServiceThread* service) { service_ = service; }
  [[nodiscard]] ServiceThread* service() { return service_; }
  void set_program(std::string path) { program_ = std::move(path); }
  [[nodiscard]] const std::string& program() const { return program_; }
  void set_trace_fd(int fd) { trace_fd_ = fd; }
  [[nodiscard]] int trace_fd() const { return trace_fd_; }

  // Runs a new vCPU from `entry` on a thread of its own; `area` is its block of guest memory. Its index.
  // Errors: EINVAL for a bad area, EAGAIN when there are too many.
  Result<std::uint32_t> start_vcpu(Gpa area, const EntryPoint& entry);
  [[nodiscard]] std::shared_ptr<VcpuThread> vcpu(std::uint32_t index);

  // Posts a signal from outside (terminal, kill of kx) and makes a vCPU look.
  void post_signal(int signal, const abi::InboxSignal& information);
  void post_timer(std::uint32_t timer, std::uint64_t expirations);
  // Makes a vCPU look at its pending word, which the caller has set.
  void kick(std::uint32_t vcpu_index);

  // The first program could not be loaded; ends the pVM.
  void fail_load(Error error);
  [[nodiscard]] const std::optional<Error>& load_failure() const { return load_failure_; }

  // Ends the pVM: the first caller's status counts. Every vCPU thread leaves its loop.
  void exit(ExitStatus status);
  [[nodiscard]] bool exiting() const { return exiting_.load(std::memory_order_acquire); }
  ExitStatus wait_for_exit();
  void wait_for_vcpus();
  // Called by a vCPU's thread as its last act.
  void vcpu_gone(std::uint32_t index);

 private:
  abi::Inbox& inbox();
  void notify();

  kvm::Vm vm_;
  GuestMemory memory_;
  Sandbox& sandbox_;
  const GuestCpu& cpu_;
  HandleTable handles_;
  Clock clock_;
  Services services_;
  abi::LibosHeader libos_{};
  ServiceThread* service_ = nullptr;
  int trace_fd_ = -1;
  std::string program_;

  std::mutex mutex_;  // what follows
  std::condition_variable changed_;
  std::vector<std::shared_ptr<VcpuThread>> vcpus_;
  std::vector<std::pair<std::uint32_t, kvm::Vcpu>> idle_;
  std::size_t running_ = 0;
  std::atomic<bool> exiting_ = false;
  ExitStatus status_;
  std::optional<Error> load_failure_;
};

}  // namespace kx::hv
