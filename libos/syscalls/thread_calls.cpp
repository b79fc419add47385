// Threads and processes: clone(2).
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "files/process_file.hpp"
#include "host/host_call.hpp"
#include "host/stats.hpp"
#include "mm/address_space.hpp"
#include "mm/arena.hpp"
#include "mm/heap.hpp"
#include "process/fork.hpp"
#include "process/process.hpp"
#include "process/thread.hpp"
#include "process/world.hpp"
#include "signals/signals.hpp"
#include "syscalls/dispatch.hpp"

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL  // clone(2); not in this C library's headers
#endif

namespace kx::libos {

namespace {

// What makes a clone a thread of the same process, as pthread_create asks for it.
constexpr u64 thread_flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;
constexpr u64 optional_flags =
    CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | CLONE_DETACHED;

struct CloneRequest {
  u64 flags = 0;
  u64 stack = 0;  // the new stack pointer; 0: the caller's
  u64 parent_tid = 0, child_tid = 0;
  u64 tls = 0;
  u64 pidfd = 0;  // address
};

// A new thread and what its vCPU needs to start.
struct NewThread {
  Thread thread;  // first: its address is the object's
  Context context;
  u64 fs_base = 0;
  u64 set_child_tid = 0;
};

i64 create_thread(const CloneRequest& request, const Context& caller) {
  const i64 tid = host_call(abi::HostCall::NewThreadId, CallKind::Quick);
  u64 before = 0;
  const auto area = tid > 0 ? Arena::instance().allocate_vcpu_area(before) : std::nullopt;
  if (!area) {
    return -EAGAIN;
  }
  // SAFETY: areas but the first vCPU's are used for threads made here alone, whose Thread is part of a NewThread.
  heap_delete(reinterpret_cast<NewThread*>(before));
  auto* created = heap_new<NewThread>();
  if (created == nullptr) {
    Arena::instance().free_vcpu_area(*area);
    return -EAGAIN;
  }
  Thread& parent = Thread::current();
  Thread& thread = created->thread;
  thread.page = reinterpret_cast<abi::VcpuPage*>(abi::linear_gva(area->value));
  thread.area_gpa = area->value;
  thread.set_tid(static_cast<u32>(tid));
  thread.page->robust_list_gva = 0;
  thread.signals.mask = parent.signals.mask;
  thread.credentials = parent.credentials;
  thread.policy = parent.policy & ~sched_reset_on_fork;
  std::memcpy(thread.name(), parent.name(), sizeof thread.page->thread_name);
  if ((request.flags & CLONE_CHILD_CLEARTID) != 0) {
    thread.clear_child_tid = request.child_tid;
  }
  if ((request.flags & CLONE_CHILD_SETTID) != 0) {
    created->set_child_tid = request.child_tid;
  }
  created->context = caller;
  created->context.rax = 0;
  created->context.orig_rax = ~0ull;
  if (request.stack != 0) {
    created->context.rsp = request.stack;
  }
  created->fs_base = (request.flags & CLONE_SETTLS) != 0 ? request.tls : read_fs_base();
  if ((request.flags & CLONE_PARENT_SETTID) != 0) {
    static_cast<void>(write_user(request.parent_tid, thread.tid));  // Linux does not look, either
  }
  ThreadList::instance().add(thread);
  const i64 index =
      host_call(abi::HostCall::ThreadCreate, CallKind::Blocking, area->value, reinterpret_cast<u64>(kx_thread_start),
                abi::linear_gva(area->value) + abi::vcpu_stack_top, reinterpret_cast<u64>(created), abi::boot_pml4_gpa);
  if (index < 0) {
    ThreadList::instance().remove(thread);
    heap_delete(created);
    Arena::instance().free_vcpu_area(*area);
    return -EAGAIN;
  }
  return tid;
}

// What a process of its own may be made with. With CLONE_VM only as vfork does it, where nobody else runs meanwhile.
constexpr u64 process_flags = CLONE_VM | CLONE_VFORK | CLONE_PARENT | CLONE_SETTLS | CLONE_PARENT_SETTID |
                              CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CLONE_CLEAR_SIGHAND | CLONE_DETACHED |
                              CLONE_UNTRACED | CLONE_IO | CLONE_PIDFD;

// The descriptor of a child in the making (CLONE_PIDFD): everything that can fail is done before there is a child.
class ChildDescriptor {
 public:
  // 0 or -errno.
  i64 reserve(u64 address);
  void give_to(ForkOptions& options) const;
  // With fork_process()'s answer.
  void finish(i64 pid);

 private:
  FileRef file_;
  u64 address_ = 0;
  i64 fd_ = -1;
};

i64 ChildDescriptor::reserve(u64 address) {
  // The word is about to be written anyway.
  u32 word = 0;
  if (!read_user(word, address) || !write_user(address, word)) {
    return -EFAULT;
  }
  OpenFile* file = describe_process_handle(handle_to_come);
  if (file == nullptr) {
    return -ENOMEM;
  }
  file_ = FileRef(file);
  file->acquire();
  fd_ = FdTable::instance().add(FileRef(file), true);
  address_ = address;
  return fd_ < 0 ? fd_ : 0;
}

void ChildDescriptor::give_to(ForkOptions& options) const {
  options.child_file = file_.get();
  options.child_fd = static_cast<u32>(fd_);
}

void ChildDescriptor::finish(i64 pid) {
  if (pid == 0) {
    static_cast<void>(file_.release());  // the child counts references anew, without this one
  } else if (pid > 0) {
    static_cast<void>(write_user(address_, static_cast<u32>(fd_)));
  } else {
    FdTable::instance().close(static_cast<u64>(fd_));
  }
}

i64 create_process(const CloneRequest& request, Context& caller) {
  if ((request.flags & CLONE_FS) != 0 && (request.flags & (CLONE_NEWNS | CLONE_NEWUSER)) != 0) {
    return -EINVAL;
  }
  if ((request.flags & ~(process_flags | CSIGNAL)) != 0 ||
      ((request.flags & CLONE_VM) != 0 && (request.flags & CLONE_VFORK) == 0)) {
    count_unsupported(caller.orig_rax);
    return -ENOSYS;
  }
  const auto given = [&](u64 flag, u64 value) { return (request.flags & flag) != 0 ? value : 0; };
  ForkOptions options;
  options.exit_signal = static_cast<u32>(request.flags & CSIGNAL);
  options.of_parent = (request.flags & CLONE_PARENT) != 0;
  options.waits = (request.flags & CLONE_VFORK) != 0;
  options.shares_memory = (request.flags & CLONE_VM) != 0;
  options.clear_handlers = (request.flags & CLONE_CLEAR_SIGHAND) != 0;
  options.stack = request.stack;
  options.set_tls = (request.flags & CLONE_SETTLS) != 0;
  options.tls = request.tls;
  options.set_child_tid = given(CLONE_CHILD_SETTID, request.child_tid);
  options.clear_child_tid = given(CLONE_CHILD_CLEARTID, request.child_tid);
  ChildDescriptor descriptor;
  const bool opens = (request.flags & CLONE_PIDFD) != 0;
  if (opens) {
    if (const i64 result = descriptor.reserve(request.pidfd); result != 0) {
      return result;
    }
    descriptor.give_to(options);
  }
  const i64 pid = fork_process(options, caller);
  if (opens) {
    descriptor.finish(pid);
  }
  if (pid > 0 && (request.flags & CLONE_PARENT_SETTID) != 0) {
    const u32 number = static_cast<u32>(pid);
    static_cast<void>(write_user(request.parent_tid, number));
  }
  return pid;
}

i64 clone(const CloneRequest& request, Context& caller) {
  if ((request.flags & CLONE_SIGHAND) != 0 && (request.flags & CLONE_VM) == 0) {
    return -EINVAL;
  }
  if ((request.flags & CLONE_THREAD) != 0 && (request.flags & CLONE_SIGHAND) == 0) {
    return -EINVAL;
  }
  // No descriptor of a thread, as before Linux 6.9.
  const bool at_one_place = (request.flags & CLONE_PARENT_SETTID) != 0 && request.pidfd == request.parent_tid;
  if ((request.flags & CLONE_PIDFD) != 0 && ((request.flags & (CLONE_DETACHED | CLONE_THREAD)) != 0 || at_one_place)) {
    return -EINVAL;
  }
  if ((request.flags & CLONE_THREAD) == 0) {
    return create_process(request, caller);
  }
  if ((request.flags & thread_flags) != thread_flags ||
      (request.flags & ~(thread_flags | optional_flags | CSIGNAL)) != 0) {
    count_unsupported(caller.orig_rax);
    return -ENOSYS;
  }
  return create_thread(request, caller);
}

i64 do_fork(Context& context) {
  return fork_process({.exit_signal = SIGCHLD}, context);
}

i64 do_vfork(Context& context) {
  return fork_process({.exit_signal = SIGCHLD, .waits = true, .shares_memory = true}, context);
}

i64 do_clone(Context& context) {
  return clone({context.rdi, context.rsi, context.rdx, context.r10, context.r8, context.rdx}, context);
}

i64 do_clone3(Context& context) {
  struct Arguments {
    u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
  } arguments{};
  constexpr u64 first_version = 64;
  if (context.rsi < first_version) {
    return -EINVAL;
  }
  if (context.rsi > abi::page_size) {
    return -E2BIG;
  }
  if (!copy_from_user(&arguments, context.rdi, std::min<u64>(context.rsi, sizeof arguments))) {
    return -EFAULT;
  }
  for (u64 i = sizeof arguments; i < context.rsi; ++i) {
    u8 byte = 0;
    if (!read_user(byte, context.rdi + i)) {
      return -EFAULT;
    }
    if (byte != 0) {
      return -E2BIG;
    }
  }
  if ((arguments.stack == 0) != (arguments.stack_size == 0)) {
    return -EINVAL;
  }
  if (arguments.exit_signal > 64 || (arguments.flags & CSIGNAL) != 0) {
    return -EINVAL;
  }
  return clone(
      {arguments.flags | arguments.exit_signal, arguments.stack == 0 ? 0 : arguments.stack + arguments.stack_size,
       arguments.parent_tid, arguments.child_tid, arguments.tls, arguments.pidfd},
      context);
}

i64 do_set_tid_address(Context& context) {
  Thread::current().clear_child_tid = context.rdi;
  return Thread::current().tid;
}

i64 do_set_robust_list(Context& context) {
  constexpr u64 head_size = 24;
  if (context.rsi != head_size) {
    return -EINVAL;
  }
  Thread::current().page->robust_list_gva = context.rdi;
  return 0;
}

i64 do_get_robust_list(Context& context) {
  const u32 tid = static_cast<u32>(context.rdi);
  const Thread* thread = tid == 0 ? &Thread::current() : ThreadList::instance().find(tid);
  if (thread == nullptr) {
    return -ESRCH;
  }
  const u64 size = 24;
  return write_user(context.rdx, size) && write_user(context.rsi, thread->page->robust_list_gva) ? 0 : -EFAULT;
}

i64 do_membarrier(Context& context) {
  enum : u64 { query = 0, global = 1, global_expedited = 2, register_global = 4, expedited = 8, register_private = 16 };
  if (context.rsi != 0) {
    return -EINVAL;
  }
  switch (context.rdi) {
    case query:
      return global | global_expedited | register_global | expedited | register_private;
    case register_global:
      return 0;
    case register_private:
      Process::instance().uses_membarrier = true;
      return 0;
    case expedited:
      if (!Process::instance().uses_membarrier) {
        return -EPERM;
      }
      [[fallthrough]];
    case global:
    case global_expedited:
      barrier_on_all_vcpus();
      return 0;
    default:
      return -EINVAL;
  }
}

constexpr SyscallEntry entries[] = {
    {SYS_clone, do_clone},
    {SYS_fork, do_fork},
    {SYS_vfork, do_vfork},
    {SYS_clone3, do_clone3},
    {SYS_set_tid_address, do_set_tid_address},
    {SYS_set_robust_list, do_set_robust_list},
    {SYS_get_robust_list, do_get_robust_list},
    {SYS_membarrier, do_membarrier},
};

}  // namespace

std::span<const SyscallEntry> thread_calls() {
  return entries;
}

// First C++ code of a further vCPU.
extern "C" Context* kx_thread_main(NewThread* created) {
  abi::VcpuPage& page = vcpu_page();
  Thread& thread = created->thread;
  page.thread_gva = reinterpret_cast<u64>(&thread);
  stop_with_world();
  auto* context = reinterpret_cast<Context*>(page.stack_top_gva - sizeof(Context));
  *context = created->context;
  write_fs_base(created->fs_base);
  if (created->set_child_tid != 0) {
    static_cast<void>(write_user(created->set_child_tid, thread.tid));
  }
  acknowledge_flush();
  return context;
}

}  // namespace kx::libos
