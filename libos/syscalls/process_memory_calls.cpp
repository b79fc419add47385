// process_vm_readv(2) and process_vm_writev(2): of the pVM's own process; others are in other virtual machines.
#include <sys/syscall.h>

#include <cerrno>

#include "files/own_memory.hpp"
#include "process/process.hpp"
#include "process/thread.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

namespace {

template <Direction direction>
i64 call_process_vm(Context& context) {
  BufferList local, remote;
  if (context.r9 != 0) {
    return -EINVAL;
  }
  if (const i64 result = local.read(context.rsi, context.rdx); result != 0) {
    return result;
  }
  if (local.total() == 0) {
    return 0;
  }
  if (const i64 result = remote.read(context.r10, context.r8); result != 0) {
    return result;
  }
  if (remote.total() == 0) {
    return 0;
  }
  const auto pid = static_cast<u32>(context.rdi);
  if (pid != Process::instance().pid && ThreadList::instance().find(pid) == nullptr) {
    return -ESRCH;
  }
  return direction == Direction::Read ? copy_own_memory(local, remote) : copy_own_memory(remote, local);
}

constexpr SyscallEntry entries[] = {
    {SYS_process_vm_readv, call_process_vm<Direction::Read>},
    {SYS_process_vm_writev, call_process_vm<Direction::Write>},
};

}  // namespace

std::span<const SyscallEntry> process_memory_calls() {
  return entries;
}

}  // namespace kx::libos
