#include "hypervisor/process/handle_table.hpp"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "hypervisor/ipc/pipe_rings.hpp"

namespace kx::hv {

std::int32_t HandleTable::add(UniqueFd fd, std::optional<ProcessReference> process) {
  return add_entry({std::make_shared<const UniqueFd>(std::move(fd)), process, nullptr, nullptr});
}

std::array<std::int32_t, 2> HandleTable::add_pipe(File reading, File writing,
                                                  const std::shared_ptr<ipc::PipeRing>& ring) {
  const std::int32_t first = add_entry({std::move(reading), std::nullopt, ring, nullptr});
  const std::int32_t second = first < 0 ? -1 : add_entry({std::move(writing), std::nullopt, ring, nullptr});
  if (first >= 0 && second < 0) {
    remove(static_cast<std::uint64_t>(first));
    return {-1, -1};
  }
  return {first, second};
}

std::int64_t HandleTable::add_copy(std::uint64_t handle) {
  const Entry original = entry_at_host(handle);
  if (original.file == nullptr) {
    return -EBADF;
  }
  UniqueFd fd(::fcntl(original.file->get(), F_DUPFD_CLOEXEC, 3));
  if (!fd) {
    return -errno;
  }
  const std::int32_t copy = add(std::move(fd), original.process);
  return copy < 0 ? -EMFILE : copy;
}

std::int32_t HandleTable::add_entry(Entry entry) {
  const std::lock_guard lock(mutex_);
  if (!free_.empty()) {
    const std::int32_t handle = free_.back();
    free_.pop_back();
    entries_[static_cast<std::size_t>(handle)] = std::move(entry);
    return handle;
  }
  if (entries_.size() == max_handles) {
    return -1;
  }
  entries_.push_back(std::move(entry));
  return static_cast<std::int32_t>(entries_.size() - 1);
}

HandleTable::Entry HandleTable::entry(std::uint64_t handle) const {
  const std::lock_guard lock(mutex_);
  return handle < entries_.size() ? entries_[handle] : Entry{};
}

HandleTable::Entry HandleTable::entry_at_host(std::uint64_t handle) const {
  Entry found = entry(handle);
  if (found.ring != nullptr) {
    found.ring->leave_guest_for_good();
  }
  return found;
}

HandleTable::File HandleTable::get(std::uint64_t handle) const {
  Entry found = entry_at_host(handle);
  return found.process ? nullptr : std::move(found.file);
}

HandleTable::File HandleTable::get_to_wait(std::uint64_t handle) const {
  return entry_at_host(handle).file;
}

HandleTable::File HandleTable::get_to_look(std::uint64_t handle) const {
  return entry(handle).file;
}

HandleTable::Stream HandleTable::get_stream(std::uint64_t handle) const {
  Entry found = entry(handle);
  return found.process ? Stream{} : Stream{std::move(found.file), std::move(found.ring)};
}

void HandleTable::mark_accepted(std::uint64_t handle) {
  const std::lock_guard lock(mutex_);
  if (handle < entries_.size() && entries_[handle].file != nullptr) {
    entries_[handle].accepted = std::make_shared<AcceptedConnection>();
  }
}

void HandleTable::mark_passed_on(std::uint64_t handle) {
  const std::lock_guard lock(mutex_);
  if (handle < entries_.size() && entries_[handle].accepted != nullptr) {
    entries_[handle].accepted->passed_on = true;
  }
}

HandleTable::File HandleTable::get_accepted(std::uint64_t handle) const {
  const std::lock_guard lock(mutex_);
  return handle < entries_.size() && entries_[handle].accepted != nullptr ? entries_[handle].file : nullptr;
}

HandleTable::File HandleTable::get_accepted_alone(std::uint64_t handle) const {
  const std::lock_guard lock(mutex_);
  if (handle >= entries_.size() || entries_[handle].accepted == nullptr || entries_[handle].accepted.use_count() != 1 ||
      entries_[handle].accepted->passed_on) {
    return nullptr;
  }
  return entries_[handle].file;
}

std::optional<ProcessReference> HandleTable::process_of(std::uint64_t handle) const {
  const std::lock_guard lock(mutex_);
  return handle < entries_.size() ? entries_[handle].process : std::nullopt;
}

bool HandleTable::remove(std::uint64_t handle) {
  Entry entry;  // closed after the lock is gone
  const std::lock_guard lock(mutex_);
  if (handle >= entries_.size() || entries_[handle].file == nullptr) {
    return false;
  }
  entry = std::exchange(entries_[handle], {});
  free_.push_back(static_cast<std::int32_t>(handle));
  return true;
}

void HandleTable::copy_from(const HandleTable& other) {
  const std::scoped_lock lock(mutex_, other.mutex_);
  entries_ = other.entries_;
  free_ = other.free_;
}

void HandleTable::clear() {
  std::vector<Entry> entries;  // closed after the lock is gone
  const std::lock_guard lock(mutex_);
  entries.swap(entries_);
  free_.clear();
}

std::vector<HandleTable::File> HandleTable::files() const {
  const std::lock_guard lock(mutex_);
  std::vector<File> files;
  for (const Entry& entry : entries_) {
    if (entry.file != nullptr) {
      files.push_back(entry.file);
    }
  }
  return files;
}

std::size_t HandleTable::count() const {
  const std::lock_guard lock(mutex_);
  return entries_.size() - free_.size();
}

}  // namespace kx::hv
