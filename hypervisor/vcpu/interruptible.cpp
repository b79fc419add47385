#include "hypervisor/vcpu/interruptible.hpp"

#include <signal.h>
#include <ucontext.h>

#include <atomic>
#include <cstdint>

extern "C" const char kx_interruptible_begin[];
extern "C" const char kx_interruptible_end[];
extern "C" const char kx_interruptible_cancel[];

namespace kx::hv {

namespace {

void on_kick(int, siginfo_t* information, void* context) {
  if (information->si_code == SI_TIMER) {
    // SAFETY: the kvm_run page of the vCPU of this thread (KickTimer::arm), which outlives it.
    auto* immediate_exit = static_cast<std::uint8_t*>(information->si_value.sival_ptr);
    std::atomic_ref(*immediate_exit).store(1, std::memory_order_seq_cst);
  }
  auto& rip = static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP];
  // SAFETY: labels of our own assembly; only compared as addresses.
  const auto begin = reinterpret_cast<greg_t>(kx_interruptible_begin);
  const auto end = reinterpret_cast<greg_t>(kx_interruptible_end);
  if (rip >= begin && rip < end) {
    rip = reinterpret_cast<greg_t>(kx_interruptible_cancel);
  }
}

}  // namespace

int kick_signal() {
  return SIGRTMIN + 1;
}

void install_kick_handler() {
  struct sigaction action {};
  action.sa_sigaction = on_kick;
  action.sa_flags = SA_SIGINFO;  // no SA_RESTART: a blocking call must end
  sigemptyset(&action.sa_mask);
  ::sigaction(kick_signal(), &action, nullptr);
}

}  // namespace kx::hv
