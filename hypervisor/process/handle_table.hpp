// Maps the file handles a pVM knows to host descriptors. A descriptor stays open while a call uses it,
// so a guest that closes a handle during a call can never make that call hit an unrelated descriptor.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "hypervisor/unique_fd.hpp"

namespace kx::hv {

class HandleTable {
 public:
  using File = std::shared_ptr<const UniqueFd>;

  static constexpr std::size_t max_handles = 1 << 20;

  // Takes ownership of `fd`; the handle, or -1 when the table is full.
  std::int32_t add(UniqueFd fd);
  // Null when there is no such handle.
  [[nodiscard]] File get(std::uint64_t handle) const;
  // False when there is no such handle.
  bool remove(std::uint64_t handle);
  [[nodiscard]] std::size_t count() const;
  // Becomes a copy of `other`: the same open files under the same handles (fork(2)).
  void copy_from(const HandleTable& other);
  void clear();

 private:
  mutable std::mutex mutex_;
  std::vector<File> files_;
  std::vector<std::int32_t> free_;
};

}  // namespace kx::hv
