// Opening what is in /proc: files are generated into a memory file of the host, so that every other call works on them.
#include <fcntl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "files/proc.hpp"
#include "files/proc_tables.hpp"
#include "host/host_call.hpp"
#include "process/process.hpp"
#include "process/process_info.hpp"
#include "process/thread.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

namespace {

i64 fill_host_file(u64 handle, const TextBuilder& text) {
  for (u64 done = 0; done < text.size();) {
    // The heap is part of the linear window, so every block is contiguous for the host.
    const abi::Segment segment{reinterpret_cast<u64>(text.data()) + done - abi::linear_base, text.size() - done};
    std::memcpy(call_buffer(), &segment, sizeof segment);
    const i64 written = host_call(abi::HostCall::Write, CallKind::Quick, handle, 0, 1, done, 0);
    if (written <= 0) {
      return written < 0 ? written : -EIO;
    }
    done += static_cast<u64>(written);
  }
  return 0;
}

// A regular file of the host with the text as its content; it has no name and goes with its handle.
i64 make_host_file(const TextBuilder& text) {
  std::memcpy(call_buffer(), "proc", 5);
  constexpr u64 close_on_exec = 1;
  const i64 handle = host_call_raw(SYS_memfd_create, {{0, close_on_exec}, 0}, CallKind::Quick).result;
  if (handle < 0) {
    return handle;
  }
  if (const i64 result = fill_host_file(static_cast<u64>(handle), text); result != 0) {
    host_call(abi::HostCall::Close, CallKind::Quick, static_cast<u64>(handle));
    return result;
  }
  return handle;
}

void generate(u32 node, u32 subject, TextBuilder& text) {
  const ProcName* name = name_of(node);
  if (name == nullptr) {
    generate_descriptor_info(text, subject);
  } else {
    name->generate(text, subject);
  }
}

i64 open_root() {
  std::memcpy(call_buffer(), "/", 2);
  return host_call(abi::HostCall::Open, CallKind::Quick, no_directory, 0, O_PATH | O_DIRECTORY);
}

i64 finish_open(i64 handle, FileKind kind, u32 node, u32 subject, u32 flags, FileRef& file) {
  if (handle < 0) {
    return handle;
  }
  file = FileRef(OpenFile::create(static_cast<u64>(handle), kind, proc_mode(node), flags));
  if (!file) {
    host_call(abi::HostCall::Close, CallKind::Quick, static_cast<u64>(handle));
    return -ENOMEM;
  }
  file->proc_node = node;
  file->proc_subject = subject;
  return 0;
}

// What readlink(2) of fd/N tells.
i64 descriptor_link(u32 fd, char (&out)[path_capacity]) {
  const FileRef file = FdTable::instance().get(fd);
  if (!file) {
    return -ENOENT;
  }
  if (file->kind() == FileKind::Null) {
    std::memcpy(out, "/dev/null", 10);
  } else if (file->kind() == FileKind::Signal) {
    std::memcpy(out, "anon_inode:[signalfd]", 22);
  } else if (file->kind() == FileKind::Process) {
    std::memcpy(out, "anon_inode:[pidfd]", 19);
  } else if (file->kind() == FileKind::Proc || file->kind() == FileKind::ProcDirectory) {
    proc_path(file->proc_node, file->proc_subject, out);
  } else {
    return handle_path(file->handle(), out, sizeof out);
  }
  return static_cast<i64>(std::strlen(out));
}

void set_thread_name(u32 tid, const char* text, u64 size) {
  Thread* thread = ThreadList::instance().find(tid);
  if (thread == nullptr) {
    return;
  }
  char name[sizeof thread->page->thread_name] = {};
  std::memcpy(name, text, std::min(size, sizeof name - 1));
  std::memcpy(thread->name(), name, sizeof name);
}

}  // namespace

i64 open_proc(u32 node, u32 subject, u32 flags, FileRef& file) {
  const u32 mode = proc_mode(node);
  const bool writes = (flags & 3) != 0;
  const u32 kept_flags = flags & ~static_cast<u32>(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC);
  if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) {
    return -EEXIST;
  }
  if (S_ISLNK(mode)) {
    return -ELOOP;
  }
  if (kind_of(node) == NodeKind::RelativeName && S_ISDIR(mode)) {
    if (const i64 first = next_relative_descriptor(subject, 0); first == -EACCES || is_restart(first)) {
      return first;
    }
  }
  if (S_ISDIR(mode)) {
    return writes || (flags & O_CREAT) != 0
               ? -EISDIR
               : finish_open(open_root(), FileKind::ProcDirectory, node, subject, kept_flags, file);
  }
  if ((flags & O_DIRECTORY) != 0) {
    return -ENOTDIR;
  }
  const ProcName* name = name_of(node);
  if (writes && (name == nullptr || name->type != ProcType::WritableFile)) {
    return -EACCES;
  }
  TextBuilder text;
  generate(node, subject, text);
  return text.failed() ? text.error()
                       : finish_open(make_host_file(text), FileKind::Proc, node, subject, kept_flags, file);
}

bool is_memory_file(const OpenFile& file) {
  const ProcName* name = name_of(file.proc_node);
  return name != nullptr && kind_of(file.proc_node) == NodeKind::ProcessName && std::strcmp(name->path, "mem") == 0;
}

i64 refresh_proc(OpenFile& file) {
  TextBuilder text;
  generate(file.proc_node, file.proc_subject, text);
  if (text.failed()) {
    return text.error();
  }
  const i64 result = host_call_raw(SYS_ftruncate, {{file.handle(), 0}, 0}, CallKind::Quick).result;
  return result != 0 ? result : fill_host_file(file.handle(), text);
}

i64 write_proc(OpenFile& file, const char* text, u64 size) {
  const ProcName* name = name_of(file.proc_node);
  if (name == nullptr || name->type != ProcType::WritableFile) {
    return -EINVAL;
  }
  if (std::strcmp(name->path, "comm") == 0) {
    set_thread_name(file.proc_subject, text, size);
  }
  return static_cast<i64>(size);
}

i64 proc_link(u32 node, u32 subject, char (&out)[path_capacity]) {
  TextBuilder text;
  const ProcName* name = name_of(node);
  if (kind_of(node) == NodeKind::DescriptorLink) {
    return descriptor_link(subject, out);
  }
  if (kind_of(node) == NodeKind::RelativeName || kind_of(node) == NodeKind::RelativeDescriptor) {
    const i64 size = relative_link(node, subject, text);
    if (size >= 0) {
      std::memcpy(out, text.data(), static_cast<u64>(size));
      out[size] = 0;
    }
    return size;
  }
  if (name == nullptr || name->type != ProcType::Link) {
    return -EINVAL;
  }
  const u32 pid = Process::instance().pid;
  if (kind_of(node) == NodeKind::System) {
    if (std::strcmp(name->path, "self") == 0) {
      text.number(pid);
    } else if (std::strcmp(name->path, "thread-self") == 0) {
      text.number(pid).text("/task/").number(Thread::current().tid);
    } else {
      text.text("self/").text(name->path);
    }
  } else if (std::strcmp(name->path, "exe") == 0) {
    text.text(ProcessInfo::instance().exe_path);
  } else if (std::strcmp(name->path, "cwd") == 0) {
    const i64 size = handle_path(working_directory_handle(), out, sizeof out);
    if (size >= 0) {
      return size;
    }
    text.text(working_directory_path());
  } else {
    text.text("/");
  }
  if (text.failed() || text.size() >= sizeof out) {
    return -ENOMEM;
  }
  std::memcpy(out, text.data(), text.size());
  out[text.size()] = 0;
  return static_cast<i64>(text.size());
}

}  // namespace kx::libos
