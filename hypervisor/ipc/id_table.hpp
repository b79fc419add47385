// The objects of one kind by id, index and key, as sysvipc(7) has them.
#pragma once

#include <sys/ipc.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>

#include "hypervisor/ipc/permissions.hpp"

namespace kx::hv::ipc {

// `Object` has a member `permission`. Not thread-safe: under its user's mutex. Objects are shared, so that one that is
// removed lives on for those that still wait on it.
template <class Object>
class IdTable {
 public:
  using Pointer = std::shared_ptr<Object>;

  explicit IdTable(std::size_t limit) : limit_(limit) {}

  // The object with this id, or null: one with the same index and another sequence number is another object.
  [[nodiscard]] Pointer get(std::int64_t id) const {
    const auto found = id < 0 || id > INT32_MAX ? objects_.end() : objects_.find(static_cast<std::uint32_t>(id) % span);
    return found != objects_.end() && id_of(found->first, *found->second) == id ? found->second : nullptr;
  }
  [[nodiscard]] Pointer at_index(std::int64_t index) const {
    const auto found = index < 0 || index >= span ? objects_.end() : objects_.find(static_cast<std::uint32_t>(index));
    return found != objects_.end() ? found->second : nullptr;
  }
  [[nodiscard]] std::int64_t id_at(std::int64_t index) const {
    return id_of(static_cast<std::uint32_t>(index), *objects_.at(static_cast<std::uint32_t>(index)));
  }
  [[nodiscard]] std::size_t count() const { return objects_.size(); }
  // What the INFO commands answer: the highest index in use, 0 if there is none.
  [[nodiscard]] std::int64_t highest_index() const { return objects_.empty() ? 0 : objects_.rbegin()->first; }

  // The get calls: finds `key`, judged by `accept(object)` (0 or -errno) and the permissions, or adds what
  // `make(permission, object)` makes, which answers 0 or -errno. The id or -errno.
  template <class Accept, class Make>
  std::int64_t get_or_make(const Caller& caller, std::int32_t key, std::uint32_t flags, Accept&& accept, Make&& make) {
    if (key != IPC_PRIVATE) {
      for (const auto& [index, object] : objects_) {
        if (object->permission.key != key) {
          continue;
        }
        if ((flags & IPC_CREAT) != 0 && (flags & IPC_EXCL) != 0) {
          return -EEXIST;
        }
        std::int64_t error = accept(*object);
        error = error != 0 ? error : object->permission.check(caller, flags);
        return error != 0 ? error : id_of(index, *object);
      }
      if ((flags & IPC_CREAT) == 0) {
        return -ENOENT;
      }
    }
    if (objects_.size() >= limit_) {
      return -ENOSPC;
    }
    Pointer object;
    if (const std::int64_t error = make(Permission::of_new(caller, key, flags), object); error != 0) {
      return error;
    }
    return add(std::move(object));
  }

  void remove(std::int64_t id) { objects_.erase(static_cast<std::uint32_t>(id) % span); }

  template <class Visit>
  void for_each(Visit&& visit) {
    for (auto& [index, object] : objects_) {
      visit(id_of(index, *object), *object);
    }
  }

 private:
  static constexpr std::int64_t span = 32768;  // IPCMNI
  static constexpr std::uint32_t first_cycle = 64;

  [[nodiscard]] static std::int64_t id_of(std::uint32_t index, const Object& object) {
    return object.permission.sequence * span + index;
  }

  // Indexes go round, so that an id comes back as late as possible.
  std::int64_t add(Pointer object) {
    const auto cycle =
        std::min<std::uint32_t>(std::max(static_cast<std::uint32_t>(objects_.size() * 3 / 2) + 1, first_cycle), span);
    std::uint32_t index = next_ < cycle ? next_ : 0;
    while (objects_.contains(index)) {
      index = index + 1 < cycle ? index + 1 : 0;
    }
    if (used_ && index <= last_) {
      sequence_ = static_cast<std::uint16_t>(sequence_ == INT16_MAX ? 0 : sequence_ + 1);
    }
    used_ = true;
    last_ = index;
    next_ = index + 1;
    object->permission.sequence = sequence_;
    const std::int64_t id = id_of(index, *object);
    objects_.emplace(index, std::move(object));
    return id;
  }

  std::size_t limit_;
  std::map<std::uint32_t, Pointer> objects_;
  std::uint32_t next_ = 0;
  std::uint32_t last_ = 0;
  std::uint16_t sequence_ = 0;
  bool used_ = false;
};

}  // namespace kx::hv::ipc
