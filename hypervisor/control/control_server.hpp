// ControlServer: answers the other verbs of kx about a running family.
//
// It costs a family nothing until somebody asks: the socket is watched by the service thread, and the first connection
// makes the thread that serves this and all later ones.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "hypervisor/control/library_server.hpp"
#include "hypervisor/control/protocol.hpp"
#include "hypervisor/error.hpp"
#include "hypervisor/process/process_table.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv {

class Family;

class ControlServer {
 public:
  // `listener`: from control::listen_in(). `owner`: whose requests are served, beside root's.
  ControlServer(Family& family, UniqueFd listener, uid_t owner);
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;
  ~ControlServer();

  [[nodiscard]] int listener() const { return listener_.get(); }

  // Makes the thread. On the service thread; once, if it can be made.
  bool start();

  // A process of the family has ended: whoever had it executed is told. Any thread; does not wait.
  void process_ended(ProcessId pid, std::int32_t wait_status, const Error* failure);

 private:
  struct Connection {
    UniqueFd fd;
    uid_t user = 0;          // whose client it is
    ProcessId executed = 0;  // the program that it waits for
  };
  struct Ended {
    ProcessId pid;
    std::int32_t status;
    std::string failure;  // of loading; empty: none
    int exit_status;
  };

  void run();
  void accept_one();
  bool serve(Connection& connection);  // false: done with it
  bool answer(Connection& connection, const control::Request& request, std::vector<UniqueFd> descriptors);
  bool list(int fd);
  bool signal(int fd, const control::Request& request, ProcessId executed);
  bool statistics(int fd, const control::Request& request);
  bool libraries(const Connection& connection, const control::Request& request, std::vector<UniqueFd> descriptors);
  bool execute(Connection& connection, const control::Request& request, std::vector<UniqueFd> descriptors);
  void hang_up(const Connection& connection);
  void report_ended();
  void ring();

  Family& family_;
  LibraryServer libraries_;
  const UniqueFd listener_;
  const uid_t owner_;
  UniqueFd wakeup_;
  std::vector<Connection> connections_;
  std::mutex mutex_;  // what follows
  std::vector<Ended> ended_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace kx::hv
