// Host calls about the pVM itself: its end, its threads, its reports.
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "hypervisor/process/describe.hpp"
#include "hypervisor/process/executable_calls.hpp"
#include "hypervisor/process/family.hpp"
#include "hypervisor/process/identity.hpp"
#include "hypervisor/process/pvm.hpp"
#include "hypervisor/process/question_calls.hpp"
#include "hypervisor/services/call_support.hpp"
#include "hypervisor/services/host_calls.hpp"
#include "hypervisor/vcpu/vcpu_thread.hpp"

namespace kx::hv {

namespace {

// A text of the call buffer, copied once.
std::string text_argument(const CallContext& context, std::uint64_t offset, std::uint64_t size) {
  if (outside(offset, size, 0, context.buffer.size())) {
    return {};
  }
  return {reinterpret_cast<const char*>(context.buffer.data() + offset), size};
}

// What execve(2)'s error means to the user of kx.
Error load_error(const std::string& program, int code, bool policed) {
  Error error = make_error(ErrorKind::NotExecutable, "cannot run ", program);
  error.errno_value = code;
  switch (code) {
    case ENOEXEC:
      error.cure = "it must be an x86-64 ELF program or a script that starts with #!";
      break;
    case ELIBACC:
      error.kind = ErrorKind::NotFound;
      error.what += ": its ELF interpreter (dynamic linker) does not exist";
      error.errno_value = 0;
      error.cure = "install the C library it was linked for, or give a --root that has it";
      break;
    case ELIBBAD:
      error.what += ": its ELF interpreter is not usable";
      error.errno_value = 0;
      break;
    case ENOENT:
      error.kind = ErrorKind::NotFound;
      error.cure = "if it is a script, its interpreter does not exist";
      break;
    case EACCES:
      if (policed) {
        error.cure = "or refused by the library policy: kx run says why, on its standard error";
      }
      break;
    case ENOMEM:
      error.kind = ErrorKind::OutOfMemory;
      error.cure = "give it more with --memory";
      break;
    default:
      break;
  }
  return error;
}

// The default action of a stop signal. The family's root stops kx itself, as the shell that started it expects.
void stop_process(Pvm& pvm, int signal) {
  if (pvm.pid() == init_process + 1) {
    // To this thread: one that another thread takes would let this one run on for a moment.
    ::tgkill(::getpid(), ::gettid(), SIGSTOP);
    return;
  }
  pvm.stop();
  pvm.family().processes().stopped(pvm.pid(), signal);
  pvm.wait_while_stopped();
}

std::int64_t fork_process(CallContext& context, Call& call) {
  Pvm& pvm = *context.services.pvm;
  const std::uint64_t slots = call.args[1];
  const std::byte* from =
      slots <= abi::vcpu_call_buffer_size ? buffer_at(context, 0, slots * sizeof(std::uint64_t)) : nullptr;
  if (from == nullptr) {
    return -EFAULT;
  }
  std::vector<std::uint64_t> except(slots);
  if (slots != 0) {
    copy_once(except.data(), from, slots * sizeof(std::uint64_t));
  }
  const ForkRequest request{call.args[0], std::move(except), call.args[2],
                            call.args[3], call.args[4],      static_cast<std::uint32_t>(call.args[5])};
  auto forked = pvm.family().fork(pvm, context.vcpu_index, request);
  if (!forked) {
    const int code = forked.error().errno_value;
    return code == ENOMEM || code == EMFILE || code == ENFILE ? -code : -EAGAIN;
  }
  call.extra[0] = forked->slot_gpa;
  call.extra[1] = forked->slot_size;
  return forked->pid | std::int64_t{forked->handle} << 32;
}

std::int64_t newest_readers(const CallContext& context, const Call& call) {
  const std::uint64_t count = call.args[0];
  std::byte* const buffer =
      count <= abi::vcpu_call_buffer_size ? buffer_at(context, 0, count * sizeof(std::uint32_t)) : nullptr;
  if (buffer == nullptr) {
    return -EFAULT;
  }
  const SnapshotLedger& ledger = *context.services.pvm->ledger();
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint32_t number;
    copy_once(&number, buffer + i * sizeof number, sizeof number);
    number = ledger.newest_up_to(number);
    std::memcpy(buffer + i * sizeof number, &number, sizeof number);
  }
  return 0;
}

// Whether waits for the process behind a handle do not wait (PIDFD_NONBLOCK, pidfd_open(2)).
bool is_nonblocking(const CallContext& context, std::uint64_t handle) {
  const HandleTable::File file = context.services.handles.get_to_wait(handle);
  return file != nullptr && (::fcntl(file->get(), F_GETFL) & O_NONBLOCK) != 0;
}

// 0, or -EBADF if a wait for a handle names none that stands for a process.
std::int64_t name_process(const CallContext& context, const Call& call, WaitRequest& request) {
  if (static_cast<abi::WaitKind>(call.args[0]) != abi::WaitKind::Handle) {
    request.kind = static_cast<WaitRequest::Kind>(call.args[0]);
    request.id = static_cast<ProcessId>(call.args[1]);
    return 0;
  }
  const auto process = context.services.handles.process_of(call.args[1]);
  if (!process) {
    return -EBADF;
  }
  request.kind = WaitRequest::Kind::Process;
  request.id = process->pid;
  request.serial = process->serial;
  return 0;
}

std::int64_t wait_for_child(CallContext& context, const Call& call) {
  if (call.args[0] >= static_cast<std::uint64_t>(abi::WaitKind::Last)) {
    return -EINVAL;
  }
  Pvm& pvm = *context.services.pvm;
  WaitRequest request;
  if (const std::int64_t error = name_process(context, call, request); error != 0) {
    return error;
  }
  request.options = static_cast<std::uint32_t>(call.args[2]);
  if (const auto self = pvm.vcpu(context.vcpu_index); self != nullptr) {
    request.thread = static_cast<std::int32_t>(self->guest_thread_id());
  }
  const bool nonblocking = request.serial != 0 && is_nonblocking(context, call.args[1]);
  const bool asks_again = nonblocking && (request.options & WNOHANG) == 0;
  request.options |= nonblocking ? WNOHANG : 0;
  WaitReport report;
  const std::int64_t found = pvm.family().processes().wait(context, pvm.pid(), request, report);
  if (found <= 0) {
    return found == 0 && asks_again ? -EAGAIN : found;
  }
  abi::WaitResult result{report.pid, report.status, report.uid, 0, {}};
  static_assert(sizeof result.usage == sizeof report.usage);
  std::memcpy(result.usage, &report.usage, sizeof result.usage);
  return copy_out(context, call.args[3], result) ? found : -EFAULT;
}

std::int64_t send_signal(const CallContext& context, Call& call) {
  Pvm& pvm = *context.services.pvm;
  ProcessTable& processes = pvm.family().processes();
  const auto signal = static_cast<int>(call.args[1]), code = static_cast<int>(call.args[2]);
  bool includes_sender = false;
  std::int64_t result = -EINVAL;
  if (call.args[4] == static_cast<std::uint64_t>(abi::KillTarget::Number)) {
    const auto target = static_cast<std::int32_t>(call.args[0]);
    result = processes.kill(pvm.pid(), target, signal, code, call.args[3], includes_sender);
  } else if (call.args[4] == static_cast<std::uint64_t>(abi::KillTarget::Handle)) {
    const auto process = context.services.handles.process_of(call.args[0]);
    result = process ? processes.kill(pvm.pid(), *process, signal, code, call.args[3], includes_sender) : -EBADF;
  }
  call.extra[0] = includes_sender ? 1 : 0;
  return result;
}

std::int64_t open_process(const CallContext& context, const Call& call) {
  if ((call.args[1] & ~std::uint64_t{O_NONBLOCK}) != 0) {
    return -EINVAL;
  }
  UniqueFd fd;
  ProcessReference process;
  const std::int64_t result = context.services.pvm->family().processes().watch(static_cast<ProcessId>(call.args[0]),
                                                                               call.args[1] != 0, fd, process);
  return result != 0 ? result : add_handle(context, fd.release(), process);
}

std::int64_t process_of_handle(const CallContext& context, std::uint64_t handle, std::uint64_t& serial) {
  const auto process = context.services.handles.process_of(handle);
  if (!process) {
    return -EBADF;
  }
  serial = process->serial;
  return context.services.pvm->family().processes().exists(*process) ? process->pid : -ESRCH;
}

std::int64_t send_thread_signal(const CallContext& context, const Call& call) {
  Pvm& pvm = *context.services.pvm;
  return pvm.family().processes().kill_thread(pvm.pid(), static_cast<ProcessId>(call.args[0]),
                                              static_cast<std::int32_t>(call.args[1]), static_cast<int>(call.args[2]),
                                              static_cast<int>(call.args[3]), call.args[4]);
}

std::int64_t get_attribute(const CallContext& context, Call& call) {
  Pvm& pvm = *context.services.pvm;
  ProcessTable& processes = pvm.family().processes();
  const auto pid = static_cast<ProcessId>(call.args[1]);
  switch (static_cast<abi::ProcessAttribute>(call.args[0])) {
    case abi::ProcessAttribute::Group:
      return processes.group_of(pvm.pid(), pid);
    case abi::ProcessAttribute::Session:
      return processes.session_of(pvm.pid(), pid);
    case abi::ProcessAttribute::Orphaned:
      return processes.is_orphaned(pvm.pid()) ? 1 : 0;
    case abi::ProcessAttribute::VforkWait:
      if (!context.may_block()) {
        return abi::result_must_exit;
      }
      processes.wait_for_vfork(pvm, pid);
      return 0;
    case abi::ProcessAttribute::OfHandle:
      return process_of_handle(context, call.args[1], call.extra[0]);
    case abi::ProcessAttribute::Next:
      return processes.next_after(pid);
    case abi::ProcessAttribute::Terminal: {
      const std::shared_ptr<Terminal> terminal = processes.terminal_of(pid == 0 ? pvm.pid() : pid);
      Family& family = pvm.family();
      const std::uint32_t number =
          terminal == nullptr ? 0 : family.terminals().number(*terminal, family.sandbox().proc_fd());
      call.extra[0] = number == 0 ? 0 : static_cast<std::uint32_t>(terminal->foreground.load());
      return number;
    }
    case abi::ProcessAttribute::ChildrenUsage: {
      rusage usage{};
      processes.change(pvm.pid(), [&](const ProcessTable::Process& self) { usage = self.children_usage; });
      return copy_out(context, call.args[1], usage) ? 0 : -EFAULT;
    }
    default:
      return -EINVAL;
  }
}

// What a handle of a program's file stands for. Only who may execute a file keeps others from writing to it.
Program program_behind(const CallContext& context, std::uint64_t handle) {
  HandleTable::File file = context.services.handles.get(handle);
  const bool executable =
      file != nullptr && host_syscall(SYS_faccessat2, {static_cast<std::uint64_t>(file->get()), address_of(""), X_OK,
                                                       AT_EMPTY_PATH | AT_EACCESS}) == 0;
  return executable ? context.services.pvm->family().processes().programs().add(std::move(file)) : nullptr;
}

std::int64_t set_attribute(const CallContext& context, const Call& call) {
  Pvm& pvm = *context.services.pvm;
  ProcessTable& processes = pvm.family().processes();
  const std::uint64_t value = call.args[2];
  const auto change = [&](auto&& apply) { return processes.change(pvm.pid(), apply) ? 0 : -ESRCH; };
  switch (static_cast<abi::ProcessAttribute>(call.args[0])) {
    case abi::ProcessAttribute::Group:
      return processes.set_group(pvm.pid(), static_cast<ProcessId>(call.args[1]), static_cast<ProcessId>(value));
    case abi::ProcessAttribute::Session:
      return processes.new_session(pvm.pid());
    case abi::ProcessAttribute::AutoReap:
      return change([&](ProcessTable::Process& self) { self.auto_reap = value != 0; });
    case abi::ProcessAttribute::NoStopSignal:
      return change([&](ProcessTable::Process& self) { self.no_stop_signal = value != 0; });
    case abi::ProcessAttribute::Subreaper:
      return change([&](ProcessTable::Process& self) { self.subreaper = value != 0; });
    case abi::ProcessAttribute::Program: {
      Program program = program_behind(context, value);
      return change([&](ProcessTable::Process& self) { self.program.swap(program); });
    }
    case abi::ProcessAttribute::DeathSignal:
      return value > 64
                 ? -EINVAL
                 : change([&](ProcessTable::Process& self) { self.parent_death_signal = static_cast<int>(value); });
    default:
      return -EINVAL;
  }
}

// What a vfork child wrote, on its way to the parent that waits. The bytes are between the two.
std::int64_t keep_message(const CallContext& context, const Call& call) {
  auto message = copy_in_bytes(context, call.args[0], call.args[1]);
  if (!message) {
    return -EFAULT;
  }
  Pvm& pvm = *context.services.pvm;
  return pvm.family().processes().keep_message(pvm.pid(), std::move(*message));
}

std::int64_t next_message(const CallContext& context, const Call& call) {
  Pvm& pvm = *context.services.pvm;
  const std::vector<std::byte> message =
      pvm.family().processes().next_message(pvm.pid(), static_cast<ProcessId>(call.args[0]));
  const bool has_room = buffer_at(context, call.args[1], call.args[2]) != nullptr && message.size() <= call.args[2];
  return has_room && copy_out_bytes(context, call.args[1], message) ? static_cast<std::int64_t>(message.size())
                                                                    : -EFAULT;
}

// execve(2): the parent that waits goes on, and the memory shared with it so far is let go.
std::int64_t new_program(const CallContext& context, const Call& call) {
  Pvm& pvm = *context.services.pvm;
  std::string arguments = text_argument(context, call.args[0], std::min(call.args[1], abi::command_size));
  pvm.family().processes().executed(pvm.pid(), std::move(arguments), program_behind(context, call.args[2]));
  auto forgotten = pvm.memory().forget_inherited();
  pvm.memory().prefault_tables();
  return forgotten ? 0 : -ENOMEM;
}

}  // namespace

std::optional<std::int64_t> serve_process_call(CallContext& context, abi::HostCall number, Call& call) {
  Pvm& pvm = *context.services.pvm;
  const auto& arguments = call.args;
  switch (number) {
    case abi::HostCall::Exit:
      pvm.exit(ExitStatus{static_cast<int>(arguments[0] & 0xffff)});
      return 0;
    case abi::HostCall::ThreadCreate: {
      const EntryPoint entry{arguments[1], arguments[2], arguments[3], arguments[4]};
      auto index = pvm.start_vcpu(Gpa{arguments[0]}, entry);
      if (!index) {
        return index.error().errno_value != 0 ? -index.error().errno_value : -EAGAIN;
      }
      return *index;
    }
    case abi::HostCall::ThreadExit:
      if (const auto self = pvm.vcpu(context.vcpu_index); self != nullptr) {
        self->finish();
      }
      return 0;
    case abi::HostCall::Kick:
      pvm.kick(static_cast<std::uint32_t>(arguments[0]));
      return 0;
    case abi::HostCall::Stop:
      stop_process(pvm, static_cast<int>(arguments[0] & 63));
      return 0;
    case abi::HostCall::RefillInbox:
      pvm.refill_inbox();
      return 0;
    case abi::HostCall::NewThreadId:
      return pvm.family().processes().next_id();
    case abi::HostCall::Fork:
      return fork_process(context, call);
    case abi::HostCall::NewestReaders:
      return newest_readers(context, call);
    case abi::HostCall::Identity:
      return serve_identity(context, call);
    case abi::HostCall::CheckExecutable:
      return check_executable(context, call);
    case abi::HostCall::Wait:
      return wait_for_child(context, call);
    case abi::HostCall::Kill:
      return send_signal(context, call);
    case abi::HostCall::KillThread:
      return send_thread_signal(context, call);
    case abi::HostCall::ProcessDescribe:
      return describe_process(context, call);
    case abi::HostCall::Ask:
      return ask_process(context, call);
    case abi::HostCall::NextQuestion:
      return next_question(context, call);
    case abi::HostCall::Answer:
      return answer_question(context, call);
    case abi::HostCall::ProcessGet:
      return get_attribute(context, call);
    case abi::HostCall::ProcessSet:
      return set_attribute(context, call);
    case abi::HostCall::ProcessOpen:
      return open_process(context, call);
    case abi::HostCall::VforkWrite:
      return keep_message(context, call);
    case abi::HostCall::VforkRead:
      return next_message(context, call);
    case abi::HostCall::Executed:
      return new_program(context, call);
    case abi::HostCall::Trace: {
      const std::string text = text_argument(context, arguments[0], arguments[1]);
      if (pvm.family().trace_fd() >= 0) {
        return ::write(pvm.family().trace_fd(), text.data(), text.size());
      }
      return 0;
    }
    case abi::HostCall::Panic:
      std::fprintf(stderr, "kx: library OS failed: %s\n", text_argument(context, arguments[0], arguments[1]).c_str());
      pvm.exit(ExitStatus{SIGABRT});
      return 0;
    case abi::HostCall::OutOfMemory:
      std::fprintf(stderr, "kx: %s: out of memory: the pVM has all of its %llu MiB (give it more with --memory)\n",
                   pvm.program().c_str(), static_cast<unsigned long long>(pvm.memory().limit() >> 20));
      pvm.exit(ExitStatus{SIGKILL});
      return 0;
    case abi::HostCall::LoadFailed: {
      const int code = static_cast<int>(arguments[0] & 4095);
      pvm.fail_load(load_error(pvm.program(), code, pvm.family().libraries() != nullptr));
      return 0;
    }
    default:
      return std::nullopt;
  }
}

}  // namespace kx::hv
