// One command of the lane: its processes, streams and terminal.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "toolstack/lane_protocol.hpp"

namespace kx::lane {

// The command runs under a shim process that leads its session, so that job control works as under a shell, and in
// a control group of its own, so that nothing of it survives its end.
class Command {
 public:
  // Starts what the start frame asks for. A failure is reported in output, and finished() is true.
  Command(std::uint32_t channel, const std::string& start_payload, std::string& output);
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  ~Command();

  void handle(const Frame& frame);
  // Appends the descriptors to wait for.
  void add_polls(std::vector<pollfd>& polls) const;
  // Moves what can be moved without blocking; frames for the client go to output.
  void advance(std::string& output);
  [[nodiscard]] bool finished() const { return finished_; }

 private:
  struct Output {
    int fd = -1;
    std::uint32_t credit = stream_window_size;
  };
  struct Request;

  void start(const Request& request, std::string& output);
  [[noreturn]] void run_shim(const Request& request, const int (&inside)[3], int reports) const;
  void write_stdin(std::string& output);
  // Forwards what the stream holds, within its credit. Returns whether everything there is was read.
  bool drain(std::string& output, std::uint32_t stream);
  void read_reports(std::string& output);
  void finish(std::string& output);
  void send_signal(int number) const;
  [[nodiscard]] std::string group_path() const;

  std::uint32_t channel_;
  pid_t program_ = -1;  // leads the process group of the command
  int terminal_ = -1;   // the inner side, kept open so that the outer never reads EIO
  int stdin_ = -1;      // write side of the command's stdin; the terminal if that is one
  Output outputs_[3];   // [0] the terminal, [1] stdout, [2] stderr; -1 where there is none
  int reports_ = -1;    // what the shim says
  std::string pending_stdin_;
  bool stdin_ended_ = false;
  bool exited_ = false;
  int wait_status_ = 0;
  bool finished_ = false;
};

}  // namespace kx::lane
