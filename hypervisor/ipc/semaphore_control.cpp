// semctl(2).
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "hypervisor/ipc/semaphores.hpp"

namespace kx::hv::ipc {

namespace {

constexpr int max_value = 32767;  // SEMVMX

std::int64_t now() {
  return ::time(nullptr);
}

}  // namespace

std::int64_t Semaphores::control(const Caller& caller, std::int64_t id, std::int64_t number, int command,
                                 std::int64_t value, SemaphoreControl& data) {
  if (id < 0) {
    return -EINVAL;
  }
  const std::lock_guard lock(mutex_);
  switch (command) {
    case IPC_INFO:
    case SEM_INFO:
      return information(command, data.info);
    case IPC_STAT:
    case SEM_STAT:
    case SEM_STAT_ANY:
      return status(caller, id, command, data.set);
    case IPC_SET:
    case IPC_RMID:
      return change(caller, id, command, data.set);
    case SETVAL:
      return set_value(caller, id, number, value);
    case GETVAL:
    case GETPID:
    case GETNCNT:
    case GETZCNT:
      return value_of(caller, id, number, command);
    default:
      return -EINVAL;
  }
}

std::int64_t Semaphores::information(int command, seminfo& out) {
  out = {};
  out.semmni = 32000;
  out.semmsl = static_cast<int>(abi::ipc_max_semaphores);
  out.semmns = out.semmni * out.semmsl;
  out.semopm = static_cast<int>(abi::ipc_max_operations);
  out.semvmx = max_value;
  out.semmnu = out.semmns;
  out.semmap = out.semmns;
  out.semume = out.semopm;
  out.semusz = 20;
  out.semaem = max_value;
  if (command == SEM_INFO) {
    out.semusz = static_cast<int>(sets_.count());
    out.semaem = static_cast<int>(total_);
  }
  return sets_.highest_index();
}

std::int64_t Semaphores::status(const Caller& caller, std::int64_t id, int command, semid_ds& out) {
  const auto set = command == IPC_STAT ? sets_.get(id) : sets_.at_index(id);
  if (set == nullptr) {
    return -EINVAL;
  }
  if (command != SEM_STAT_ANY) {
    if (const std::int64_t error = set->permission.check(caller, may_read); error != 0) {
      return error;
    }
  }
  out = set->describe();
  return command == IPC_STAT ? 0 : sets_.id_at(id);
}

std::int64_t Semaphores::change(const Caller& caller, std::int64_t id, int command, const semid_ds& in) {
  const auto set = sets_.get(id);
  if (set == nullptr) {
    return -EINVAL;
  }
  if (const std::int64_t error = set->permission.check_owner(caller); error != 0) {
    return error;
  }
  if (command == IPC_RMID) {
    remove(id, *set);
    return 0;
  }
  const std::int64_t error = set->permission.set(in.sem_perm);
  set->change_time = error == 0 ? now() : set->change_time;
  return error;
}

void Semaphores::remove(std::int64_t id, Set& set) {
  total_ -= set.semaphores.size();
  sets_.remove(id);
  for (Operation* operation : std::exchange(set.waiting, {})) {
    operation->waiter.wake(-EIDRM);
  }
}

std::int64_t Semaphores::set_value(const Caller& caller, std::int64_t id, std::int64_t number, std::int64_t value) {
  if (value < 0 || value > max_value) {
    return -ERANGE;
  }
  const auto set = sets_.get(id);
  if (set == nullptr || number < 0 || number >= static_cast<std::int64_t>(set->semaphores.size())) {
    return -EINVAL;
  }
  if (const std::int64_t error = set->permission.check(caller, may_write); error != 0) {
    return error;
  }
  const auto index = static_cast<std::size_t>(number);
  set->forget_undo(index);
  set->semaphores[index] = {static_cast<std::uint16_t>(value), caller.pid};
  set->change_time = now();
  set->serve_waiting();
  return 0;
}

std::int64_t Semaphores::value_of(const Caller& caller, std::int64_t id, std::int64_t number, int command) {
  const auto set = sets_.get(id);
  if (set == nullptr) {
    return -EINVAL;
  }
  if (const std::int64_t error = set->permission.check(caller, may_read); error != 0) {
    return error;
  }
  if (number < 0 || number >= static_cast<std::int64_t>(set->semaphores.size())) {
    return -EINVAL;
  }
  const auto index = static_cast<std::size_t>(number);
  switch (command) {
    case GETVAL:
      return set->semaphores[index].value;
    case GETPID:
      return set->semaphores[index].last_pid;
    default:
      return set->waiting_for(index, command == GETZCNT);
  }
}

std::int64_t Semaphores::count(std::int64_t id) {
  const std::lock_guard lock(mutex_);
  const auto set = sets_.get(id);
  return set == nullptr ? -EINVAL : static_cast<std::int64_t>(set->semaphores.size());
}

std::int64_t Semaphores::get_all(const Caller& caller, std::int64_t id, std::vector<std::uint16_t>& values) {
  const std::lock_guard lock(mutex_);
  const auto set = sets_.get(id);
  if (set == nullptr) {
    return -EINVAL;
  }
  if (const std::int64_t error = set->permission.check(caller, may_read); error != 0) {
    return error;
  }
  values.resize(set->semaphores.size());
  std::transform(set->semaphores.begin(), set->semaphores.end(), values.begin(),
                 [](const Semaphore& semaphore) { return semaphore.value; });
  return 0;
}

std::int64_t Semaphores::set_all(const Caller& caller, std::int64_t id, std::span<const std::uint16_t> values) {
  const std::lock_guard lock(mutex_);
  const auto set = sets_.get(id);
  if (set == nullptr || values.size() != set->semaphores.size()) {
    return -EINVAL;
  }
  if (const std::int64_t error = set->permission.check(caller, may_write); error != 0) {
    return error;
  }
  if (std::any_of(values.begin(), values.end(), [](std::uint16_t value) { return value > max_value; })) {
    return -ERANGE;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    set->semaphores[i] = {values[i], caller.pid};
    set->forget_undo(i);
  }
  set->change_time = now();
  set->serve_waiting();
  return 0;
}

}  // namespace kx::hv::ipc
