// The software lane's virtual machine: QEMU with an emulated processor, and virtiofsd, which serves it the host's root.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "lane_initramfs.hpp"

namespace kx::lane {

struct MachineOptions {
  unsigned cpus = 1;             // with more, QEMU 7.2 now and then gives a nested guest a false exit, or stalls
  std::uint64_t memory_mib = 0;  // 0: half of the host's memory, between 1 and 4 GiB
  std::chrono::seconds boot_timeout{180};
};

// Owns both processes: they end with it, and with the process that made it, however that ends.
class Machine {
 public:
  // Starts the machine and waits until its agent serves commands and its /dev/kvm works.
  static LaneResult<Machine> start(const MachineOptions& options);
  Machine(Machine&& other) noexcept;
  Machine& operator=(Machine&&) = delete;
  ~Machine();

  // Stream of frames to and from the agent.
  [[nodiscard]] int agent_fd() const { return agent_fd_; }
  // The last line the kernel or QEMU printed; to explain an end that nobody asked for.
  [[nodiscard]] std::string last_words() const;

 private:
  Machine() = default;
  LaneResult<void> start_file_server(const std::string& program, int listening_fd);
  LaneResult<void> start_qemu(const std::string& program, const LaneFiles& files, int initramfs_fd, int files_fd,
                              int agent_fd, const MachineOptions& options);
  LaneResult<void> wait_until_ready(std::chrono::seconds timeout) const;

  pid_t qemu_ = -1;
  pid_t file_server_ = -1;
  int agent_fd_ = -1;
  int console_fd_ = -1;  // memfd
};

}  // namespace kx::lane
