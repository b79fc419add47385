// Who of the family is behind a UNIX socket. To the host every process of a family is kx: what SO_PEERCRED and
// SCM_CREDENTIALS tell has to be known here (unix(7)).
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace kx::hv::ipc {

// A map that forgets the oldest entries: sockets go without anybody being told.
template <class Value>
class RecentMap {
 public:
  Value& operator[](std::uint64_t key) {
    const auto [entry, added] = entries_.try_emplace(key);
    if (added) {
      order_.push_back(key);
      if (order_.size() > most_entries) {
        entries_.erase(order_.front());
        order_.pop_front();
      }
    }
    return entry->second;
  }
  [[nodiscard]] const Value* find(std::uint64_t key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : &found->second;
  }

 private:
  static constexpr std::size_t most_entries = 65536;
  std::unordered_map<std::uint64_t, Value> entries_;
  std::deque<std::uint64_t> order_;
};

// Thread-safe. A pid of 0 is somebody who is not known, as Linux says it of processes in other namespaces.
class SocketPeers {
 public:
  // socketpair(2) by `pid`, for each end.
  void paired(int fd, pid_t pid);
  void listens(int fd, pid_t pid);
  // connect(2): before, and once it has succeeded; `file` is the socket's in the file system.
  void connects(int fd, pid_t pid);
  void connected(int fd, int file);
  void accepted(int fd);
  // What SO_PEERCRED tells of a socket whose peer is of the family.
  [[nodiscard]] pid_t peer(int fd);

  // From now on it is noted who sends: somebody wants to be told.
  void watch_senders() { watching_.store(true); }
  [[nodiscard]] bool watches_senders() const { return watching_.load(std::memory_order_relaxed); }

  // Whether it is to be noted who sends through `fd`.
  [[nodiscard]] bool notes(int fd) const;
  // Runs `send`, which does not wait, for `pid` while nobody else sends at once: its result. A failure is as if it had
  // not been tried.
  std::int64_t send_at_once(int fd, pid_t pid, const std::function<std::int64_t()>& send);

  // A send that may have to wait, while it is under way.
  class Sending {
   public:
    Sending(SocketPeers& peers, int fd, pid_t pid);
    ~Sending();
    Sending(const Sending&) = delete;
    Sending& operator=(const Sending&) = delete;

   private:
    SocketPeers& peers_;
    std::uint64_t inode_;
  };

  // What is known before a message is received through `fd`, and who sent it, once it was. Several processes that send
  // through one end at the same time are told apart only while the other end keeps up; else it is nobody.
  struct Receiving {
    std::uint64_t peer_inode = 0;
    std::uint64_t batches = 0;
    bool under_way = false;       // something was being sent
    std::optional<pid_t> sender;  // of what was there already
  };
  [[nodiscard]] Receiving receiving(int fd);
  [[nodiscard]] pid_t sender(const Receiving& before);

 private:
  // Of one end. A batch begins when nothing that was sent before is left unread.
  struct Sender {
    pid_t pid = 0;
    std::uint32_t under_way = 0;
    std::uint64_t batches = 0;
    std::uint64_t changed_at = 0;  // the batch since which `pid` sends
  };

  void begin_send(int fd, std::uint64_t inode, pid_t pid);
  void end_send(std::uint64_t inode);

  std::atomic<bool> watching_ = false;
  std::mutex sending_;           // before the other one; held while something is sent that does not wait
  std::mutex mutex_;             // what follows
  RecentMap<pid_t> peers_;       // by the socket's cookie: what the host's SO_PEERCRED stands for
  RecentMap<pid_t> connectors_;  // by the inode of the socket that connected
  RecentMap<pid_t> listeners_;   // by the socket's file
  RecentMap<Sender> senders_;    // by the inode of the socket that is sent through
};

}  // namespace kx::hv::ipc
