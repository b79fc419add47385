// A family of one process for tests of what terminals are asked about: who it is, and which terminal it has.
#pragma once

#include <cerrno>
#include <memory>

#include "hypervisor/services/job_control.hpp"

namespace kx::hv {

class TerminalJobs : public JobControl {
 public:
  static constexpr std::int32_t other_group = 77;

  std::int32_t group() override { return own_group; }
  std::int32_t session() override { return own_session; }
  std::shared_ptr<Terminal> terminal() override { return own; }
  std::shared_ptr<Terminal> terminal_of(dev_t device) override {
    return own != nullptr && own->device == device ? own : device == 0 ? of_kx : nullptr;
  }
  bool may_take_terminal() override { return leads && own == nullptr; }
  std::int64_t take_terminal(int, dev_t device) override {
    own = std::make_shared<Terminal>();
    own->device = device;
    own->session = own_session;
    own->foreground = own_group;
    return 0;
  }
  void leave_terminal() override { own = nullptr; }
  std::int64_t set_foreground_group(Terminal& terminal, std::int32_t group) override {
    if (group != own_group && group != other_group) {
      return -ESRCH;
    }
    terminal.foreground = group;
    return 0;
  }
  std::optional<HostThread> host_thread(std::uint32_t vcpu) override {
    return vcpu == 0 ? std::optional(HostThread{::gettid(), {}}) : std::nullopt;
  }
  rusage usage() override { return {}; }

  std::int32_t own_group = 2;
  std::int32_t own_session = 2;
  bool leads = true;
  std::shared_ptr<Terminal> own;
  std::shared_ptr<Terminal> of_kx = std::make_shared<Terminal>();
};

}  // namespace kx::hv
