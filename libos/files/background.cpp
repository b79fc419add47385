#include "files/background.hpp"

#include <cerrno>
#include <csignal>

#include "host/host_call.hpp"
#include "process/thread.hpp"
#include "signals/signals.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

i64 refuse_in_background(u32 signo) {
  // Before any host call: what goes on finds the call buffer as it was.
  if (!Signals::instance().takes(Thread::current(), signo)) {
    return signo == SIGTTIN ? -EIO : 0;
  }
  const auto orphaned = static_cast<u64>(abi::ProcessAttribute::Orphaned);
  if (host_call(abi::HostCall::ProcessGet, CallKind::Quick, orphaned, 0) != 0) {
    return -EIO;  // nobody could continue it
  }
  const HostReply reply =
      host_call_raw(static_cast<u32>(abi::HostCall::Kill), {{0, signo, SI_KERNEL, 0}, 0}, CallKind::Quick);
  if (reply.extra[0] != 0) {
    SignalInfo info;
    info.signo = static_cast<i32>(signo);
    info.code = SI_KERNEL;
    send_to_process(info);
  }
  return restart_if_flagged;
}

}  // namespace kx::libos
