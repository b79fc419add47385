#include "hypervisor/memory/guarded_access.hpp"

#include <signal.h>
#include <ucontext.h>

#include <initializer_list>

extern "C" const char kx_guarded_load_access[];
extern "C" const char kx_guarded_swap_access[];
extern "C" const char kx_guarded_fail[];

namespace kx::hv {

namespace {

struct sigaction before[2];  // what was there for SIGBUS and SIGSEGV

void on_fault(int signal, siginfo_t*, void* context) {
  auto& rip = static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP];
  // SAFETY: labels of our own assembly; only compared as addresses.
  if (rip == reinterpret_cast<greg_t>(kx_guarded_load_access) ||
      rip == reinterpret_cast<greg_t>(kx_guarded_swap_access)) {
    rip = reinterpret_cast<greg_t>(kx_guarded_fail);
    return;
  }
  ::sigaction(signal, &before[signal == SIGBUS ? 0 : 1], nullptr);  // the fault comes again
}

}  // namespace

void install_guard_handler() {
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  sigset_t faults;
  sigemptyset(&faults);
  for (const int signal : {SIGBUS, SIGSEGV}) {
    ::sigaction(signal, &action, &before[signal == SIGBUS ? 0 : 1]);
    sigaddset(&faults, signal);
  }
  ::pthread_sigmask(SIG_UNBLOCK, &faults, nullptr);  // who started kx may have blocked them
}

}  // namespace kx::hv
