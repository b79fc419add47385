// The only process the software lane's virtual machine starts: its init. Mounts the host's files and runs the
// commands that clients on the host ask for (toolstack/lane_protocol.hpp).
#include <fcntl.h>
#include <poll.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <memory>
#include <string>

#include "lane_agent_command.hpp"
#include "lane_agent_setup.hpp"
#include "toolstack/lane_protocol.hpp"

namespace kx::lane {
namespace {

class Agent {
 public:
  explicit Agent(int port) : port_(port) {
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGCHLD);
    sigprocmask(SIG_BLOCK, &mask, nullptr);
    children_ = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
    append_frame(output_, 0, FrameType::Ready, {protocol_version, static_cast<std::uint32_t>(kvm_errno())});
  }

  // Serves until the host asks for the end or the port breaks.
  void serve() {
    while (!done_) {
      std::vector<pollfd> polls{{port_, static_cast<short>(POLLIN | (output_.empty() ? 0 : POLLOUT)), 0},
                                {children_, POLLIN, 0}};
      for (auto& [channel, command] : commands_) {
        command->add_polls(polls);
      }
      if (poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) {
        return;
      }
      if ((polls[0].revents & POLLIN) != 0 && !receive()) {
        return;
      }
      if ((polls[0].revents & POLLHUP) != 0) {
        return;
      }
      if ((polls[1].revents & POLLIN) != 0) {
        reap();
      }
      for (auto it = commands_.begin(); it != commands_.end();) {
        it->second->advance(output_);
        it = it->second->finished() ? commands_.erase(it) : std::next(it);
      }
      send();
    }
  }

 private:
  bool receive() {
    char buffer[32 * 1024];
    ssize_t count = read(port_, buffer, sizeof buffer);
    if (count <= 0) {
      return count < 0 && (errno == EAGAIN || errno == EINTR);
    }
    reader_.add({buffer, static_cast<std::size_t>(count)});
    while (auto frame = reader_.next()) {
      handle(*frame);
    }
    return !reader_.bad();
  }

  void handle(const Frame& frame) {
    switch (frame.type) {
      case FrameType::Start:
        commands_[frame.channel] = std::make_unique<Command>(frame.channel, frame.payload, output_);
        break;
      case FrameType::SetClock:
        if (frame.payload.size() == sizeof(std::uint64_t)) {
          const std::uint64_t now_ns = frame.word(0) | std::uint64_t{frame.word(1)} << 32;
          const timespec now{static_cast<time_t>(now_ns / 1'000'000'000), static_cast<long>(now_ns % 1'000'000'000)};
          clock_settime(CLOCK_REALTIME, &now);
        }
        break;
      case FrameType::Shutdown:
        done_ = true;
        break;
      default:
        if (auto it = commands_.find(frame.channel); it != commands_.end()) {
          it->second->handle(frame);
        }
    }
  }

  void reap() {
    signalfd_siginfo info;
    while (read(children_, &info, sizeof info) == sizeof info) {
    }
    int status = 0;
    while (waitpid(-1, &status, WNOHANG) > 0) {
    }
  }

  void send() {
    while (!output_.empty()) {
      ssize_t count = write(port_, output_.data(), std::min<std::size_t>(output_.size(), 32 * 1024));
      if (count <= 0) {
        return;
      }
      output_.erase(0, static_cast<std::size_t>(count));
    }
  }

  int port_;
  int children_ = -1;
  bool done_ = false;
  FrameReader reader_;
  std::string output_;
  std::map<std::uint32_t, std::unique_ptr<Command>> commands_;
};

}  // namespace
}  // namespace kx::lane

int main() {
  std::signal(SIGPIPE, SIG_IGN);
  if (int port = kx::lane::set_up_machine(); port >= 0) {
    kx::lane::Agent{port}.serve();
  }
  sync();
  reboot(RB_POWER_OFF);
  return 1;
}
