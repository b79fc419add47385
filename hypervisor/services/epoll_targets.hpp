// EpollTargets: which handle of a pVM's an event of epoll_wait(2) is about, of which the host tells only what the
// program gave it to tell.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace kx::hv {

// Only a hint: the program may have given the same data for several files, of which the last one is found. Thread-safe.
class EpollTargets {
 public:
  using Handle = std::uint64_t;

  // After epoll_ctl(2) added or changed `target`.
  void set(Handle epoll, Handle target, std::uint64_t data);
  // After it was taken out.
  void remove(Handle epoll, Handle target);
  // A handle is closed, of an epoll or of a target.
  void forget(Handle handle);
  [[nodiscard]] bool has_any(Handle epoll) const;
  [[nodiscard]] std::optional<Handle> find(Handle epoll, std::uint64_t data) const;

 private:
  void remove_locked(Handle epoll, Handle target);

  mutable std::mutex mutex_;
  std::map<std::pair<Handle, std::uint64_t>, Handle> by_data_;    // of an epoll
  std::map<std::pair<Handle, Handle>, std::uint64_t> by_target_;  // target and epoll
};

}  // namespace kx::hv
