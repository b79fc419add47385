// Numbers, limits, resource usage, and the small calls about the process.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "process/exit.hpp"
#include "process/process.hpp"
#include "process/thread.hpp"
#include "signals/signals.hpp"
#include "signals/timers.hpp"
#include "syscalls/dispatch.hpp"
#include "syscalls/identity_calls.hpp"

namespace kx::libos {

namespace {

Process& self() {
  return Process::instance();
}

i64 do_getpid(Context&) {
  return self().pid;
}
i64 do_getppid(Context&) {
  return parent_pid();
}
i64 do_gettid(Context&) {
  return Thread::current().tid;
}
i64 do_getpgrp(Context&) {
  return process_group(0);
}

bool is_self(u64 pid) {
  return static_cast<u32>(pid) == 0 || static_cast<u32>(pid) == self().pid;
}

i64 do_getpgid(Context& context) {
  return process_group(static_cast<u32>(context.rdi));
}
i64 do_getsid(Context& context) {
  return process_session(static_cast<u32>(context.rdi));
}

i64 set_attribute(abi::ProcessAttribute attribute, u64 pid, u64 value) {
  return host_call(abi::HostCall::ProcessSet, CallKind::Quick, static_cast<u64>(attribute), pid, value);
}

i64 do_setpgid(Context& context) {
  return set_attribute(abi::ProcessAttribute::Group, static_cast<u32>(context.rdi), static_cast<u32>(context.rsi));
}
i64 do_setsid(Context&) {
  return set_attribute(abi::ProcessAttribute::Session, 0, 0);
}

i64 read_limit(u32 resource, u64 address) {
  const Lock lock(self().limits_mutex);
  u64 pair[2] = {self().limits[resource][0], self().limits[resource][1]};
  return copy_to_user(address, pair, sizeof pair) ? 0 : -EFAULT;
}

i64 change_limit(u32 resource, u64 address) {
  u64 pair[2];
  if (!copy_from_user(pair, address, sizeof pair)) {
    return -EFAULT;
  }
  if (pair[0] > pair[1]) {
    return -EINVAL;
  }
  const bool timers = is_allowed(abi::Component::Timers);
  if (resource == limit_cpu && !timers && pair[0] != no_limit) {
    return -ENOSYS;  // nothing would watch it
  }
  {
    const Lock lock(self().limits_mutex);
    constexpr u64 sys_resource = 1ull << 24;
    if (pair[1] > self().limits[resource][1] && (Thread::current().credentials.effective & sys_resource) == 0) {
      return -EPERM;
    }
    self().limits[resource][0] = pair[0];
    self().limits[resource][1] = pair[1];
  }
  if (resource == limit_cpu && timers) {
    Timers::instance().watch_cpu_limit();
  }
  if (resource == limit_sigpending) {
    Signals::instance().limit_changed();
  }
  return 0;
}

i64 do_getrlimit(Context& context) {
  return context.rdi < limit_count ? read_limit(static_cast<u32>(context.rdi), context.rsi) : -EINVAL;
}
i64 do_setrlimit(Context& context) {
  return context.rdi < limit_count ? change_limit(static_cast<u32>(context.rdi), context.rsi) : -EINVAL;
}
i64 do_prlimit64(Context& context) {
  if (static_cast<u32>(context.rsi) >= limit_count) {
    return -EINVAL;
  }
  if (!is_self(context.rdi)) {
    return -ESRCH;
  }
  const u32 resource = static_cast<u32>(context.rsi);
  u64 old[2] = {self().limits[resource][0], self().limits[resource][1]};
  if (context.rdx != 0) {
    if (const i64 result = change_limit(resource, context.rdx); result != 0) {
      return result;
    }
  }
  return context.r10 == 0 || copy_to_user(context.r10, old, sizeof old) ? 0 : -EFAULT;
}

i64 do_getrusage(Context& context) {
  const i32 who = static_cast<i32>(context.rdi);
  constexpr i32 children = -1, own = 0, thread = 1;
  u64 usage[18] = {};
  if (who == own || who == thread) {
    const u64 whose = who == thread ? u64{vcpu_page().vcpu_index} + 1 : 0;
    host_call(abi::HostCall::ProcessTimes, CallKind::Quick, 0, whose);
    std::memcpy(usage, call_buffer(), sizeof usage);
  } else if (who == children) {
    host_call(abi::HostCall::ProcessGet, CallKind::Quick, static_cast<u64>(abi::ProcessAttribute::ChildrenUsage), 0);
    std::memcpy(usage, call_buffer(), sizeof usage);
  } else {
    return -EINVAL;
  }
  return copy_to_user(context.rsi, usage, sizeof usage) ? 0 : -EFAULT;
}

i64 do_personality(Context& context) {
  const u32 old = self().personality;
  if (static_cast<u32>(context.rdi) != 0xffffffff) {
    self().personality = static_cast<u32>(context.rdi);
  }
  return old;
}

i64 do_arch_prctl(Context& context) {
  constexpr u64 set_gs = 0x1001, set_fs = 0x1002, get_fs = 0x1003, get_gs = 0x1004, get_cpuid = 0x1011,
                set_cpuid = 0x1012;
  switch (context.rdi) {
    case set_fs:
      if (context.rsi >= abi::user_end + abi::page_size) {
        return -EPERM;
      }
      write_fs_base(context.rsi);
      return 0;
    case get_fs: {
      const u64 value = read_fs_base();
      return write_user(context.rsi, value) ? 0 : -EFAULT;
    }
    case set_gs:
    case get_gs:
      return -EPERM;  // GS belongs to the library OS
    case get_cpuid:
      return 1;  // CPUID answers
    case set_cpuid:
      return -ENODEV;  // and cannot be made to fault
    default:
      return -EINVAL;
  }
}

// The set is empty: execve(2) happens inside the pVM, where the host does not give what it would.
i64 change_ambient_set(const Context& context) {
  if (context.rsi == PR_CAP_AMBIENT_CLEAR_ALL) {
    return (context.rdx | context.r10 | context.r8) != 0 ? -EINVAL : 0;
  }
  const bool known = context.rsi == PR_CAP_AMBIENT_IS_SET || context.rsi == PR_CAP_AMBIENT_LOWER ||
                     context.rsi == PR_CAP_AMBIENT_RAISE;
  if (!known || context.rdx > 40 || (context.r10 | context.r8) != 0) {
    return -EINVAL;
  }
  return context.rsi == PR_CAP_AMBIENT_RAISE ? -EPERM : 0;
}

i64 do_prctl(Context& context) {
  Thread& thread = Thread::current();
  switch (static_cast<int>(context.rdi)) {
    case PR_SET_NAME: {
      char name[16] = {};
      for (u64 i = 0; i < sizeof name - 1; ++i) {
        if (!copy_from_user(name + i, context.rsi + i, 1)) {
          return -EFAULT;
        }
        if (name[i] == 0) {
          break;
        }
      }
      std::memcpy(thread.name(), name, sizeof name);
      return 0;
    }
    case PR_GET_NAME:
      return copy_to_user(context.rsi, thread.name(), sizeof thread.page->thread_name) ? 0 : -EFAULT;
    case PR_SET_PDEATHSIG:
      if (context.rsi > 64) {
        return -EINVAL;
      }
      self().parent_death_signal = static_cast<i32>(context.rsi);
      return set_attribute(abi::ProcessAttribute::DeathSignal, 0, context.rsi);
    case PR_GET_PDEATHSIG:
      return write_user(context.rsi, self().parent_death_signal) ? 0 : -EFAULT;
    case PR_GET_DUMPABLE:
      return self().dumpable;
    case PR_SET_DUMPABLE:
      if (context.rsi > 1) {
        return -EINVAL;
      }
      self().dumpable = static_cast<u32>(context.rsi);
      return 0;
    case PR_GET_KEEPCAPS:
      return thread.credentials.keeps_capabilities;
    case PR_SET_KEEPCAPS:
      return context.rsi > 1 ? -EINVAL : change_identity(SYS_prctl, context.rsi);
    case PR_GET_NO_NEW_PRIVS:
      return (context.rsi | context.rdx | context.r10 | context.r8) != 0 ? -EINVAL : self().no_new_privileges;
    case PR_SET_NO_NEW_PRIVS:
      return context.rsi == 1 && (context.rdx | context.r10 | context.r8) == 0 ? 0 : -EINVAL;
    case PR_GET_TIMERSLACK:
      return static_cast<i64>(self().timer_slack_ns);
    case PR_SET_TIMERSLACK:
      self().timer_slack_ns = context.rsi == 0 ? 50'000 : context.rsi;
      return 0;
    case PR_SET_CHILD_SUBREAPER:
      self().child_subreaper = context.rsi != 0 ? 1 : 0;
      return set_attribute(abi::ProcessAttribute::Subreaper, 0, self().child_subreaper);
    case PR_GET_CHILD_SUBREAPER:
      return write_user(context.rsi, self().child_subreaper) ? 0 : -EFAULT;
    case PR_CAPBSET_READ:
      return context.rsi > 40 ? -EINVAL : static_cast<i64>(self().bounding_capabilities >> context.rsi & 1);
    case PR_CAPBSET_DROP:  // needs CAP_SETPCAP, which nobody has here
      return context.rsi > 40 ? -EINVAL : -EPERM;
    case PR_CAP_AMBIENT:
      return change_ambient_set(context);
    case PR_GET_SECUREBITS:
      return 0;
    case PR_SET_SECUREBITS:
      return -EPERM;
    case PR_GET_SECCOMP:
      return 0;
    case PR_GET_TSC:
      return write_user(context.rsi, 1) ? 0 : -EFAULT;
    case PR_GET_THP_DISABLE:
      return 0;
    case PR_SET_VMA:
      return -EINVAL;  // as a kernel without CONFIG_ANON_VMA_NAME
    default:
      return -EINVAL;
  }
}

i64 do_getrandom(Context& context) {
  if ((context.rdx & ~7ull) != 0 || (context.rdx & 6) == 6) {
    return -EINVAL;
  }
  const u64 size = std::min<u64>(context.rsi, 0x7fff'ffff);
  u8 block[256];
  for (u64 done = 0; done < size; done += sizeof block) {
    const u64 count = std::min(size - done, sizeof block);
    random_bytes(block, count);
    if (!copy_to_user(context.rdi + done, block, count)) {
      return done > 0 ? static_cast<i64>(done) : -EFAULT;
    }
  }
  return static_cast<i64>(size);
}

i64 do_uname(Context& context) {
  const i64 result = pass_through(SYS_uname, context);
  constexpr u64 field = 65;
  const Process& process = self();
  if (result == 0 && process.hostname[0] != 0) {
    return copy_to_user(context.rdi + field, process.hostname, field) ? 0 : -EFAULT;
  }
  return result;
}

i64 do_set_host_or_domain_name(Context&) {
  return -EPERM;
}
i64 do_exit_group(Context& context) {
  end_process(exited(static_cast<u32>(context.rdi)));
}
i64 do_exit(Context& context) {
  end_thread(static_cast<u32>(context.rdi));
}

constexpr SyscallEntry entries[] = {
    {SYS_getpid, do_getpid},
    {SYS_getppid, do_getppid},
    {SYS_gettid, do_gettid},
    {SYS_getpgrp, do_getpgrp},
    {SYS_getpgid, do_getpgid},
    {SYS_getsid, do_getsid},
    {SYS_setpgid, do_setpgid},
    {SYS_setsid, do_setsid},
    {SYS_getrlimit, do_getrlimit},
    {SYS_setrlimit, do_setrlimit},
    {SYS_prlimit64, do_prlimit64},
    {SYS_getrusage, do_getrusage},
    {SYS_personality, do_personality},
    {SYS_arch_prctl, do_arch_prctl},
    {SYS_prctl, do_prctl},
    {SYS_getrandom, do_getrandom},
    {SYS_uname, do_uname},
    {SYS_sethostname, do_set_host_or_domain_name},
    {SYS_setdomainname, do_set_host_or_domain_name},
    {SYS_exit_group, do_exit_group},
    {SYS_exit, do_exit},
};

}  // namespace

std::span<const SyscallEntry> process_calls() {
  return entries;
}

}  // namespace kx::libos
