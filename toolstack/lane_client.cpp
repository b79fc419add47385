#include "lane_client.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>

#include "lane_protocol.hpp"
#include "lane_terminal.hpp"

namespace kx::lane {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int exit_status_timeout = 124;
constexpr int exit_status_cannot_run = 126;
constexpr int exit_status_not_found = 127;
constexpr int exit_status_signal = 128;

// Takes the signals meant for the command off this process while it lives.
class SignalsToForward {
 public:
  SignalsToForward() {
    sigset_t mask;
    sigemptyset(&mask);
    for (int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT, SIGWINCH}) {
      sigaddset(&mask, number);
    }
    sigprocmask(SIG_BLOCK, &mask, &saved_mask_);
    old_pipe_handler_ = std::signal(SIGPIPE, SIG_IGN);
    fd_ = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  SignalsToForward(const SignalsToForward&) = delete;
  SignalsToForward& operator=(const SignalsToForward&) = delete;
  ~SignalsToForward() {
    close(fd_);
    std::signal(SIGPIPE, old_pipe_handler_);
    sigprocmask(SIG_SETMASK, &saved_mask_, nullptr);
  }

  [[nodiscard]] int fd() const { return fd_; }

  std::optional<int> next() const {
    signalfd_siginfo info;
    if (read(fd_, &info, sizeof info) != sizeof info) {
      return std::nullopt;
    }
    return static_cast<int>(info.ssi_signo);
  }

 private:
  sigset_t saved_mask_{};
  void (*old_pipe_handler_)(int) = SIG_DFL;
  int fd_ = -1;
};

class Client {
 public:
  Client(int agent_fd, const LaneRequest& request)
      : agent_(agent_fd), request_(request), terminal_(request.stdin_fd, request.stdout_fd, request.stderr_fd) {
    outputs_[0].fd = terminal_.output_fd();
    outputs_[1].fd = request.stdout_fd;
    outputs_[2].fd = request.stderr_fd;
  }

  LaneResult<int> run() {
    send_start();
    terminal_.enter_raw();
    if (request_.timeout.count() > 0) {
      deadline_ = Clock::now() + request_.timeout;
    }
    while (!exit_status_ || outputs_pending()) {
      KX_TRY(step());
    }
    return *exit_status_;
  }

 private:
  static constexpr std::uint32_t channel = 1;

  struct Output {
    int fd = -1;
    std::string pending;
    bool closed = false;
  };

  void send_start() {
    StartHeader header{};
    header.terminal_mask = terminal_.mask();
    header.modes_valid = terminal_.modes(header.modes) ? 1 : 0;
    header.file_mode_mask = umask(0);
    umask(static_cast<mode_t>(header.file_mode_mask));
    header.argument_count = static_cast<std::uint32_t>(request_.arguments.size());
    header.environment_count = static_cast<std::uint32_t>(request_.environment.size());
    header.window = terminal_.window();
    std::string payload;
    append_raw(payload, header);
    payload.append(request_.directory.c_str(), request_.directory.size() + 1);
    for (const auto* strings : {&request_.arguments, &request_.environment}) {
      for (const std::string& string : *strings) {
        payload.append(string.c_str(), string.size() + 1);
      }
    }
    append_frame(to_agent_, channel, FrameType::Start, std::string_view{payload});
  }

  // Waits for something to happen and handles it.
  LaneResult<void> step() {
    const bool read_stdin = stdin_open_ && stdin_credit_ > 0 && to_agent_.size() < stream_window_size &&
                            !exit_status_ && terminal_.may_read();
    pollfd polls[6] = {
        {agent_, static_cast<short>(POLLIN | (to_agent_.empty() ? 0 : POLLOUT)), 0},
        {signals_.fd(), POLLIN, 0},
        {read_stdin ? request_.stdin_fd : -1, POLLIN, 0},
    };
    for (std::size_t i = 0; i < 3; ++i) {
      polls[3 + i] = {outputs_[i].closed ? -1 : outputs_[i].fd,
                      static_cast<short>(outputs_[i].pending.empty() ? 0 : POLLOUT), 0};
    }
    if (poll(polls, 6, poll_timeout_ms()) < 0 && errno != EINTR) {
      return Unexpected{LaneError{std::string{"software lane: poll: "} + std::strerror(errno)}};
    }
    if (deadline_ && Clock::now() >= *deadline_ && !timed_out_) {
      timed_out_ = true;
      append_frame(to_agent_, channel, FrameType::Cancel);
    }
    while (auto number = signals_.next()) {
      forward(*number);
    }
    for (std::uint32_t i = 0; i < 3; ++i) {
      write_output(i, polls[3 + i].revents);
    }
    if ((polls[2].revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) != 0) {
      forward_stdin();
    }
    KX_TRY(flush());
    if ((polls[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
      KX_TRY(receive());
    }
    return {};
  }

  [[nodiscard]] int poll_timeout_ms() const {
    if (!deadline_ || timed_out_) {
      return -1;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*deadline_ - Clock::now()).count() + 1;
    return static_cast<int>(std::clamp<long>(left, 0, 1'000'000));
  }

  void forward(int number) {
    if (number == SIGWINCH || number == SIGCONT) {
      send_window();
    }
    if (number == SIGCONT) {
      terminal_.enter_raw();
    }
    if (number != SIGWINCH) {  // the terminal inside raises that itself
      append_frame(to_agent_, channel, FrameType::Signal, {static_cast<std::uint32_t>(number)});
    }
  }

  void send_window() {
    std::string payload;
    append_raw(payload, terminal_.window());
    append_frame(to_agent_, channel, FrameType::Resize, std::string_view{payload});
  }

  // Stops this process as the command was stopped, so that the shell above sees it; goes on when it is continued.
  void stop_like(int number) {
    terminal_.leave_raw();
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGTSTP);
    sigaddset(&mask, SIGCONT);
    raise(number == SIGTSTP || number == SIGTTIN || number == SIGTTOU ? number : SIGSTOP);
    sigprocmask(SIG_UNBLOCK, &mask, nullptr);  // the stop takes place here
    sigprocmask(SIG_BLOCK, &mask, nullptr);
    forward(SIGCONT);
  }

  void forward_stdin() {
    char buffer[max_data_size];
    const ssize_t count = read(request_.stdin_fd, buffer, std::min<std::size_t>(sizeof buffer, stdin_credit_));
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
      return;
    }
    if (count <= 0) {
      stdin_open_ = false;
      append_frame(to_agent_, channel, FrameType::StdinEnd);
      return;
    }
    stdin_credit_ -= static_cast<std::uint32_t>(count);
    append_frame(to_agent_, channel, FrameType::StdinData, std::string_view{buffer, static_cast<std::size_t>(count)});
  }

  [[nodiscard]] bool outputs_pending() const {
    return std::any_of(std::begin(outputs_), std::end(outputs_), [](const Output& o) { return !o.pending.empty(); });
  }

  // Writes what a pipe that is ready surely takes, since a blocked write would keep signals from the command.
  void write_output(std::uint32_t stream, short events) {
    Output& output = outputs_[stream];
    constexpr std::size_t pipe_atomic_size = 4096;
    if (output.closed || events == 0) {
      return;
    }
    ssize_t count = 0;
    if (!output.pending.empty()) {
      count = write(output.fd, output.pending.data(), std::min(output.pending.size(), pipe_atomic_size));
    } else if ((events & (POLLERR | POLLNVAL)) != 0) {
      count = -1;
      errno = EPIPE;
    }
    if (count < 0 && errno != EAGAIN && errno != EINTR) {
      output.closed = true;
      output.pending.clear();
      append_frame(to_agent_, channel, FrameType::OutputClosed, {stream});
    } else if (count > 0) {
      output.pending.erase(0, static_cast<std::size_t>(count));
      append_frame(to_agent_, channel, FrameType::OutputCredit, {stream, static_cast<std::uint32_t>(count)});
    }
  }

  LaneResult<void> flush() {
    while (!to_agent_.empty()) {
      const ssize_t count = send(agent_, to_agent_.data(), to_agent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        break;
      }
      if (count < 0) {
        return lost();
      }
      to_agent_.erase(0, static_cast<std::size_t>(count));
    }
    return {};
  }

  LaneResult<void> receive() {
    char buffer[64 * 1024];
    const ssize_t count = recv(agent_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
      return {};
    }
    if (count <= 0) {
      return exit_status_ ? LaneResult<void>{} : lost();
    }
    reader_.add({buffer, static_cast<std::size_t>(count)});
    while (auto frame = reader_.next()) {
      if (frame->channel == channel) {
        KX_TRY(handle(*frame));
      }
    }
    return {};
  }

  static Unexpected<LaneError> lost() {
    return Unexpected{LaneError{"software lane: virtual machine ended while the command ran"}};
  }

  LaneResult<void> handle(const Frame& frame) {
    switch (frame.type) {
      case FrameType::Output:
        if (const std::uint32_t stream = frame.word(0); stream < 3 && !outputs_[stream].closed) {
          outputs_[stream].pending.append(frame.payload, sizeof stream);
        }
        break;
      case FrameType::StdinCredit:
        stdin_credit_ += frame.word(0);
        break;
      case FrameType::StdinClosed:
        stdin_open_ = false;
        break;
      case FrameType::Stopped:
        stop_like(static_cast<int>(frame.word(0)));
        break;
      case FrameType::Exited: {
        const int status = static_cast<int>(frame.word(0));
        exit_status_ = WIFEXITED(status) ? WEXITSTATUS(status) : exit_status_signal + WTERMSIG(status);
        if (timed_out_) {
          exit_status_ = exit_status_timeout;
        }
        break;
      }
      case FrameType::Failed: {
        const int error = static_cast<int>(frame.word(0));
        const std::string what = frame.payload.substr(sizeof(std::uint32_t));
        const std::string& thing = what == "working directory" ? request_.directory : request_.arguments[0];
        return Unexpected{LaneError{"software lane: " + what + " " + thing + ": " + std::strerror(error),
                                    error == ENOENT ? exit_status_not_found : exit_status_cannot_run}};
      }
      default:
        break;
    }
    return {};
  }

  int agent_;
  const LaneRequest& request_;
  Terminal terminal_;
  SignalsToForward signals_;
  FrameReader reader_;
  std::string to_agent_;
  Output outputs_[3];  // by stream: the terminal, stdout, stderr
  bool stdin_open_ = true;
  std::uint32_t stdin_credit_ = stream_window_size;
  std::optional<Clock::time_point> deadline_;
  bool timed_out_ = false;
  std::optional<int> exit_status_;
};

}  // namespace

LaneRequest request_like_this_process(std::vector<std::string> arguments) {
  LaneRequest request;
  request.arguments = std::move(arguments);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (std::strncmp(*entry, "KX_LANE_", std::strlen("KX_LANE_")) != 0) {  // those choose the lane, from outside
      request.environment.emplace_back(*entry);
    }
  }
  char directory[4096];
  request.directory = getcwd(directory, sizeof directory) != nullptr ? directory : "/";
  return request;
}

LaneResult<int> run_on_connection(int agent_fd, const LaneRequest& request) {
  return Client{agent_fd, request}.run();
}

}  // namespace kx::lane
