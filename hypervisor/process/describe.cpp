#include "hypervisor/process/describe.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "hypervisor/process/family.hpp"
#include "hypervisor/process/pvm.hpp"
#include "hypervisor/services/call_support.hpp"

namespace kx::hv {

namespace {

std::uint64_t microseconds(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_usec);
}

// What the table knows.
void describe_entry(const ProcessTable::Process& process, abi::ProcessDescription& to) {
  to.pid = process.pid;
  to.parent = process.parent;
  to.group = process.group;
  to.session = process.session;
  to.user = process.user;
  to.group_ids = process.group_ids;
  to.children_user_us = microseconds(process.children_usage.ru_utime);
  to.children_system_us = microseconds(process.children_usage.ru_stime);
  to.start_ns = process.start_ns;
}

// A zombie has neither memory nor arguments.
void describe_zombie(const ProcessTable::Process& process, abi::ProcessDescription& to) {
  to.state = 'Z';
  to.threads = 1;
  to.user_us = microseconds(process.usage.ru_utime);
  to.system_us = microseconds(process.usage.ru_stime);
  process.name.copy(to.name, sizeof to.name - 1);
}

void describe_running(const ProcessTable::Process& process, Pvm& pvm, abi::ProcessDescription& to) {
  const bool stopped = process.state == ProcessTable::State::Stopped;
  to.state = static_cast<unsigned char>(stopped ? 'T' : pvm.sleeps() ? 'S' : 'R');
  to.threads = pvm.thread_count();
  const rusage usage = pvm.usage();
  to.user_us = microseconds(usage.ru_utime);
  to.system_us = microseconds(usage.ru_stime);
  to.memory_size = pvm.stats().memory_in_use;
  to.arguments_size = static_cast<std::uint32_t>(std::min<std::uint64_t>(process.arguments.size(), abi::command_size));
  process.arguments.copy(to.arguments, sizeof to.arguments);
  pvm.name().copy(to.name, sizeof to.name - 1);
}

}  // namespace

std::int64_t describe_process(const CallContext& context, const Call& call) {
  ProcessTable::Process process;
  const auto take = [&](const ProcessTable::Process& found) { process = found; };
  if (!context.services.pvm->family().processes().change(static_cast<ProcessId>(call.args[0]), take)) {
    return -ESRCH;
  }
  abi::ProcessDescription description{};
  describe_entry(process, description);
  if (process.pvm != nullptr) {
    describe_running(process, *process.pvm, description);
  } else {
    describe_zombie(process, description);
  }
  return copy_out(context, call.args[1], description) ? 0 : -EFAULT;
}

}  // namespace kx::hv
