#include "hypervisor/process/handle_table.hpp"

#include <utility>

namespace kx::hv {

std::int32_t HandleTable::add(UniqueFd fd) {
  File file = std::make_shared<const UniqueFd>(std::move(fd));
  const std::lock_guard lock(mutex_);
  if (!free_.empty()) {
    const std::int32_t handle = free_.back();
    free_.pop_back();
    files_[static_cast<std::size_t>(handle)] = std::move(file);
    return handle;
  }
  if (files_.size() == max_handles) {
    return -1;
  }
  files_.push_back(std::move(file));
  return static_cast<std::int32_t>(files_.size() - 1);
}

HandleTable::File HandleTable::get(std::uint64_t handle) const {
  const std::lock_guard lock(mutex_);
  return handle < files_.size() ? files_[handle] : nullptr;
}

bool HandleTable::remove(std::uint64_t handle) {
  File file;  // closed after the lock is gone
  const std::lock_guard lock(mutex_);
  if (handle >= files_.size() || files_[handle] == nullptr) {
    return false;
  }
  file = std::move(files_[handle]);
  files_[handle] = nullptr;
  free_.push_back(static_cast<std::int32_t>(handle));
  return true;
}

void HandleTable::copy_from(const HandleTable& other) {
  const std::scoped_lock lock(mutex_, other.mutex_);
  files_ = other.files_;
  free_ = other.free_;
}

void HandleTable::clear() {
  std::vector<File> files;  // closed after the lock is gone
  const std::lock_guard lock(mutex_);
  files.swap(files_);
  free_.clear();
}

std::size_t HandleTable::count() const {
  const std::lock_guard lock(mutex_);
  return files_.size() - free_.size();
}

}  // namespace kx::hv
