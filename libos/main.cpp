// The library OS's first C++ code: sets up the process and loads its program.
#include <cerrno>
#include <cstring>
#include <kx/abi/boot.hpp>
#include <kx/base/verify.hpp>
#include <new>

#include "files/start.hpp"
#include "host/host_call.hpp"
#include "host/stats.hpp"
#include "loader/exec.hpp"
#include "mm/address_space.hpp"
#include "mm/heap.hpp"
#include "mm/memory.hpp"
#include "process/boot_info.hpp"
#include "process/process.hpp"
#include "process/strace.hpp"
#include "process/thread.hpp"
#include "signals/signals.hpp"
#include "signals/timers.hpp"
#include "syscalls/dispatch.hpp"

namespace kx::libos {

namespace {

using Initializer = void (*)();
extern "C" const Initializer kx_init_begin[];
extern "C" const Initializer kx_init_end[];

Thread first_thread;

// The strings the hypervisor left in front of the first RAM slot, copied before that memory is given to the program.
struct BootStrings {
  const char* program;
  StringList arguments;
  StringList environment;
  const char* working_directory;
  const char* hostname;
};

const char* take(StringList& list, const char* at, u64 count) {
  list.text = at;
  list.count = count;
  for (u64 i = 0; i < count; ++i) {
    at += std::strlen(at) + 1;
  }
  list.size = static_cast<u64>(at - list.text);
  return at;
}

BootStrings read_strings(const abi::BootInfo& boot) {
  BootStrings strings{};
  const char* at = linear_pointer<const char>(Gpa{boot.arguments_gpa});
  strings.program = at;
  at += std::strlen(at) + 1;
  at = take(strings.arguments, at, boot.argument_count);
  at = take(strings.environment, at, boot.environment_count);
  strings.working_directory = at;
  at += std::strlen(at) + 1;
  strings.hostname = at;
  return strings;
}

void start_process(const abi::BootInfo& boot, const BootStrings& strings) {
  Process& process = Process::instance();
  process.pid = boot.pid;
  process.cpu_count = boot.cpu_count;
  process.start_time_ns = boot.start_time_ns;
  first_thread.credentials = boot.identity;
  process.bounding_capabilities = boot.identity.permitted;
  std::memcpy(process.limits, boot.limits, sizeof process.limits);
  std::strncpy(process.hostname, strings.hostname, sizeof process.hostname - 1);
}

[[noreturn]] void fail_to_load(i64 error) {
  for (;;) {
    host_call(abi::HostCall::LoadFailed, CallKind::Blocking, static_cast<u64>(-error), 0, 0);
  }
}

}  // namespace

// `page`: this vCPU's. Returns the program's first context, at the top of the library-OS stack.
extern "C" Context* kx_main(abi::VcpuPage* page) {
  stats().entry_tsc = read_tsc();
  for (const Initializer* initializer = kx_init_begin; initializer != kx_init_end; ++initializer) {
    (*initializer)();
  }
  const abi::BootInfo& boot = boot_info();
  KX_VERIFY(boot.magic == abi::boot_magic && boot.version == abi::abi_version);
  const BootStrings strings = read_strings(boot);
  Memory::instance().start(boot.memory_gpa, boot.memory_size,
                           boot.arguments_gpa + boot.arguments_size - boot.memory_gpa, boot.memory_limit);
  first_thread.page = page;
  first_thread.area_gpa = abi::vcpu0_gpa;
  first_thread.set_tid(boot.pid);
  page->thread_gva = reinterpret_cast<u64>(&first_thread);
  ThreadList::instance().add(first_thread);
  start_process(boot, strings);
  start_dispatch();
  Signals::instance().start(first_thread, boot.ignored_signals, boot.blocked_signals);
  strace_flag = (boot.flags & abi::boot_strace) != 0;
  AddressSpace::instance().start(boot.random[0]);
  start_files(boot, strings.working_directory);
  watch_inherited_cpu_limit();

  auto* context = reinterpret_cast<Context*>(page->stack_top_gva - sizeof(Context));
  ExecRequest request;
  request.path = strings.program;
  request.arguments = strings.arguments;
  request.environment = strings.environment;
  request.first = true;
  if (const i64 result = load_program(request, *context); result != 0) {
    fail_to_load(result);
  }
  stats().loaded_tsc = read_tsc();
  return context;
}

}  // namespace kx::libos
