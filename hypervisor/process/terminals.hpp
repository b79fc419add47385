// The terminals that are controlling ones of a family's sessions: who holds each on the host, and what its kernel
// tells.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "hypervisor/process/process_table.hpp"
#include "hypervisor/process/terminal_keeper.hpp"

namespace kx::hv {

class Terminals {
 public:
  explicit Terminals(ProcessTable& processes) : processes_(processes), of_kx_(std::make_shared<Terminal>()) {}
  ~Terminals();
  Terminals(const Terminals&) = delete;
  Terminals& operator=(const Terminals&) = delete;

  // Set while the family starts.
  void set_keeper(TerminalKeeper keeper) { keeper_ = std::move(keeper); }
  [[nodiscard]] const TerminalKeeper& keeper() const { return keeper_; }

  // The one that kx was started on, whether there is one or not. Its session is that of process 1.
  [[nodiscard]] const std::shared_ptr<Terminal>& of_kx() const { return of_kx_; }
  // The one with this device that a session has; null: there is none.
  std::shared_ptr<Terminal> find(dev_t device);
  // Makes the pseudo-terminal behind `fd` that of the session which `leader` leads. 0 or -errno.
  std::int64_t take(ProcessId leader, int fd, dev_t device);
  // Lets go of all of them, before kx ends.
  void end();
  // As proc_pid_stat(5) shows it; 0: kx has no terminal.
  std::uint32_t number(const Terminal& terminal, int proc_fd);

 private:
  Result<void> start();
  std::int64_t enter(ProcessId leader, dev_t device, std::shared_ptr<Terminal>& terminal);
  std::shared_ptr<Terminal> held(dev_t device);
  void run();
  void report(std::uint32_t number);

  ProcessTable& processes_;
  TerminalKeeper keeper_;
  std::shared_ptr<Terminal> of_kx_;
  std::optional<std::uint32_t> number_of_kx_;

  std::mutex mutex_;  // a leaf; the table's is never taken with it held
  std::condition_variable freed_;
  std::map<std::uint32_t, std::shared_ptr<Terminal>> held_;  // by their numbers, until the host has let go of them
  UniqueFd epoll_;
  UniqueFd stop_;
  std::thread thread_;
};

}  // namespace kx::hv
