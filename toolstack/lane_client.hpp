// Runs one command in the software lane as if it were a child of this process.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lane_initramfs.hpp"

namespace kx::lane {

struct LaneRequest {
  std::vector<std::string> arguments;    // the command; the lane sees the host's files under the same names
  std::vector<std::string> environment;  // "NAME=value"
  std::string directory;                 // working directory
  int stdin_fd = 0;
  int stdout_fd = 1;
  int stderr_fd = 2;
  std::chrono::milliseconds timeout{0};  // 0: none; else the command is ended and the status is 124, as with timeout(1)
};

// The request of a process that wants args run with its own environment, directory and standard descriptors.
LaneRequest request_like_this_process(std::vector<std::string> arguments);

// Runs the command on a connection to an agent, until it ends. While it runs, SIGINT, SIGTERM, SIGHUP, SIGQUIT,
// SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT and SIGWINCH of this process go to the command, and its terminal is in raw mode.
// Returns the exit status as a shell gives it (128 + number of the signal).
LaneResult<int> run_on_connection(int agent_fd, const LaneRequest& request);

}  // namespace kx::lane
