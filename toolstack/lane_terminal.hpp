// The terminal of a lane client: raw while a command of the lane has it.
#pragma once

#include <termios.h>

#include <cstdint>

#include "lane_protocol.hpp"

namespace kx::lane {

class Terminal {
 public:
  Terminal(int stdin_fd, int stdout_fd, int stderr_fd);
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() { leave_raw(); }

  // Bit n: standard descriptor n is a terminal.
  [[nodiscard]] std::uint32_t mask() const { return mask_; }
  // Where the output of the terminal inside goes, or -1.
  [[nodiscard]] int output_fd() const { return output_fd_; }
  // The modes it had before it became raw. False if there is no terminal.
  [[nodiscard]] bool modes(TerminalModes& modes) const;
  [[nodiscard]] WindowSize window() const;

  // Only a terminal on stdin becomes raw, and only while this process is in the foreground.
  void enter_raw();
  void leave_raw();
  // False while stdin is a terminal that belongs to another job.
  [[nodiscard]] bool may_read() const { return (mask_ & 1) == 0 || raw_; }

 private:
  int stdin_fd_;
  int output_fd_ = -1;
  std::uint32_t mask_ = 0;
  bool raw_ = false;
  termios saved_{};
};

}  // namespace kx::lane
