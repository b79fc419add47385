// mq_notify(3) on the family's message queues. The queues are the host's, to which every process of the family is kx:
// it tells of a message, once, whoever registered. Who that was, and what is to become of it, is kept here.
//
// The host is asked to notify by a netlink socket (SIGEV_THREAD) of the hypervisor's own, which is looked at after each
// message that a process of the family sent: nobody else has these queues.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <kx/abi/boot.hpp>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "hypervisor/process/handle_table.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv::ipc {

class QueueNotifications {
 public:
  using File = HandleTable::File;
  using Cookie = std::array<std::byte, 32>;  // NOTIFY_COOKIE_LEN
  // Sends a signal to a process, if there still is one.
  using Post = std::function<void(std::int32_t process, const abi::InboxSignal& information)>;

  struct Signal {
    int number = 0;  // 0: none, the message only ends the registration
    std::uint64_t value = 0;
  };

  // Set while the family starts.
  void set_post(Post post) { post_ = std::move(post); }

  // Registers `process` with a queue. 0 or -errno, that of mq_notify(2).
  std::int64_t add(std::int32_t process, const File& queue, const Signal& signal);
  // The same by a socket of the process's own: `ask` makes the host's mq_notify(2), which waits for room in the socket,
  // and is called without a lock.
  std::int64_t add(std::int32_t process, const File& queue, const std::function<std::int64_t()>& ask);
  // Takes the registration of `process` back, if there is one. 0 or -errno.
  std::int64_t remove(std::int32_t process, const File& queue);
  // `sender` has sent a message: tells whoever is to know of it.
  void sent(std::int32_t sender, std::uint32_t uid);
  // `process` closes `file`, of whatever kind. On the host any closing of a queue by kx would end a registration: a
  // file is kept for its length, unless the process itself is registered.
  void closing(std::int32_t process, const File& file);
  // The same for all files of a process that ends.
  void process_ends(std::int32_t process, const std::vector<File>& files);
  // False: nobody is registered anywhere, and nothing above has anything to do.
  [[nodiscard]] bool any() const { return count_.load(std::memory_order_acquire) != 0; }

 private:
  using Key = std::pair<dev_t, ino_t>;
  struct Entry {
    std::int32_t process = 0;
    std::uint64_t id = 0;  // in the cookie
    Signal signal;
    std::vector<File> kept;
  };
  using Signals = std::vector<std::pair<std::int32_t, abi::InboxSignal>>;

  void post(const Signals& signals) const;
  Signals drain(std::int32_t sender, std::uint32_t uid);
  void enter(const Key& key, std::int32_t process, std::uint64_t id, const Signal& signal);
  std::int64_t remove_locked(std::map<Key, Entry>::iterator entry, int fd);
  void forget(std::map<Key, Entry>::iterator entry);

  Post post_;
  std::atomic<std::size_t> count_ = 0;
  std::mutex mutex_;  // what follows
  UniqueFd socket_;
  std::map<Key, Entry> entries_;  // by queue
  std::uint64_t last_id_ = 0;
};

}  // namespace kx::hv::ipc
