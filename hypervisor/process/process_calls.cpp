// Host calls about the pVM itself: its end, its threads, its reports.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "hypervisor/process/pvm.hpp"
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
Error load_error(const std::string& program, int code) {
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
    case ENOMEM:
      error.kind = ErrorKind::OutOfMemory;
      error.cure = "give it more with --memory";
      break;
    default:
      break;
  }
  return error;
}

// The default action of a stop signal: the whole family stops, as the shell that started kx expects.
void stop_process() {
  ::kill(::getpid(), SIGSTOP);
}

}  // namespace

std::optional<std::int64_t> serve_process_call(CallContext& context, abi::HostCall call,
                                               const std::uint64_t (&arguments)[6]) {
  Pvm& pvm = *context.services.pvm;
  switch (call) {
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
      stop_process();
      return 0;
    case abi::HostCall::Trace: {
      const std::string text = text_argument(context, arguments[0], arguments[1]);
      if (pvm.trace_fd() >= 0) {
        return ::write(pvm.trace_fd(), text.data(), text.size());
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
      pvm.fail_load(load_error(pvm.program(), code));
      return 0;
    }
    default:
      return std::nullopt;
  }
}

}  // namespace kx::hv
