// Who is sent the signals of files with O_ASYNC: F_SETOWN_EX, F_SETSIG and what they ask back (fcntl(2)).
#include <fcntl.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>

#include "hypervisor/ipc/family_ipc.hpp"
#include "hypervisor/process/family.hpp"
#include "hypervisor/process/pvm.hpp"
#include "hypervisor/services/call_support.hpp"

namespace kx::hv {

namespace {

using ipc::AsyncFiles;

std::int64_t set_owner(const CallContext& context, const HandleTable::File& file, std::uint64_t offset) {
  f_owner_ex wanted{};
  if (!copy_in(context, offset, wanted)) {
    return -EFAULT;
  }
  const int type = static_cast<int>(wanted.type);
  if (type != F_OWNER_TID && type != F_OWNER_PID && type != F_OWNER_PGRP) {
    return -EINVAL;
  }
  Pvm& pvm = *context.services.pvm;
  ProcessTable& processes = pvm.family().processes();
  AsyncFiles::Owner owner{type, wanted.pid, 0, {}};
  if (owner.id != 0) {
    const auto process = processes.owner_of_files(type, owner.id);
    if (!process) {
      return -ESRCH;
    }
    owner.serial = process->serial;
  }
  processes.change(pvm.pid(), [&](const ProcessTable::Process& self) { owner.set_by = self.user; });
  context.services.ipc->async_files.set_owner(file, owner);
  return 0;
}

std::int64_t get_owner(const CallContext& context, const HandleTable::File& file, std::uint64_t offset) {
  const AsyncFiles::Owner owner = context.services.ipc->async_files.owner(file);
  f_owner_ex told{};
  told.type = static_cast<__pid_type>(owner.type);
  if (owner.id != 0 && context.services.pvm->family().processes().owner_of_files(owner.type, owner.id)) {
    told.pid = owner.id;
  }
  return copy_out(context, offset, told) ? 0 : -EFAULT;
}

}  // namespace

std::int64_t serve_file_owner(const CallContext& context, const HandleTable::File& file, int command,
                              std::uint64_t argument) {
  if (context.services.ipc == nullptr || context.services.pvm == nullptr) {
    return -EINVAL;
  }
  AsyncFiles& files = context.services.ipc->async_files;
  switch (command) {
    case F_SETOWN_EX:
      return set_owner(context, file, argument);
    case F_GETOWN_EX:
      return get_owner(context, file, argument);
    case F_SETSIG:
      if (argument > 64) {
        return -EINVAL;
      }
      files.set_signal(file, static_cast<int>(argument));
      return 0;
    default:
      return files.signal(file);
  }
}

std::optional<ProcessReference> ProcessTable::owner_of_files(int type, std::int32_t id) {
  const std::lock_guard lock(mutex_);
  for (const auto& [pid, process] : processes_) {
    if (type == F_OWNER_PGRP && process.group == id) {
      return ProcessReference{0, 0};
    }
    if (type == F_OWNER_PID ? pid == id : type == F_OWNER_TID && has_thread(process, id)) {
      return process.reference();
    }
  }
  return std::nullopt;
}

void ProcessTable::signal_owner(const ipc::AsyncFiles::Owner& owner, const abi::InboxSignal& information) {
  const std::lock_guard lock(mutex_);
  const bool of_group = owner.type == F_OWNER_PGRP;
  for (auto& [pid, process] : processes_) {
    const bool wanted = of_group ? process.group == owner.id : process.serial == owner.serial;
    if (!wanted || process.pvm == nullptr || !may_signal(owner.set_by, process)) {
      continue;
    }
    abi::InboxSignal signal = information;
    signal.thread = owner.type == F_OWNER_TID ? static_cast<std::uint32_t>(owner.id) : 0;
    post(process, signal, of_group ? SentTo::Group : SentTo::Process);
  }
}

}  // namespace kx::hv
