// LibraryServer: serves what clients ask about libraries, one request after the other, on a thread that the first one
// makes.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "hypervisor/control/protocol.hpp"
#include "hypervisor/unique_fd.hpp"
#include "hypervisor/updates/library_updates.hpp"

namespace kx::hv {

struct LibraryJob {
  UniqueFd client;  // its connection
  uid_t user = 0;   // who it is
  control::Verb verb{};
  libraries::UpdateRequest request;  // as far as the verb asks for it
};

class LibraryServer {
 public:
  explicit LibraryServer(Family& family) : family_(family), updates_(family) {}
  LibraryServer(const LibraryServer&) = delete;
  LibraryServer& operator=(const LibraryServer&) = delete;
  ~LibraryServer();

  // The client is answered once it is done. False: there is no thread for it.
  bool add(LibraryJob job);

 private:
  void run();
  void serve(LibraryJob& job);
  void note(const LibraryJob& job, const std::string& library, const std::string& file, const std::string& result);

  Family& family_;
  LibraryUpdates updates_;
  std::mutex mutex_;  // what follows
  std::condition_variable changed_;
  std::deque<LibraryJob> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace kx::hv
