#include "files/fd_table.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "files/record_lock.hpp"
#include "mm/address_space.hpp"
#include "mm/heap.hpp"
#include "process/limits.hpp"

namespace kx::libos {

namespace {

FdTable table;
constexpr u32 most_descriptors = 64 << 10;

u32 descriptor_limit() {
  return static_cast<u32>(std::min<u64>(resource_limit(7 /* RLIMIT_NOFILE */), most_descriptors));
}

// A file taken out of the table. Goes after the table's lock.
struct ClosedFile {
  FileRef file;
  ClosedFile() = default;
  ClosedFile(const ClosedFile&) = delete;
  ClosedFile& operator=(const ClosedFile&) = delete;
  ~ClosedFile() {
    if (file) {
      drop_record_locks(*file);
    }
  }
};

}  // namespace

FdTable& FdTable::instance() {
  return table;
}

FileRef FdTable::get(u64 fd) {
  const Lock lock(mutex_);
  fd = static_cast<u32>(fd);
  if (fd >= capacity_ || entries_[fd].file == nullptr) {
    return FileRef();
  }
  entries_[fd].file->acquire();
  return FileRef(entries_[fd].file);
}

bool FdTable::discards(u64 fd) const {
  fd = static_cast<u32>(fd);
  if (fd >= capacity_) {
    return false;
  }
  const OpenFile* file = entries_[fd].file;
  return file != nullptr && file->kind() == FileKind::Null && file->writable();
}

bool FdTable::reserve(u32 count) {
  if (count <= capacity_) {
    return true;
  }
  const u32 capacity = std::max(count, std::max(capacity_ * 2, 64u));
  auto* entries = static_cast<Entry*>(heap_allocate(capacity * sizeof(Entry)));
  if (entries == nullptr) {
    return false;
  }
  if (entries_ != nullptr) {
    std::memcpy(static_cast<void*>(entries), entries_, capacity_ * sizeof(Entry));
    heap_free(entries_, capacity_ * sizeof(Entry));
  }
  entries_ = entries;
  capacity_ = capacity;
  return true;
}

void FdTable::start_in_child() {
  const Lock lock(mutex_);
  AddressSpace& space = AddressSpace::instance();
  const auto for_each_open = [&](auto&& visit) {
    for (u32 fd = 0; fd < capacity_; ++fd) {
      if (entries_[fd].file != nullptr) {
        visit(*entries_[fd].file);
      }
    }
  };
  const auto forget = [](OpenFile& file) { file.forget_references(); };
  const auto acquire = [](OpenFile& file) { file.acquire(); };
  for_each_open(forget);
  space.for_each_file(forget);
  for_each_open(acquire);
  space.for_each_file(acquire);
}

i64 FdTable::add(FileRef file, bool close_on_exec, u32 lowest) {
  const Lock lock(mutex_);
  const u32 limit = descriptor_limit();
  u32 fd = std::max(lowest, lowest_free_);
  while (fd < capacity_ && entries_[fd].file != nullptr) {
    ++fd;
  }
  if (fd >= limit) {
    return -EMFILE;
  }
  if (!reserve(fd + 1)) {
    return -ENOMEM;
  }
  if (lowest <= lowest_free_) {
    lowest_free_ = fd + 1;
  }
  entries_[fd] = {file.release(), close_on_exec};
  return fd;
}

i64 FdTable::next_free(u32 lowest) {
  const Lock lock(mutex_);
  while (lowest < capacity_ && entries_[lowest].file != nullptr) {
    ++lowest;
  }
  return lowest >= descriptor_limit() ? -EMFILE : lowest;
}

i64 FdTable::check_room() {
  const Lock lock(mutex_);
  u32 fd = lowest_free_;
  while (fd < capacity_ && entries_[fd].file != nullptr) {
    ++fd;
  }
  return fd >= descriptor_limit() ? -EMFILE : 0;
}

i64 FdTable::replace(u32 fd, FileRef file, bool close_on_exec) {
  ClosedFile old;
  const Lock lock(mutex_);
  if (fd >= descriptor_limit()) {
    return -EBADF;
  }
  if (!reserve(fd + 1)) {
    return -ENOMEM;
  }
  old.file = FileRef(entries_[fd].file);
  entries_[fd] = {file.release(), close_on_exec};
  return fd;
}

i64 FdTable::close(u64 fd) {
  ClosedFile old;
  const Lock lock(mutex_);
  fd = static_cast<u32>(fd);
  if (fd >= capacity_ || entries_[fd].file == nullptr) {
    return -EBADF;
  }
  old.file = FileRef(entries_[fd].file);
  entries_[fd] = {};
  lowest_free_ = std::min(lowest_free_, static_cast<u32>(fd));
  return 0;
}

void FdTable::close_range(u64 first, u64 last, bool only_mark) {
  for (i64 fd = next_open(first); fd >= 0 && static_cast<u64>(fd) <= last; fd = next_open(static_cast<u64>(fd) + 1)) {
    if (only_mark) {
      set_flag(static_cast<u64>(fd), true);
    } else {
      close(static_cast<u64>(fd));
    }
  }
}

void FdTable::close_on_exec() {
  for (i64 fd = next_open(0); fd >= 0; fd = next_open(static_cast<u64>(fd) + 1)) {
    if (flag(static_cast<u64>(fd)) > 0) {
      close(static_cast<u64>(fd));
    }
  }
}

i64 FdTable::flag(u64 fd) {
  const Lock lock(mutex_);
  fd = static_cast<u32>(fd);
  if (fd >= capacity_ || entries_[fd].file == nullptr) {
    return -EBADF;
  }
  return entries_[fd].close_on_exec ? 1 : 0;
}

i64 FdTable::set_flag(u64 fd, bool close_on_exec) {
  const Lock lock(mutex_);
  fd = static_cast<u32>(fd);
  if (fd >= capacity_ || entries_[fd].file == nullptr) {
    return -EBADF;
  }
  entries_[fd].close_on_exec = close_on_exec;
  return 0;
}

i64 FdTable::next_open(u64 fd) {
  const Lock lock(mutex_);
  for (; fd < capacity_; ++fd) {
    if (entries_[fd].file != nullptr) {
      return static_cast<i64>(fd);
    }
  }
  return -1;
}

}  // namespace kx::libos
