#include "lane_agent_command.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "toolstack/lane_protocol.hpp"

namespace kx::lane {

struct Command::Request {
  StartHeader header{};
  std::string directory;
  std::vector<std::string> arguments;
  std::vector<std::string> environment;

  // False if the payload is not a well-formed start frame.
  bool parse(const std::string& payload) {
    if (payload.size() < sizeof header || payload.back() != '\0') {
      return false;
    }
    std::memcpy(&header, payload.data(), sizeof header);
    std::vector<std::string> strings;
    for (std::size_t at = sizeof header; at < payload.size(); at = payload.find('\0', at) + 1) {
      strings.emplace_back(payload.c_str() + at);
    }
    if (header.argument_count == 0 ||
        strings.size() != 1 + std::size_t{header.argument_count} + header.environment_count) {
      return false;
    }
    const auto first_environment = strings.begin() + 1 + header.argument_count;
    directory = strings[0];
    arguments.assign(strings.begin() + 1, first_environment);
    environment.assign(first_environment, strings.end());
    return true;
  }
};

namespace {

enum class ReportKind : std::int32_t { Program, Status, DirectoryFailed, ExecFailed };

struct Report {
  ReportKind kind;
  std::int32_t value;
};

void send_report(int fd, ReportKind kind, int value) {
  const Report report{kind, value};
  [[maybe_unused]] ssize_t count = write(fd, &report, sizeof report);
}

void write_text(const std::string& path, const char* text) {
  int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  [[maybe_unused]] ssize_t count = write(fd, text, std::strlen(text));
  close(fd);
}

void close_fd(int& fd) {
  if (fd >= 0) {
    close(fd);
  }
  fd = -1;
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (const std::string& string : strings) {
    result.push_back(const_cast<char*>(string.c_str()));
  }
  result.push_back(nullptr);
  return result;
}

void apply_modes(int terminal, const StartHeader& header) {
  termios modes{};
  tcgetattr(terminal, &modes);
  if (header.modes_valid != 0) {
    modes.c_iflag = header.modes.input;
    modes.c_oflag = header.modes.output;
    modes.c_cflag = header.modes.control;
    modes.c_lflag = header.modes.local;
    modes.c_line = header.modes.line;
    std::copy(std::begin(header.modes.characters), std::end(header.modes.characters), modes.c_cc);
  }
  if ((header.terminal_mask & 1) == 0) {
    modes.c_oflag &= ~static_cast<tcflag_t>(OPOST);  // the client's terminal is not raw then and does it
  }
  tcsetattr(terminal, TCSANOW, &modes);
}

void resize(int terminal, const WindowSize& window) {
  const winsize size{window.rows, window.columns, window.width, window.height};
  ioctl(terminal, TIOCSWINSZ, &size);
}

}  // namespace

Command::Command(std::uint32_t channel, const std::string& start_payload, std::string& output) : channel_(channel) {
  Request request;
  if (!request.parse(start_payload)) {
    append_frame(output, channel_, FrameType::Failed, {EINVAL}, "start frame");
    finished_ = true;
    return;
  }
  start(request, output);
}

Command::~Command() {
  write_text(group_path() + "/cgroup.kill", "1");
  close_fd(stdin_);
  for (Output& stream : outputs_) {
    close_fd(stream.fd);
  }
  close_fd(terminal_);
  close_fd(reports_);
  constexpr int tries = 50;
  for (int i = 0; i < tries && rmdir(group_path().c_str()) != 0 && errno == EBUSY; ++i) {
    usleep(1000);
  }
}

std::string Command::group_path() const {
  return "/sys/fs/cgroup/kx/" + std::to_string(channel_);
}

void Command::start(const Request& request, std::string& output) {
  mkdir(group_path().c_str(), 0755);
  int inside[3] = {-1, -1, -1};
  if (request.header.terminal_mask != 0) {
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    int locked = 0;
    ioctl(master, TIOCSPTLCK, &locked);
    terminal_ = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    apply_modes(terminal_, request.header);
    resize(terminal_, request.header.window);
    outputs_[0].fd = master;
  }
  for (unsigned i = 0; i < 3; ++i) {
    if ((request.header.terminal_mask >> i & 1) != 0) {
      inside[i] = fcntl(terminal_, F_DUPFD_CLOEXEC, 3);
      if (i == 0) {
        stdin_ = fcntl(outputs_[0].fd, F_DUPFD_CLOEXEC, 3);
      }
      continue;
    }
    int pipe_fds[2];
    if (pipe2(pipe_fds, O_CLOEXEC) != 0) {
      append_frame(output, channel_, FrameType::Failed, {static_cast<std::uint32_t>(errno)}, "pipe");
      finished_ = true;
      return;
    }
    inside[i] = pipe_fds[i == 0 ? 0 : 1];
    int& outside = i == 0 ? stdin_ : outputs_[i].fd;
    outside = pipe_fds[i == 0 ? 1 : 0];
    fcntl(outside, F_SETFL, O_NONBLOCK);
  }
  int report_fds[2];
  if (pipe2(report_fds, O_CLOEXEC) == 0) {
    reports_ = report_fds[0];
    if (fork() == 0) {
      run_shim(request, inside, report_fds[1]);
    }
    close(report_fds[1]);
    // Comes at once, and signals that the client sends from now on have somewhere to go.
    Report report{};
    if (read(reports_, &report, sizeof report) == sizeof report) {
      program_ = report.value;
    }
    fcntl(reports_, F_SETFL, O_NONBLOCK);
  }
  for (int fd : inside) {
    if (fd >= 0) {
      close(fd);
    }
  }
  if (program_ < 0) {
    append_frame(output, channel_, FrameType::Failed, {static_cast<std::uint32_t>(errno)}, "fork");
    finished_ = true;
  }
}

// The shim leads the session and stays in a process group of its own. So the group of the program is not orphaned,
// and stop signals have their effect (setpgid(2), POSIX "orphaned process group").
void Command::run_shim(const Request& request, const int (&inside)[3], int reports) const {
  sigset_t none;
  sigemptyset(&none);
  setsid();
  if (terminal_ >= 0) {
    ioctl(terminal_, TIOCSCTTY, 0);
  }
  write_text(group_path() + "/cgroup.procs", "0");
  std::signal(SIGTTOU, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
  const pid_t program = fork();
  if (program == 0) {
    setpgid(0, 0);
    if (terminal_ >= 0) {
      tcsetpgrp(terminal_, getpgrp());
    }
    for (int i = 0; i < 3; ++i) {
      dup2(inside[i], i);
    }
    for (int number : {SIGTTOU, SIGHUP, SIGPIPE}) {
      std::signal(number, SIG_DFL);
    }
    sigprocmask(SIG_SETMASK, &none, nullptr);
    umask(request.header.file_mode_mask);
    if (chdir(request.directory.c_str()) != 0) {
      send_report(reports, ReportKind::DirectoryFailed, errno);
      _exit(126);
    }
    std::vector<char*> environment = pointers(request.environment);
    environ = environment.data();
    execvp(request.arguments[0].c_str(), pointers(request.arguments).data());
    send_report(reports, ReportKind::ExecFailed, errno);
    _exit(127);
  }
  setpgid(program, program);
  send_report(reports, ReportKind::Program, program);
  // Ends of pipes that stayed open here would keep the others from seeing their end.
  constexpr unsigned first_fd = 3;
  close_range(first_fd, static_cast<unsigned>(reports) - 1, 0);
  close_range(static_cast<unsigned>(reports) + 1, ~0U, 0);
  for (int status = 0; waitpid(program, &status, WUNTRACED) == program;) {
    send_report(reports, ReportKind::Status, status);
    if (!WIFSTOPPED(status)) {
      break;
    }
  }
  // The session's end would hang up the terminal before all of its output was read: the agent ends this process.
  for (;;) {
    pause();
  }
}

void Command::handle(const Frame& frame) {
  switch (frame.type) {
    case FrameType::StdinData:
      pending_stdin_ += frame.payload;
      break;
    case FrameType::StdinEnd:
      stdin_ended_ = true;
      break;
    case FrameType::Signal:
      send_signal(static_cast<int>(frame.word(0)));
      break;
    case FrameType::Resize:
      if (WindowSize window{}; outputs_[0].fd >= 0 && frame.payload.size() == sizeof window) {
        std::memcpy(&window, frame.payload.data(), sizeof window);
        resize(outputs_[0].fd, window);
      }
      break;
    case FrameType::OutputCredit:
      if (frame.word(0) < 3) {
        outputs_[frame.word(0)].credit += frame.word(1);
      }
      break;
    case FrameType::OutputClosed:
      if (frame.word(0) < 3) {
        close_fd(outputs_[frame.word(0)].fd);
      }
      break;
    case FrameType::Cancel:
      exited_ = true;
      wait_status_ = SIGKILL;
      for (Output& stream : outputs_) {
        close_fd(stream.fd);
      }
      break;
    default:
      break;
  }
}

// A terminal and a shell send these to the whole foreground group, kill(1) the others to one process.
void Command::send_signal(int number) const {
  if (program_ > 0 && !exited_) {
    const bool whole_group =
        number == SIGINT || number == SIGQUIT || number == SIGHUP || number == SIGTSTP || number == SIGCONT;
    kill(whole_group ? -program_ : program_, number);
  }
}

void Command::add_polls(std::vector<pollfd>& polls) const {
  if (stdin_ >= 0 && !pending_stdin_.empty()) {
    polls.push_back({stdin_, POLLOUT, 0});
  }
  for (const Output& stream : outputs_) {
    if (stream.fd >= 0 && stream.credit > 0) {
      polls.push_back({stream.fd, POLLIN, 0});
    }
  }
  polls.push_back({reports_, POLLIN, 0});
}

void Command::advance(std::string& output) {
  if (finished_) {
    return;
  }
  write_stdin(output);
  read_reports(output);
  bool all_read = true;
  for (std::uint32_t i = 0; i < 3; ++i) {
    all_read = drain(output, i) && all_read;
  }
  if (exited_ && all_read && !finished_) {
    finish(output);
  }
}

void Command::finish(std::string& output) {
  // What was written to a terminal reaches the other side through a work queue of the kernel.
  constexpr int settle_ms = 20;
  pollfd terminal{outputs_[0].fd, POLLIN, 0};
  if (outputs_[0].fd >= 0 && poll(&terminal, 1, settle_ms) > 0 && (terminal.revents & POLLIN) != 0) {
    return;
  }
  append_frame(output, channel_, FrameType::Exited, {static_cast<std::uint32_t>(wait_status_)});
  finished_ = true;
}

void Command::write_stdin(std::string& output) {
  while (stdin_ >= 0 && !pending_stdin_.empty()) {
    ssize_t count = write(stdin_, pending_stdin_.data(), pending_stdin_.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
      return;
    }
    if (count < 0) {
      close_fd(stdin_);
      append_frame(output, channel_, FrameType::StdinClosed);
      return;
    }
    pending_stdin_.erase(0, static_cast<std::size_t>(count));
    append_frame(output, channel_, FrameType::StdinCredit, {static_cast<std::uint32_t>(count)});
  }
  if (stdin_ended_ && stdin_ >= 0) {
    if (isatty(stdin_) != 0) {
      send_signal(SIGHUP);
    }
    close_fd(stdin_);
  }
}

bool Command::drain(std::string& output, std::uint32_t stream) {
  Output& from = outputs_[stream];
  char buffer[max_data_size];
  while (from.fd >= 0) {
    if (from.credit == 0) {
      return false;
    }
    ssize_t count = read(from.fd, buffer, std::min<std::size_t>(from.credit, sizeof buffer));
    if (count < 0 && errno == EAGAIN) {
      return true;
    }
    if (count <= 0) {
      close_fd(from.fd);
      return true;
    }
    from.credit -= static_cast<std::uint32_t>(count);
    append_frame(output, channel_, FrameType::Output, {stream}, {buffer, static_cast<std::size_t>(count)});
  }
  return true;
}

void Command::read_reports(std::string& output) {
  Report report{};
  while (!exited_) {
    const ssize_t count = read(reports_, &report, sizeof report);
    if (count == 0) {  // the command ended its own shim
      exited_ = true;
      wait_status_ = SIGKILL;
      return;
    }
    if (count < 0) {
      return;
    }
    const auto value = static_cast<std::uint32_t>(report.value);
    if (report.kind == ReportKind::DirectoryFailed || report.kind == ReportKind::ExecFailed) {
      append_frame(output, channel_, FrameType::Failed, {value},
                   report.kind == ReportKind::ExecFailed ? "program" : "working directory");
      finished_ = true;
      return;
    }
    if (report.kind == ReportKind::Status && WIFSTOPPED(report.value)) {
      append_frame(output, channel_, FrameType::Stopped, {static_cast<std::uint32_t>(WSTOPSIG(report.value))});
    } else if (report.kind == ReportKind::Status) {
      exited_ = true;
      wait_status_ = report.value;
    }
  }
}

}  // namespace kx::lane
