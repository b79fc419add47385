// Files with O_ASYNC: who is sent which signal when one becomes ready (fcntl(2), "Managing signals").
//
// The host would send its signals to kx, so it is not asked to: an epoll instance of the family's watches these files,
// and each of its edges becomes a signal to the owner. Owners, as on Linux, belong to the open file.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <kx/abi/boot.hpp>
#include <kx/abi/identity.hpp>
#include <map>
#include <mutex>
#include <vector>

#include "hypervisor/error.hpp"
#include "hypervisor/process/handle_table.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv::ipc {

class AsyncFiles {
 public:
  using File = HandleTable::File;

  struct Owner {
    int type = 0;              // F_OWNER_TID, F_OWNER_PID or F_OWNER_PGRP
    std::int32_t id = 0;       // 0: nobody
    std::uint64_t serial = 0;  // of the process; of a group 0
    abi::Ids set_by{};         // who may not signal the owner sends nothing
  };
  // Sends a signal, if the owner still is one and may be sent it.
  using Post = std::function<void(const Owner& owner, const abi::InboxSignal& information)>;

  // Once, while the family starts. fd() is readable when dispatch() has something to do. Errors: those of
  // epoll_create(2).
  Result<void> start(Post post);
  [[nodiscard]] int fd() const { return epoll_.get(); }
  void dispatch();

  void set_owner(const File& file, const Owner& owner);
  [[nodiscard]] Owner owner(const File& file);
  // F_SETSIG; 0: SIGIO without information. `signal` is valid.
  void set_signal(const File& file, int signal);
  [[nodiscard]] int signal(const File& file);
  // `number`: the descriptor that the information names. A file that is always ready never tells. 0, or -errno of
  // epoll_ctl(2).
  std::int64_t set_enabled(const File& file, bool enabled, std::int32_t number);
  [[nodiscard]] bool enabled(const File& file);
  // False: no file has an owner or O_ASYNC, and nothing here has anything to do.
  [[nodiscard]] bool any() const { return count_.load(std::memory_order_relaxed) != 0; }
  // Something did not fit into the file: when there is room, its owner is to be told. Otherwise a socket's room is no
  // news, as on Linux.
  void found_full(const File& file);

 private:
  struct Entry {
    std::uint64_t id = 0;
    std::weak_ptr<const UniqueFd> file;
    Owner owner;
    int signal = 0;
    bool enabled = false;
    std::int32_t number = -1;
  };
  struct Signal {
    Owner owner;
    abi::InboxSignal information{};
  };

  Entry& entry_locked(const File& file);
  const Entry* find_locked(const File& file);
  void forget_closed_locked();
  // What has become ready, but for `except`.
  void collect_locked(std::uint64_t except, std::vector<Signal>& signals);
  void collect_from(int epoll, std::uint64_t except, std::vector<Signal>& signals);
  void post(const std::vector<Signal>& signals) const;

  Post post_;
  UniqueFd epoll_;  // holds the other one, too
  UniqueFd room_;   // sockets that were full
  std::atomic<std::size_t> count_ = 0;
  std::mutex mutex_;  // what follows
  std::map<const UniqueFd*, Entry> entries_;
  std::uint64_t last_id_ = 0;
  std::size_t sweep_at_ = 64;
};

}  // namespace kx::hv::ipc
