#include "hypervisor/ipc/semaphores.hpp"

#include <time.h>

#include <algorithm>
#include <cerrno>
#include <kx/abi/result.hpp>
#include <utility>

namespace kx::hv::ipc {

namespace {

constexpr int max_value = 32767;       // SEMVMX
constexpr int max_adjustment = 32767;  // SEMAEM
// Linux's SEMMNS is out of any machine's reach; this bounds what a family takes of the host.
constexpr std::size_t max_total = 1 << 20;

std::int64_t now() {
  return ::time(nullptr);
}

}  // namespace

// Does all steps and answers 0, or none: -EAGAIN, -ERANGE, or 1 when the operation has to wait for the step
// `blocked_at`.
std::int64_t Semaphores::Set::attempt(Operation& operation) {
  const std::span<const sembuf> steps = operation.steps;
  const auto adjustments = [&]() -> Adjustments& {
    Adjustments& found = undo[operation.caller->pid];
    found.resize(semaphores.size());
    return found;
  };
  std::int64_t result = 0;
  std::size_t done = 0;
  for (; done < steps.size() && result == 0; ++done) {
    const sembuf& step = steps[done];
    Semaphore& semaphore = semaphores[step.sem_num];
    const int value = semaphore.value + step.sem_op;
    if (value < 0 || (step.sem_op == 0 && semaphore.value != 0)) {
      operation.blocked_at = done;
      result = (step.sem_flg & IPC_NOWAIT) != 0 ? -EAGAIN : 1;
      break;
    }
    if (value > max_value) {
      result = -ERANGE;
      break;
    }
    if ((step.sem_flg & SEM_UNDO) != 0 && step.sem_op != 0) {
      std::int16_t& adjustment = adjustments()[step.sem_num];
      const int adjusted = adjustment - step.sem_op;
      if (adjusted < -max_adjustment - 1 || adjusted > max_adjustment) {
        result = -ERANGE;
        break;
      }
      adjustment = static_cast<std::int16_t>(adjusted);
    }
    semaphore.value = static_cast<std::uint16_t>(value);
  }
  if (result == 0) {
    for (const sembuf& step : steps) {
      semaphores[step.sem_num].last_pid = operation.caller->pid;
    }
    return 0;
  }
  while (done > 0) {
    const sembuf& step = steps[--done];
    Semaphore& semaphore = semaphores[step.sem_num];
    semaphore.value = static_cast<std::uint16_t>(semaphore.value - step.sem_op);
    if ((step.sem_flg & SEM_UNDO) != 0 && step.sem_op != 0) {
      std::int16_t& adjustment = adjustments()[step.sem_num];
      adjustment = static_cast<std::int16_t>(adjustment + step.sem_op);
    }
  }
  return result;
}

// Ends the first wait of this kind that can end. False if none can.
bool Semaphores::Set::serve_one(bool alters) {
  for (auto next = waiting.begin(); next != waiting.end(); ++next) {
    Operation& operation = **next;
    if (operation.alters != alters) {
      continue;
    }
    if (const std::int64_t result = attempt(operation); result <= 0) {
      waiting.erase(next);
      operation_time = result == 0 ? now() : operation_time;
      operation.waiter.wake(result);
      return true;
    }
  }
  return false;
}

// Those that wait for zero go first, as they change nothing; the others in the order they came.
void Semaphores::Set::serve_waiting() {
  while (serve_one(false) || serve_one(true)) {
  }
}

void Semaphores::Set::forget_undo(std::size_t number) {
  for (auto& [pid, adjustments] : undo) {
    if (number < adjustments.size()) {
      adjustments[number] = 0;
    }
  }
}

std::int64_t Semaphores::Set::waiting_for(std::size_t number, bool zero) const {
  return std::count_if(waiting.begin(), waiting.end(), [&](const Operation* operation) {
    const sembuf& step = operation->steps[operation->blocked_at];
    return step.sem_num == number && (step.sem_op == 0) == zero;
  });
}

semid_ds Semaphores::Set::describe() const {
  semid_ds result{};
  result.sem_perm = permission.describe();
  result.sem_otime = operation_time;
  result.sem_ctime = change_time;
  result.sem_nsems = semaphores.size();
  return result;
}

std::int64_t Semaphores::get(const Caller& caller, std::int32_t key, std::int64_t count, std::uint32_t flags) {
  if (count < 0 || count > static_cast<std::int64_t>(abi::ipc_max_semaphores)) {
    return -EINVAL;
  }
  const std::lock_guard lock(mutex_);
  const auto size = static_cast<std::size_t>(count);
  return sets_.get_or_make(
      caller, key, flags,
      [&](const Set& set) { return size > set.semaphores.size() ? std::int64_t{-EINVAL} : std::int64_t{0}; },
      [&](const Permission& permission, std::shared_ptr<Set>& set) {
        if (size == 0) {
          return std::int64_t{-EINVAL};
        }
        if (total_ + size > max_total) {
          return std::int64_t{-ENOSPC};
        }
        set = std::make_shared<Set>();
        set->permission = permission;
        set->semaphores.resize(size);
        set->change_time = now();
        total_ += size;
        return std::int64_t{0};
      });
}

std::int64_t Semaphores::operate(const Caller& caller, std::int64_t id, std::span<const sembuf> operations,
                                 const Patience& patience) {
  std::unique_lock lock(mutex_);
  const auto set = sets_.get(id);
  if (operations.empty() || set == nullptr) {
    return -EINVAL;
  }
  const bool alters = std::any_of(operations.begin(), operations.end(), [](const sembuf& s) { return s.sem_op != 0; });
  for (const sembuf& step : operations) {
    if (step.sem_num >= set->semaphores.size()) {
      return -EFBIG;
    }
  }
  if (const std::int64_t error = set->permission.check(caller, alters ? may_write : may_read); error != 0) {
    return error;
  }
  Operation operation{&caller, operations, alters};
  const std::int64_t result = set->attempt(operation);
  if (result <= 0) {
    if (result == 0) {
      set->operation_time = now();
      if (alters) {
        set->serve_waiting();
      }
    }
    return result;
  }
  if (!patience.may_block()) {
    return abi::result_must_exit;
  }
  set->waiting.push_back(&operation);
  const std::int64_t ended = operation.waiter.wait(lock, patience);
  set->waiting.remove(&operation);
  return ended;
}

void Semaphores::process_gone(std::int32_t pid) {
  const std::lock_guard lock(mutex_);
  sets_.for_each([&](std::int64_t, Set& set) {
    const auto found = set.undo.find(pid);
    if (found == set.undo.end()) {
      return;
    }
    const Adjustments adjustments = std::move(found->second);
    set.undo.erase(found);
    for (std::size_t i = 0; i < adjustments.size(); ++i) {
      if (adjustments[i] != 0) {
        Semaphore& semaphore = set.semaphores[i];
        semaphore.value = static_cast<std::uint16_t>(std::clamp(semaphore.value + adjustments[i], 0, max_value));
        semaphore.last_pid = pid;
      }
    }
    set.operation_time = now();
    set.serve_waiting();
  });
}

}  // namespace kx::hv::ipc
