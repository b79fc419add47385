#include "files/signal_file.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>

#include <cerrno>

#include "host/host_call.hpp"
#include "mm/heap.hpp"
#include "process/thread.hpp"
#include "signals/signals.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

namespace {

constexpr i32 of_poll = -5;  // SI_SIGIO

// Which fields count follows from code and signal, as for siginfo_t (sigaction(2)).
signalfd_siginfo record_of(const SignalInfo& info) {
  signalfd_siginfo record{};
  record.ssi_signo = static_cast<u32>(info.signo);
  record.ssi_errno = info.error;
  record.ssi_code = info.code;
  const bool by_signal = info.code > SI_USER && info.code < SI_KERNEL;
  if (by_signal && info.signo == SIGCHLD) {
    record.ssi_pid = static_cast<u32>(info.child.pid);
    record.ssi_uid = info.child.uid;
    record.ssi_status = info.child.status;
    record.ssi_utime = static_cast<u64>(info.child.user_time);
    record.ssi_stime = static_cast<u64>(info.child.system_time);
  } else if (by_signal) {
    record.ssi_addr = info.fault.address;
  } else if (info.code == SI_TIMER) {
    record.ssi_tid = static_cast<u32>(info.timer.id);
    record.ssi_overrun = static_cast<u32>(info.timer.overrun);
    record.ssi_ptr = info.timer.value;
    record.ssi_int = static_cast<i32>(info.timer.value);
  } else if (info.code == of_poll) {
    record.ssi_band = static_cast<u32>(info.words[0]);
    record.ssi_fd = static_cast<i32>(info.words[1]);
  } else {
    record.ssi_pid = static_cast<u32>(info.sender.pid);
    record.ssi_uid = info.sender.uid;
    if (info.code < 0) {
      record.ssi_ptr = info.sender.value;
      record.ssi_int = static_cast<i32>(info.sender.value);
    }
  }
  return record;
}

enum class Wait : u8 { No, Yes };

// 1: `info` was taken. 0: there is none. Or a restart code.
i64 take_signal(u64 mask, Wait wait, SignalInfo& info) {
  Thread& self = Thread::current();
  Signals& signals = Signals::instance();
  for (;;) {
    absorb_pending();
    if (signals.take(self, ~mask, info)) {
      return 1;
    }
    if (wait == Wait::No) {
      return 0;
    }
    if (signals.deliverable(self)) {
      return restart_if_flagged;
    }
    wait_for_pending(no_deadline, WaitClock::Monotonic);
  }
}

}  // namespace

i64 create_signal_file(u64 mask, u32 flags, FileRef& file) {
  const i64 handle = host_call_raw(SYS_eventfd2, {{0, flags}, 0}, CallKind::Quick).result;
  if (handle < 0) {
    return handle;
  }
  constexpr u32 mode = 0600;  // of no type, as every anonymous inode
  file = FileRef(OpenFile::create(static_cast<u64>(handle), FileKind::Signal, mode, O_RDWR | flags));
  if (!file) {
    host_call(abi::HostCall::Close, CallKind::Quick, static_cast<u64>(handle));
    return -ENOMEM;
  }
  auto* watch = heap_new<SignalWatch>();
  if (watch == nullptr) {
    file.reset();
    return -ENOMEM;
  }
  watch->handle = static_cast<u64>(handle);
  watch->file = file.get();
  file->signal_watch = watch;
  Signals::instance().add_watch(*watch, mask);
  return 0;
}

i64 read_signal_file(OpenFile& file, const BufferList& list) {
  u64 left = list.total() / sizeof(signalfd_siginfo);
  if (left == 0) {
    return -EINVAL;
  }
  Signals& signals = Signals::instance();
  const bool may_wait = (file.flags() & O_NONBLOCK) == 0;
  BufferCursor cursor(list);
  u64 done = 0;
  for (; left != 0; --left) {
    const u64 mask = signals.watch_mask(*file.signal_watch);
    const Wait wait = may_wait && done == 0 ? Wait::Yes : Wait::No;
    SignalInfo info;
    if (wait == Wait::Yes) {
      signals.start_waiting(mask);
    }
    const i64 taken = take_signal(mask, wait, info);
    if (wait == Wait::Yes) {
      signals.stop_waiting();
    }
    if (taken <= 0) {
      return done != 0 ? static_cast<i64>(done) : taken != 0 ? taken : -EAGAIN;
    }
    signalfd_siginfo record = record_of(info);
    if (cursor.copy(Direction::Read, reinterpret_cast<u8*>(&record), sizeof record) != sizeof record) {
      return done != 0 ? static_cast<i64>(done) : -EFAULT;
    }
    cursor.advance(sizeof record);
    done += sizeof record;
  }
  return static_cast<i64>(done);
}

}  // namespace kx::libos
