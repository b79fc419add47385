#include "hypervisor/network/port_forwarder.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "hypervisor/start_thread.hpp"

namespace kx::hv {

namespace {

constexpr std::size_t chunk_size = 64 << 10;  // what a pipe holds, pipe(7)
constexpr int most_chunks = 32;               // of one connection before others have their turn
constexpr int rest_ms = 100;

Result<UniqueFd> connect_to_family(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) {
    return Unexpected{system_error("socket")};
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // SAFETY: a socket address, as connect(2) wants it.
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS) {
    return Unexpected{system_error("connect")};
  }
  return fd;
}

Result<void> open_pipe(UniqueFd& in, UniqueFd& out) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
    return Unexpected{system_error("pipe2")};
  }
  out = UniqueFd(ends[0]);
  in = UniqueFd(ends[1]);
  return {};
}

void send_at_once(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool watch(int epoll, int fd, std::uint32_t events, void* who) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = who;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

void reset_when_closed(int fd) {
  const linger at_once{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

// splice(2) without blocking, of sockets and pipes: -1 with EAGAIN when nothing can be moved.
ssize_t splice_some(int from, int to, std::size_t size) {
  ssize_t moved;
  do {
    moved = ::splice(from, nullptr, to, nullptr, size, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  } while (moved < 0 && errno == EINTR);
  return moved;
}

}  // namespace

Result<std::unique_ptr<PortForwarder>> PortForwarder::start(std::vector<PublishedListener> listeners) {
  std::unique_ptr<PortForwarder> forwarder(new PortForwarder());
  forwarder->listeners_ = std::move(listeners);
  for (const PublishedListener& listener : forwarder->listeners_) {
    ::fcntl(listener.socket.get(), F_SETFL, O_NONBLOCK);
  }
  forwarder->epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  forwarder->stop_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!forwarder->epoll_ || !forwarder->stop_ ||
      !watch(forwarder->epoll_.get(), forwarder->stop_.get(), EPOLLIN, nullptr)) {
    return Unexpected{system_error("watch the published ports")};
  }
  forwarder->watch_listeners(true);
  KX_TRY_ASSIGN(forwarder->thread_, start_thread([self = forwarder.get()] { self->run(); }));
  return forwarder;
}

PortForwarder::~PortForwarder() {
  if (thread_.joinable()) {
    const std::uint64_t one = 1;
    static_cast<void>(::write(stop_.get(), &one, sizeof one));
    thread_.join();
  }
}

void PortForwarder::watch_listeners(bool watched) {
  for (PublishedListener& listener : listeners_) {
    if (watched) {
      watch(epoll_.get(), listener.socket.get(), EPOLLIN, &listener);
    } else {
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener.socket.get(), nullptr);
    }
  }
  resting_ = !watched;
}

void PortForwarder::run() {
  constexpr int most_events = 64;
  epoll_event events[most_events];
  for (;;) {
    const int timeout = !ready_.empty() ? 0 : (resting_ ? rest_ms : -1);
    const int count = ::epoll_wait(epoll_.get(), events, most_events, timeout);
    if (resting_ && count == 0) {
      watch_listeners(true);
    }
    for (int i = 0; i < count; ++i) {
      void* const who = events[i].data.ptr;
      if (who == nullptr) {
        return;
      }
      const auto listener = std::find_if(listeners_.begin(), listeners_.end(),
                                         [&](const PublishedListener& each) { return &each == who; });
      if (listener != listeners_.end()) {
        accept_from(*listener);
      } else {
        make_ready(*static_cast<Connection*>(who));
      }
    }
    serve_ready();
  }
}

void PortForwarder::make_ready(Connection& connection) {
  if (!connection.ready) {
    connection.ready = true;
    ready_.push_back(&connection);
  }
}

void PortForwarder::serve_ready() {
  std::vector<Connection*> ready;
  ready.swap(ready_);
  for (Connection* connection : ready) {
    connection->ready = false;
    bool has_more = false;
    if (!serve(*connection, has_more)) {
      connections_.erase(connection->self);
    } else if (has_more) {
      make_ready(*connection);
    }
  }
}

void PortForwarder::accept_from(PublishedListener& listener) {
  for (int i = 0; i < most_chunks; ++i) {
    UniqueFd client(::accept4(listener.socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!client) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        watch_listeners(false);
      }
      return;
    }
    open(std::move(client), listener.family_port);
  }
}

// What fails ends this connection alone, with a reset.
void PortForwarder::open(UniqueFd client, std::uint16_t port) {
  const auto self = connections_.emplace(connections_.end());
  Connection& connection = *self;
  connection.self = self;
  connection.client = std::move(client);
  const auto prepare = [&]() -> Result<void> {
    KX_TRY_ASSIGN(connection.server, connect_to_family(port));
    KX_TRY(open_pipe(connection.to_server.pipe_in, connection.to_server.pipe_out));
    KX_TRY(open_pipe(connection.to_client.pipe_in, connection.to_client.pipe_out));
    send_at_once(connection.client.get());
    send_at_once(connection.server.get());
    constexpr std::uint32_t all = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    if (!watch(epoll_.get(), connection.client.get(), all, &connection) ||
        !watch(epoll_.get(), connection.server.get(), all, &connection)) {
      return Unexpected{system_error("epoll_ctl")};
    }
    return {};
  };
  if (!prepare()) {
    reset_when_closed(connection.client.get());
    connections_.erase(self);
  }
}

PortForwarder::Moved PortForwarder::move(int from, Direction& direction, int to) {
  Moved moved = Moved::Nothing;
  if (!direction.ended && direction.held < chunk_size) {
    const ssize_t size = splice_some(from, direction.pipe_in.get(), chunk_size - direction.held);
    if (size > 0) {
      direction.held += static_cast<std::size_t>(size);
      moved = Moved::Something;
    } else if (size == 0) {
      direction.ended = true;
    } else if (errno != EAGAIN) {
      return Moved::Failed;
    }
  }
  if (direction.held != 0) {
    const ssize_t size = splice_some(direction.pipe_out.get(), to, direction.held);
    if (size > 0) {
      direction.held -= static_cast<std::size_t>(size);
      moved = Moved::Something;
    } else if (size == 0 || errno != EAGAIN) {
      return Moved::Failed;
    }
  }
  if (direction.ended && direction.held == 0 && !direction.closed) {
    ::shutdown(to, SHUT_WR);
    direction.closed = true;
  }
  return moved;
}

bool PortForwarder::serve(Connection& connection, bool& has_more) {
  const int client = connection.client.get(), server = connection.server.get();
  if (connection.connecting) {
    sockaddr_storage peer;
    socklen_t size = sizeof peer;
    int error = 0;
    socklen_t error_size = sizeof error;
    ::getsockopt(server, SOL_SOCKET, SO_ERROR, &error, &error_size);
    // SAFETY: a socket address to be filled, getpeername(2).
    if (error == 0 && ::getpeername(server, reinterpret_cast<sockaddr*>(&peer), &size) != 0) {
      return true;  // not yet
    }
    if (error != 0) {
      reset_when_closed(client);
      return false;
    }
    connection.connecting = false;
  }
  for (int i = 0; i < most_chunks; ++i) {
    const Moved there = move(client, connection.to_server, server);
    const Moved back = move(server, connection.to_client, client);
    if (there == Moved::Failed || back == Moved::Failed) {
      reset_when_closed(client);
      reset_when_closed(server);
      return false;
    }
    if (there == Moved::Nothing && back == Moved::Nothing) {
      return !(connection.to_server.closed && connection.to_client.closed);
    }
  }
  has_more = true;
  return true;
}

}  // namespace kx::hv
