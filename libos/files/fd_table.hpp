// File descriptors of the process.
#pragma once

#include "arch/x86_64/context.hpp"
#include "files/open_file.hpp"
#include "process/lock.hpp"

namespace kx::libos {

// A counted reference to an open file.
class FileRef {
 public:
  FileRef() = default;
  explicit FileRef(OpenFile* adopted) : file_(adopted) {}
  FileRef(FileRef&& other) noexcept : file_(other.file_) { other.file_ = nullptr; }
  FileRef& operator=(FileRef&& other) noexcept {
    reset();
    file_ = other.file_;
    other.file_ = nullptr;
    return *this;
  }
  FileRef(const FileRef&) = delete;
  FileRef& operator=(const FileRef&) = delete;
  ~FileRef() { reset(); }

  void reset() {
    if (file_ != nullptr) {
      file_->release();
      file_ = nullptr;
    }
  }
  [[nodiscard]] OpenFile* release() {
    OpenFile* file = file_;
    file_ = nullptr;
    return file;
  }
  [[nodiscard]] OpenFile* get() const { return file_; }
  OpenFile* operator->() const { return file_; }
  OpenFile& operator*() const { return *file_; }
  explicit operator bool() const { return file_ != nullptr; }

 private:
  OpenFile* file_ = nullptr;
};

class FdTable {
 public:
  static FdTable& instance();

  [[nodiscard]] FileRef get(u64 fd);
  // Whether what is written to `fd` vanishes: /dev/null open for writing. Without the lock: a descriptor closed at the
  // same moment may count as open or as closed, and the memory behind it stays the library OS's.
  [[nodiscard]] bool discards(u64 fd) const;
  // Takes the reference. The lowest free descriptor from `lowest` on, or -EMFILE (the file is released then).
  i64 add(FileRef file, bool close_on_exec, u32 lowest = 0);
  // dup2(2): whatever `fd` was is closed. -EBADF beyond the limit.
  i64 replace(u32 fd, FileRef file, bool close_on_exec);
  i64 close(u64 fd);
  // Descriptors in [first, last]; with `only_mark` they are set close-on-exec instead.
  void close_range(u64 first, u64 last, bool only_mark);
  void close_on_exec();
  // In a forked child: files are held by descriptors and mappings alone, not by calls of threads that are gone.
  void start_in_child();
  i64 flag(u64 fd);  // FD_CLOEXEC or 0, -EBADF
  i64 set_flag(u64 fd, bool close_on_exec);
  // The next open descriptor from `fd` on, or -1.
  i64 next_open(u64 fd);
  // The lowest free descriptor from `lowest` on; it is not reserved.
  i64 next_free(u32 lowest);
  // Descriptors the table has room for; it grows as Linux's does, from 64 on.
  [[nodiscard]] u64 capacity() const { return capacity_ < 64 ? 64 : capacity_; }
  // -EMFILE if add() could not succeed now.
  i64 check_room();

 private:
  struct Entry {
    OpenFile* file = nullptr;
    bool close_on_exec = false;
  };
  bool reserve(u32 count);

  Mutex mutex_;
  Entry* entries_ = nullptr;
  u32 capacity_ = 0;
  u32 lowest_free_ = 0;  // none below is free
};

}  // namespace kx::libos
