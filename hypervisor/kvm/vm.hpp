// RAII over KVM's three kinds of descriptor: the system, a virtual machine, a virtual processor.
// Source of every call: the kernel's Documentation/virt/kvm/api.rst.
#pragma once

#include <linux/kvm.h>

#include <cstdint>
#include <string>

#include "hypervisor/error.hpp"
#include "hypervisor/kvm/ioctl.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv::kvm {

enum class SlotAccess { ReadWrite, ReadOnly };

// A virtual processor with its shared kvm_run page. Not thread-safe: one thread runs it. Registers and events are told
// and taken through that page with each run (KVM_CAP_SYNC_REGS): after the first one they cost no system call.
class Vcpu {
 public:
  Vcpu(Vcpu&& other) noexcept;
  Vcpu& operator=(Vcpu&&) = delete;
  ~Vcpu();

  // KVM_RUN. Returns 0, or EINTR when a signal or immediate_exit ended it; other failures are errors.
  Result<int> run();
  [[nodiscard]] kvm_run& state() { return *run_; }

  Result<void> set_cpuid(const CpuidList& list);
  // What CPUID answers now: set_cpuid()'s list with what KVM derives from the vCPU's state.
  Result<CpuidList> cpuid();
  Result<void> set_msrs(const MsrList& list);
  Result<void> set_xcr0(std::uint64_t value);
  // Makes the guest read the host's TSC: KVM starts a VM's at zero where the processor can offset it.
  Result<void> use_host_tsc();
  // Forgets exceptions and interrupts that were about to be delivered.
  Result<void> clear_events();
  Result<kvm_sregs> special_registers();
  Result<void> set_special_registers(const kvm_sregs& registers);
  // An exception is on its way to the guest: it comes with the next run, for the instruction the registers name now.
  Result<bool> has_exception();
  Result<kvm_regs> registers();
  Result<void> set_registers(const kvm_regs& registers);
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  friend class Vm;
  Vcpu(UniqueFd fd, kvm_run* run, std::size_t run_size) : fd_(std::move(fd)), run_(run), run_size_(run_size) {}

  UniqueFd fd_;
  kvm_run* run_;
  std::size_t run_size_;
  bool is_told_ = false;  // run_ says what the registers are
};

class Vm {
 public:
  // Maps [gpa, gpa + size) to host memory at `hva`. The memory must outlive the VM.
  Result<void> set_slot(std::uint32_t slot, std::uint64_t gpa, std::uint64_t size, void* hva, SlotAccess access);
  Result<void> delete_slot(std::uint32_t slot);
  Result<Vcpu> create_vcpu(std::uint32_t index);
  // Frequency of the guest's TSC.
  Result<std::uint64_t> tsc_khz();
  // A one-byte write to `port` adds to the eventfd and does not exit.
  Result<void> set_ioeventfd(std::uint16_t port, int eventfd);
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  friend class System;
  Vm(UniqueFd fd, std::size_t run_size) : fd_(std::move(fd)), run_size_(run_size) {}

  UniqueFd fd_;
  std::size_t run_size_;
};

class System {
 public:
  // Opens `path` (normally /dev/kvm) and checks the API version and the capabilities pVMs need.
  static Result<System> open(const std::string& path = "/dev/kvm");
  Result<Vm> create_vm();
  Result<CpuidList> supported_cpuid();
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  System(UniqueFd fd, std::size_t run_size) : fd_(std::move(fd)), run_size_(run_size) {}

  UniqueFd fd_;
  std::size_t run_size_;
};

}  // namespace kx::hv::kvm
