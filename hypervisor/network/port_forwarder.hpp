// Carries the connections to a family's published ports from the host's network to the family's.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <thread>
#include <vector>

#include "hypervisor/error.hpp"
#include "hypervisor/network/network.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv {

// One thread, which sleeps while nothing moves. A connection to a published port becomes one to 127.0.0.1 of the
// family; bytes go on as they come, in the kernel (splice(2)), and so does the end of each direction. One that the
// family refuses is reset.
class PortForwarder {
 public:
  // In the family's network, before the system-call filter is there or after. Errors: those of epoll_create(2) and
  // pthread_create(3).
  static Result<std::unique_ptr<PortForwarder>> start(std::vector<PublishedListener> listeners);
  // Ends all connections.
  ~PortForwarder();
  PortForwarder(const PortForwarder&) = delete;
  PortForwarder& operator=(const PortForwarder&) = delete;

 private:
  // One way of a connection.
  struct Direction {
    UniqueFd pipe_in, pipe_out;
    std::size_t held = 0;  // bytes in the pipe
    bool ended = false;    // nothing more comes
    bool closed = false;   // and that was told
  };
  struct Connection {
    UniqueFd client, server;
    Direction to_server, to_client;
    bool connecting = true;
    bool ready = false;  // among ready_
    std::list<Connection>::iterator self;
  };
  enum class Moved : std::uint8_t { Nothing, Something, Failed };

  PortForwarder() = default;
  void run();
  void accept_from(PublishedListener& listener);
  void open(UniqueFd client, std::uint16_t port);
  // False: the connection is at its end.
  static bool serve(Connection& connection, bool& has_more);
  static Moved move(int from, Direction& direction, int to);
  void make_ready(Connection& connection);
  void serve_ready();
  void watch_listeners(bool watched);

  std::vector<PublishedListener> listeners_;
  std::list<Connection> connections_;
  std::vector<Connection*> ready_;
  UniqueFd epoll_;
  UniqueFd stop_;
  bool resting_ = false;  // no descriptors are left: the listeners are not watched for a moment
  std::thread thread_;
};

}  // namespace kx::hv
