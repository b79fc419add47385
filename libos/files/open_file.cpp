#include "files/open_file.hpp"

#include <sys/syscall.h>

#include <atomic>
#include <cstring>
#include <kx/abi/ipc.hpp>

#include "files/epoll_numbers.hpp"
#include "files/file_head.hpp"
#include "files/ready_streams.hpp"
#include "host/host_call.hpp"
#include "mm/heap.hpp"
#include "signals/signals.hpp"

namespace kx::libos {

OpenFile* OpenFile::create(u64 handle, FileKind kind, u32 mode, u32 flags) {
  auto* file = heap_new<OpenFile>();
  if (file != nullptr) {
    file->handle_ = handle;
    file->kind_ = kind;
    file->mode_ = mode;
    file->flags_ = flags;
  }
  return file;
}

void OpenFile::acquire() {
  std::atomic_ref(references_).fetch_add(1, std::memory_order_relaxed);
}

void OpenFile::release() {
  if (std::atomic_ref(references_).fetch_sub(1, std::memory_order_acq_rel) == 1) {
    if (signal_watch != nullptr) {
      Signals::instance().remove_watch(*signal_watch);
      heap_delete(signal_watch);
    }
    if (segment >= 0) {
      host_call(abi::HostCall::Ipc, CallKind::Quick, static_cast<u64>(abi::IpcOperation::SegmentDetach),
                static_cast<u64>(segment));
    }
    drop_epoll_numbers(*this);
    heap_delete(head);
    set_content(0);
    ReadyStreams::instance().forget(handle_);
    host_call(abi::HostCall::Close, CallKind::Quick, handle_);
    heap_delete(this);
  }
}

void OpenFile::set_content(u64 handle) {
  if (content_handle_ != 0) {
    host_call(abi::HostCall::Close, CallKind::Quick, content_handle_);
  }
  content_handle_ = handle;
}

u64 OpenFile::size_of(u64 handle) {
  constexpr u64 stat_offset = fault_buffer_offset + 2048;
  constexpr u64 st_size_offset = 48;
  const HostReply reply = host_call_raw(SYS_fstat, {{handle, stat_offset}, 0}, CallKind::Quick);
  if (reply.result < 0) {
    return 0;
  }
  i64 size = 0;
  std::memcpy(&size, call_buffer() + stat_offset + st_size_offset, sizeof size);
  return size < 0 ? 0 : static_cast<u64>(size);
}

}  // namespace kx::libos
