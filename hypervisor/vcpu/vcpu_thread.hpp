// The host thread that runs one vCPU: enters the guest, serves its exits, delivers kicks.
#pragma once

#include <sys/resource.h>

#include <atomic>
#include <cstdint>
#include <kx/abi/identity.hpp>
#include <kx/abi/vcpu.hpp>
#include <kx/base/address.hpp>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "hypervisor/boot/loader.hpp"
#include "hypervisor/error.hpp"
#include "hypervisor/kvm/vm.hpp"
#include "hypervisor/vcpu/kick_timer.hpp"

namespace kx::hv {

class Pvm;

// So much rest may be owed before a notice is put off: few signals, however close together, are told at once.
inline constexpr std::uint64_t most_rest_owed_ns = 2'000'000;

class VcpuThread {
 public:
  VcpuThread(Pvm& pvm, kvm::Vcpu vcpu, Gpa area, std::uint32_t index);
  ~VcpuThread();
  VcpuThread(const VcpuThread&) = delete;
  VcpuThread& operator=(const VcpuThread&) = delete;

  // Begins once the lock of the pVM, which the caller holds, is free. Errors: those of pthread_create(3).
  Result<void> start();
  // Makes the host thread alone, for a vCPU that is set but for where it starts. Then start_at() costs its caller no
  // more than waking it; a thread that was never started ends with this object. Errors: the same.
  Result<void> start_waiting();
  // `identity`: what the thread makes itself before.
  void start_at(const EntryPoint& entry, const std::optional<abi::Identity>& identity);
  // Makes the vCPU look at its pending word: it leaves the guest or a blocking call. Any thread.
  void kick(std::uint32_t pending_bits);
  // The same for what may wait for a moment while the program computes: a vCPU that is kicked again and again is left
  // alone for as long as that took it a few times over, or it would do nothing else. What it does by itself meanwhile
  // makes it look, too. One thread at a time.
  void notify(std::uint32_t pending_bits);
  // Another vCPU of the pVM has put bits into the pending word: a kick, or for a signal alone a notice. The same.
  void kick_for_relative();
  // The vCPU's thread ends at its next exit. Called by the thread itself (ThreadExit).
  void finish() { finished_ = true; }
  [[nodiscard]] std::uint32_t index() const { return index_; }
  [[nodiscard]] const std::uint32_t* kicked() const { return &kicked_; }
  [[nodiscard]] kvm::Vcpu& vcpu() { return vcpu_; }
  [[nodiscard]] Gpa area() const { return area_; }
  // Of its host thread, which may be about to begin: for one that was started.
  [[nodiscard]] pid_t wait_for_thread_id() const {
    thread_id_.wait(0);
    return thread_id_;
  }
  // Processor time of its thread so far; nothing once set_finished() was called.
  [[nodiscard]] rusage usage() const;
  // Whether the host lets the thread wait for something; `proc_fd`: the host's /proc.
  [[nodiscard]] bool sleeps(int proc_fd) const;
  // The thread is about to end: its use of the processor has been added up elsewhere, its area is the library OS's
  // again.
  void set_finished();
  [[nodiscard]] bool finished() const { return gone_; }
  // What its library OS notes in the vCPU page: the number and the name of the thread.
  [[nodiscard]] std::uint32_t guest_thread_id();
  [[nodiscard]] std::string guest_thread_name();
  // The vCPU of a thread that is finished or was never started, for another one.
  kvm::Vcpu take_vcpu() {
    join();
    return std::move(vcpu_);
  }

 private:
  enum class Order : std::uint32_t { Wait, Run, End };

  void join();
  void run();
  void loop();
  void wait_while_stopped();
  void on_host_call();
  void on_kick();
  // Makes the guest enter its exception handler as for an exception with this vector.
  void upcall(const kvm_regs& registers, std::uint64_t vector);
  void crash(const char* reason);
  abi::VcpuPage& page();

  Pvm& pvm_;
  kvm::Vcpu vcpu_;
  Gpa area_;
  std::uint32_t index_;
  std::uint32_t kicked_ = 0;  // written through atomic_ref: the assembly stub reads it
  bool finished_ = false;
  std::uint64_t last_exit_tsc_ = 0;
  KickTimer kick_timer_;
  // Of CLOCK_MONOTONIC: when it would have rested enough from all kicks so far.
  std::atomic<std::uint64_t> rests_until_ns_ = most_rest_owed_ns;
  std::atomic<bool> in_call_ = false;
  EntryPoint entry_;
  std::optional<abi::Identity> identity_;
  std::atomic<Order> order_ = Order::Wait;
  std::thread thread_;
  std::atomic<pthread_t> handle_{};
  std::atomic<pid_t> thread_id_ = 0;
  std::atomic<bool> running_ = false;
  std::atomic<bool> gone_ = false;
};

}  // namespace kx::hv
