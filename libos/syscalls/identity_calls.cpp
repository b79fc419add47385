// User and group ids and capabilities: credentials(7), capabilities(7). The host keeps them for the thread of each vCPU
// and decides what may be changed; here is a copy of what it says.
#include "syscalls/identity_calls.hpp"

#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "process/process.hpp"
#include "process/thread.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

namespace {

// In the call buffer: what the host answers, and behind it what it is given.
constexpr u64 identity_offset = 0;
constexpr u64 data_offset = 256;
static_assert(sizeof(Credentials) <= data_offset);

constexpr u32 no_id = ~0u;

Credentials& own() {
  return Thread::current().credentials;
}

// The ids that decide about files and signals, a change of which makes the process a stranger to its parent.
bool acts_alike(const Credentials& a, const Credentials& b) {
  return a.user.effective == b.user.effective && a.user.file == b.user.file && a.group.effective == b.group.effective &&
         a.group.file == b.group.file;
}

i64 do_getuid(Context&) {
  return own().user.real;
}
i64 do_geteuid(Context&) {
  return own().user.effective;
}
i64 do_getgid(Context&) {
  return own().group.real;
}
i64 do_getegid(Context&) {
  return own().group.effective;
}

i64 write_three(const Context& context, const abi::Ids& ids) {
  return write_user(context.rdi, ids.real) && write_user(context.rsi, ids.effective) &&
                 write_user(context.rdx, ids.saved)
             ? 0
             : -EFAULT;
}
i64 do_getresuid(Context& context) {
  return write_three(context, own().user);
}
i64 do_getresgid(Context& context) {
  return write_three(context, own().group);
}

i64 do_set_id(Context& context) {
  const bool takes_one = context.orig_rax == SYS_setuid || context.orig_rax == SYS_setgid;
  const i64 result = change_identity(context.orig_rax, static_cast<u32>(context.rdi), static_cast<u32>(context.rsi),
                                     static_cast<u32>(context.rdx));
  // An id that the family's user namespace does not have: nobody here may take it.
  return result == -EINVAL && !(takes_one && static_cast<u32>(context.rdi) == no_id) ? -EPERM : result;
}

i64 do_getgroups(Context& context) {
  const Credentials& who = own();
  const i32 capacity = static_cast<i32>(context.rdi);
  if (capacity < 0) {
    return -EINVAL;
  }
  if (capacity == 0) {
    return who.group_count;
  }
  if (static_cast<u32>(capacity) < who.group_count) {
    return -EINVAL;
  }
  return copy_to_user(context.rsi, who.groups, who.group_count * sizeof(u32)) ? i64{who.group_count} : -EFAULT;
}

i64 do_setgroups(Context& context) {
  constexpr u64 set_group_ids = 1 << 6;  // CAP_SETGID
  const u64 count = static_cast<u32>(context.rdi);
  if ((own().effective & set_group_ids) == 0) {
    return -EPERM;
  }
  if (count > abi::most_groups) {
    return -EINVAL;
  }
  u32 groups[abi::most_groups];
  if (!copy_from_user(groups, context.rsi, count * sizeof(u32))) {
    return -EFAULT;
  }
  std::sort(groups, groups + count);  // as Linux tells them
  std::memcpy(call_buffer() + data_offset, groups, count * sizeof(u32));
  return change_identity(SYS_setgroups, count, data_offset);
}

struct CapabilityHeader {
  u32 version;
  i32 pid;
};
constexpr u32 capability_version_3 = 0x20080522, capability_version_1 = 0x19980330, capability_version_2 = 0x20071026;

bool is_known_version(u32 version) {
  return version == capability_version_3 || version == capability_version_2 || version == capability_version_1;
}

struct CapabilitySets {
  u32 effective, permitted, inheritable;
};

i64 do_capget(Context& context) {
  CapabilityHeader header;
  if (!read_user(header, context.rdi)) {
    return -EFAULT;
  }
  if (!is_known_version(header.version)) {
    header.version = capability_version_3;
    return write_user(context.rdi, header) ? (context.rsi == 0 ? 0 : -EINVAL) : -EFAULT;
  }
  if (header.pid < 0) {
    return -EINVAL;
  }
  const Thread* thread =
      header.pid == 0 ? &Thread::current() : ThreadList::instance().find(static_cast<u32>(header.pid));
  if (thread == nullptr) {
    return -ESRCH;
  }
  if (context.rsi == 0) {
    return 0;
  }
  CapabilitySets halves[2];
  for (u32 half = 0; half < 2; ++half) {
    const auto part = [&](u64 set) { return static_cast<u32>(set >> (32 * half)); };
    const Credentials& who = thread->credentials;
    halves[half] = {part(who.effective), part(who.permitted), part(who.inheritable)};
  }
  const u64 size = header.version == capability_version_1 ? sizeof halves[0] : sizeof halves;
  return copy_to_user(context.rsi, halves, size) ? 0 : -EFAULT;
}

i64 do_capset(Context& context) {
  CapabilityHeader header;
  CapabilitySets halves[2] = {};
  if (!read_user(header, context.rdi)) {
    return -EFAULT;
  }
  if (!is_known_version(header.version)) {
    header.version = capability_version_3;
    return write_user(context.rdi, header) ? -EINVAL : -EFAULT;
  }
  if (header.pid != 0 && static_cast<u32>(header.pid) != Thread::current().tid) {
    return -EPERM;
  }
  if (!copy_from_user(halves, context.rsi, header.version == capability_version_1 ? sizeof halves[0] : sizeof halves)) {
    return -EFAULT;
  }
  std::memcpy(call_buffer() + data_offset, halves, sizeof halves);
  return change_identity(SYS_capset, data_offset);
}

constexpr SyscallEntry entries[] = {
    {SYS_getuid, do_getuid},       {SYS_geteuid, do_geteuid},     {SYS_getgid, do_getgid},
    {SYS_getegid, do_getegid},     {SYS_getresuid, do_getresuid}, {SYS_getresgid, do_getresgid},
    {SYS_setuid, do_set_id},       {SYS_setgid, do_set_id},       {SYS_setreuid, do_set_id},
    {SYS_setregid, do_set_id},     {SYS_setresuid, do_set_id},    {SYS_setresgid, do_set_id},
    {SYS_setfsuid, do_set_id},     {SYS_setfsgid, do_set_id},     {SYS_getgroups, do_getgroups},
    {SYS_setgroups, do_setgroups}, {SYS_capget, do_capget},       {SYS_capset, do_capset},
};

}  // namespace

i64 change_identity(u64 number, u64 a, u64 b, u64 c) {
  const i64 result = host_call(abi::HostCall::Identity, CallKind::Blocking, number, a, b, c, identity_offset);
  if (result == -EAGAIN) {
    return result;  // it was not made: the hypervisor has no thread to spare
  }
  Credentials now;
  std::memcpy(&now, call_buffer() + identity_offset, sizeof now);
  if (!acts_alike(now, own())) {
    Process::instance().dumpable = 0;
    if (Process::instance().parent_death_signal != 0) {
      Process::instance().parent_death_signal = 0;
      host_call(abi::HostCall::ProcessSet, CallKind::Quick, static_cast<u64>(abi::ProcessAttribute::DeathSignal), 0, 0);
    }
  }
  own() = now;
  return result;
}

void change_identity_for_exec() {
  const Credentials& who = own();
  if (who.user.saved != who.user.effective || who.user.file != who.user.effective) {
    change_identity(SYS_setresuid, no_id, who.user.effective, who.user.effective);
  }
  if (who.group.saved != who.group.effective || who.group.file != who.group.effective) {
    change_identity(SYS_setresgid, no_id, who.group.effective, who.group.effective);
  }
  if (who.keeps_capabilities != 0) {
    change_identity(SYS_prctl, 0);
  }
  if (who.user.real != 0 && who.user.effective != 0 && who.permitted != 0) {
    const CapabilitySets none[2] = {{0, 0, static_cast<u32>(who.inheritable)},
                                    {0, 0, static_cast<u32>(who.inheritable >> 32)}};
    std::memcpy(call_buffer() + data_offset, none, sizeof none);
    change_identity(SYS_capset, data_offset);
  }
}

std::span<const SyscallEntry> identity_calls() {
  return entries;
}

}  // namespace kx::libos
