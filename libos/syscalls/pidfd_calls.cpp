// Descriptors of processes: pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2).
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>

#include <cerrno>
#include <utility>

#include "files/path.hpp"
#include "files/proc.hpp"
#include "files/process_file.hpp"
#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "process/process.hpp"
#include "process/questions.hpp"
#include "process/thread.hpp"
#include "signals/signals.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

namespace {

i64 pidfd_open_call(Context& context) {
  const auto pid = static_cast<i32>(context.rdi);
  const auto flags = static_cast<u32>(context.rsi);
  // PIDFD_NONBLOCK; PIDFD_THREAD is unknown, as before Linux 6.9.
  if ((flags & ~static_cast<u32>(O_NONBLOCK)) != 0 || pid <= 0) {
    return -EINVAL;
  }
  const auto number = static_cast<u32>(pid);
  if (number != Process::instance().pid && ThreadList::instance().find(number) != nullptr) {
    return -ENOENT;  // a thread, but no process
  }
  FileRef file;
  if (const i64 result = open_process_file(pid, flags, file); result != 0) {
    return result;
  }
  return FdTable::instance().add(std::move(file), true);
}

// What may be sent with `info`: everything only to oneself, which is the first thread (pidfd_send_signal(2)).
i64 check_information(const OpenFile& file, u32 named, i32 signo, const SignalInfo& info) {
  if (info.signo != signo) {
    return -EINVAL;
  }
  const bool as_kernel = info.code >= 0 || info.code == SI_TKILL;
  const i64 pid = named != 0 ? static_cast<i64>(named) : process_of_handle(file.handle());
  return as_kernel && pid != static_cast<i64>(Thread::current().tid) ? -EPERM : 0;
}

i64 pidfd_send_signal_call(Context& context) {
  const auto signo = static_cast<i32>(context.rsi);
  // The scopes of Linux 6.9 are unknown.
  if (static_cast<u32>(context.r10) != 0) {
    return -EINVAL;
  }
  const FileRef file = FdTable::instance().get(context.rdi);
  const u32 named = file ? process_of_directory(*file) : 0;  // as before there were pidfds
  if (!file || (file->kind() != FileKind::Process && named == 0)) {
    return -EBADF;
  }
  SignalInfo info = own_signal(static_cast<u32>(signo), SI_USER);
  if (context.rdx != 0) {
    if (!read_user(info, context.rdx)) {
      return -EFAULT;
    }
    if (const i64 result = check_information(*file, named, signo, info); result != 0) {
      return result;
    }
  }
  const auto kind = named != 0 ? abi::KillTarget::Number : abi::KillTarget::Handle;
  const HostReply reply = host_call_raw(
      static_cast<u32>(abi::HostCall::Kill),
      {{named != 0 ? named : file->handle(), static_cast<u32>(signo), static_cast<u64>(static_cast<i64>(info.code)),
        context.rdx != 0 ? info.sender.value : 0, static_cast<u64>(kind)},
       0},
      CallKind::Quick);
  return reply.result == 0 && reply.extra[0] != 0 && signo != 0 ? Signals::instance().send(info) : reply.result;
}

i64 pidfd_getfd_call(Context& context) {
  if (static_cast<u32>(context.rdx) != 0) {
    return -EINVAL;
  }
  const FileRef file = FdTable::instance().get(context.rdi);
  if (!file || file->kind() != FileKind::Process) {
    return -EBADF;
  }
  const i64 pid = process_of_handle(file->handle());
  if (pid < 0) {
    return pid;
  }
  const auto number = static_cast<u32>(context.rsi);
  if (pid == static_cast<i64>(Process::instance().pid)) {
    FileRef own = FdTable::instance().get(number);
    return own ? FdTable::instance().add(std::move(own), true) : -EBADF;
  }
  abi::Question question{};
  question.kind = static_cast<u32>(abi::QuestionKind::Descriptor);
  question.number = number;
  const i64 handle = ask_relative(static_cast<u32>(pid), question, nullptr);
  if (handle < 0) {
    return interrupted(handle, restart_always);
  }
  OpenFile* opened = describe_handle(static_cast<u64>(handle));
  return opened != nullptr ? FdTable::instance().add(FileRef(opened), true) : -ENOMEM;
}

constexpr SyscallEntry entries[] = {
    {SYS_pidfd_getfd, pidfd_getfd_call},
    {SYS_pidfd_open, pidfd_open_call},
    {SYS_pidfd_send_signal, pidfd_send_signal_call},
};

}  // namespace

std::span<const SyscallEntry> pidfd_calls() {
  return entries;
}

}  // namespace kx::libos
