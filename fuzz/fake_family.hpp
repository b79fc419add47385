// A family for the fuzz targets: all of the hypervisor's own code for processes, without virtual machines. What would
// be KVM's part is played by vCPUs that never leave the guest unless they are kicked.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "hypervisor/process/family.hpp"
#include "hypervisor/process/pvm.hpp"

namespace kx::hv {

class FakeFamily {
 public:
  // With a root, a child of it that makes the calls, and two children of that one, of which one has ended.
  FakeFamily();
  ~FakeFamily();
  FakeFamily(const FakeFamily&) = delete;
  FakeFamily& operator=(const FakeFamily&) = delete;

  [[nodiscard]] Pvm& caller() { return *caller_; }
  // Runs a call of the caller's that may wait for what only relatives do: they continue it when it has stopped, and
  // vfork children execute a program.
  void run_with_relatives(const std::function<void()>& call);
  // Remembers who was made. False: that is enough, the family is to be replaced.
  bool note_processes();

 private:
  std::shared_ptr<Pvm> make(ProcessId pid);
  void fork_child();

  std::unique_ptr<Family> family_;
  std::shared_ptr<Pvm> caller_;
  std::vector<std::shared_ptr<Pvm>> known_;  // held, so that their threads can be waited for
};

}  // namespace kx::hv
