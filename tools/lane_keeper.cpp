#include "lane_keeper.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <vector>

#include "toolstack/lane_protocol.hpp"

namespace kx::lane {
namespace {

// More than this waiting for the agent, and no client is read until it went out.
constexpr std::size_t backlog_size = 1024 * 1024;

struct Connection {
  int fd = -1;
  FrameReader reader;
  std::string output;
};

bool send_some(int fd, std::string& output) {
  while (!output.empty()) {
    const ssize_t count = send(fd, output.data(), output.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0) {
      return errno == EAGAIN || errno == EINTR;
    }
    output.erase(0, static_cast<std::size_t>(count));
  }
  return true;
}

// False at the end of the connection.
bool receive_some(int fd, FrameReader& reader) {
  char buffer[64 * 1024];
  const ssize_t count = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (count > 0) {
    reader.add({buffer, static_cast<std::size_t>(count)});
  }
  return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

class Keeper {
 public:
  Keeper(Machine& machine, int listener, int signals) : machine_(machine), listener_(listener), signals_(signals) {}
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;
  ~Keeper() {
    for (auto& [channel, connection] : connections_) {
      close(connection.fd);
    }
  }

  LaneResult<void> serve() {
    for (;;) {
      std::vector<pollfd> polls = {
          {machine_.agent_fd(), poll_events(to_agent_, true), 0}, {listener_, POLLIN, 0}, {signals_, POLLIN, 0}};
      std::vector<std::uint32_t> channels;
      for (auto& [channel, connection] : connections_) {
        channels.push_back(channel);
        polls.push_back({connection.fd, poll_events(connection.output, to_agent_.size() < backlog_size), 0});
      }
      if (poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) {
        return Unexpected{LaneError{std::string{"software lane: poll: "} + std::strerror(errno)}};
      }
      if (polls[2].revents != 0) {
        return {};
      }
      if (polls[1].revents != 0) {
        accept_client();
      }
      for (std::size_t i = 0; i < channels.size(); ++i) {
        if (polls[3 + i].revents != 0) {
          serve_client(channels[i]);
        }
      }
      if (!serve_agent(polls[0].revents)) {
        return Unexpected{LaneError{"software lane: virtual machine ended: " + machine_.last_words()}};
      }
    }
  }

 private:
  static short poll_events(const std::string& output, bool read) {
    return static_cast<short>((read ? POLLIN : 0) | (output.empty() ? 0 : POLLOUT));
  }

  void accept_client() {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) {
      connections_[++last_channel_].fd = fd;
    }
  }

  void serve_client(std::uint32_t channel) {
    Connection& connection = connections_[channel];
    const bool open = receive_some(connection.fd, connection.reader) && send_some(connection.fd, connection.output);
    while (auto frame = connection.reader.next()) {
      if (frame->type != FrameType::Shutdown && frame->type != FrameType::SetClock) {
        append_frame(to_agent_, channel, frame->type, std::string_view{frame->payload});
      }
    }
    if (!open || connection.reader.bad()) {
      append_frame(to_agent_, channel, FrameType::Cancel);
      close(connection.fd);
      connections_.erase(channel);
    }
  }

  bool serve_agent(short events) {
    if ((events & (POLLIN | POLLHUP | POLLERR)) != 0 && !receive_some(machine_.agent_fd(), reader_)) {
      return false;
    }
    while (auto frame = reader_.next()) {
      if (auto it = connections_.find(frame->channel); it != connections_.end()) {
        append_frame(it->second.output, 1, frame->type, std::string_view{frame->payload});
        send_some(it->second.fd, it->second.output);
      }
    }
    return send_some(machine_.agent_fd(), to_agent_) && !reader_.bad();
  }

  Machine& machine_;
  int listener_;
  int signals_;
  FrameReader reader_;
  std::string to_agent_;
  std::uint32_t last_channel_ = 0;
  std::map<std::uint32_t, Connection> connections_;
};

}  // namespace

LaneResult<void> keep_lane(const std::string& socket_path, const MachineOptions& options, void (*ready)()) {
  sigset_t mask;
  sigemptyset(&mask);
  for (int number : {SIGTERM, SIGINT, SIGHUP}) {
    sigaddset(&mask, number);
  }
  sigprocmask(SIG_BLOCK, &mask, nullptr);
  const int signals = signalfd(-1, &mask, SFD_CLOEXEC);

  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (socket_path.size() >= sizeof address.sun_path) {
    return Unexpected{
        LaneError{"software lane: " + socket_path + ": name too long for a socket: choose a shorter one"}};
  }
  std::memcpy(address.sun_path, socket_path.c_str(), socket_path.size() + 1);
  KX_TRY_ASSIGN(Machine machine, Machine::start(options));
  unlink(socket_path.c_str());
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const mode_t old_mask = umask(0077);  // a client acts with the rights of the lane's owner
  // SAFETY: the sockets API takes every address type as sockaddr.
  const bool listening =
      bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && listen(listener, SOMAXCONN) == 0;
  umask(old_mask);
  if (!listening) {
    return Unexpected{LaneError{"software lane: " + socket_path + ": " + std::strerror(errno)}};
  }
  ready();
  LaneResult<void> result = Keeper{machine, listener, signals}.serve();
  unlink(socket_path.c_str());
  close(listener);
  close(signals);
  return result;
}

}  // namespace kx::lane
