// An open file description (open(2)): what descriptors, duplicates and mappings share.
#pragma once

#include "arch/x86_64/context.hpp"

namespace kx::libos {

struct EpollNumber;
struct FileHead;
struct SignalWatch;

enum class FileKind : u8 {
  Host,           // everything is asked of the host
  Null,           // /dev/null: reads and writes end here
  Zero,           // /dev/zero: a private mapping of it is anonymous memory
  Path,           // O_PATH: a place, not a file
  Proc,           // a generated file of /proc; its content is a memory file of the host
  ProcDirectory,  // a directory of /proc; the handle is that of the view's root
  Signal,         // signalfd(2); the handle is an eventfd that is readable while a signal waits
  Process,        // pidfd_open(2); the handle can be waited for and passed on, nothing else
};

class OpenFile {
 public:
  // `mode` is st_mode, `flags` the O_* status flags it was opened with. One reference is the caller's.
  static OpenFile* create(u64 handle, FileKind kind, u32 mode, u32 flags);

  void acquire();
  void release();  // closes the handle with the last reference

  // For a forked child, which counts them anew.
  void forget_references() { references_ = 0; }
  void replace_handle(u64 handle) { handle_ = handle; }

  [[nodiscard]] u64 handle() const { return handle_; }
  // Where its private mappings are read from: once the library policy let it be executed the content that was judged,
  // else the file itself.
  [[nodiscard]] u64 content_handle() const { return content_handle_ != 0 ? content_handle_ : handle_; }
  [[nodiscard]] bool has_content() const { return content_handle_ != 0; }
  // Takes the handle over.
  void set_content(u64 handle);
  [[nodiscard]] FileKind kind() const { return kind_; }
  [[nodiscard]] u32 mode() const { return mode_; }
  [[nodiscard]] u32 flags() const { return flags_; }
  // The status flags after F_SETFL.
  void set_flags(u32 flags) { flags_ = flags; }
  [[nodiscard]] bool readable() const { return kind_ != FileKind::Path && (flags_ & 3) != 1; }
  [[nodiscard]] bool writable() const { return kind_ != FileKind::Path && (flags_ & 3) != 0; }
  [[nodiscard]] bool is_regular() const { return (mode_ & 0170000) == 0100000; }
  // Regular files and directories never make a caller wait.
  [[nodiscard]] bool may_block() const { return (mode_ & 0170000) != 0100000 && (mode_ & 0170000) != 0040000; }
  [[nodiscard]] bool is_directory() const { return (mode_ & 0170000) == 0040000; }
  // The file's size now; 0 if it cannot be had.
  [[nodiscard]] u64 size() { return size_of(handle_); }
  [[nodiscard]] u64 content_size() { return size_of(content_handle()); }

  // Of a file of /proc: which one (a ProcNode), what it is about (a descriptor number), and where reading a directory
  // is.
  u32 proc_node = 0;
  u32 proc_subject = 0;
  u64 directory_position = 0;

  u32 ring = 0;            // of an end of a pipe: its ring's number and 1; 0: it has none
  bool anonymous = false;  // behind shared anonymous memory
  bool judged = false;     // its content was judged for this program already: the new version of a library
  i32 segment = -1;        // of an attachment of System V shared memory: its id; detached with the last reference

  FileHead* head = nullptr;              // what its open brought along; owned
  SignalWatch* signal_watch = nullptr;   // of FileKind::Signal; owned
  EpollNumber* epoll_numbers = nullptr;  // its descriptors that epolls may watch; owned

 private:
  static u64 size_of(u64 handle);

  u32 references_ = 1;
  FileKind kind_ = FileKind::Host;
  u32 mode_ = 0;
  u32 flags_ = 0;
  u64 handle_ = 0;
  u64 content_handle_ = 0;  // 0: none
};

}  // namespace kx::libos
