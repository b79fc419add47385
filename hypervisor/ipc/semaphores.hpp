// System V semaphores: semget(2), semop(2), semctl(2).
#pragma once

#include <sys/sem.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <span>
#include <vector>

#include "hypervisor/ipc/id_table.hpp"
#include "hypervisor/ipc/waiter.hpp"

namespace kx::hv::ipc {

// What the commands of semctl(2) read or write.
union SemaphoreControl {
  semid_ds set;
  seminfo info;
};

// All of a family's. Thread-safe. Results as those of MessageQueues.
class Semaphores {
 public:
  std::int64_t get(const Caller& caller, std::int32_t key, std::int64_t count, std::uint32_t flags);
  // semtimedop(2): all of the operations or none. Without a deadline semop(2).
  std::int64_t operate(const Caller& caller, std::int64_t id, std::span<const sembuf> operations,
                       const Patience& patience);
  std::int64_t control(const Caller& caller, std::int64_t id, std::int64_t number, int command, std::int64_t value,
                       SemaphoreControl& data);
  // GETALL and SETALL: `values` is replaced, or has one value for each semaphore.
  std::int64_t get_all(const Caller& caller, std::int64_t id, std::vector<std::uint16_t>& values);
  std::int64_t set_all(const Caller& caller, std::int64_t id, std::span<const std::uint16_t> values);
  // How many semaphores the set has.
  std::int64_t count(std::int64_t id);

  // Applies and forgets the SEM_UNDO adjustments of a process.
  void process_gone(std::int32_t pid);

 private:
  struct Semaphore {
    std::uint16_t value = 0;
    std::int32_t last_pid = 0;
  };
  struct Operation {
    const Caller* caller;
    std::span<const sembuf> steps;
    bool alters;
    std::size_t blocked_at = 0;  // the step that could not be done
    Waiter waiter{};
  };
  using Adjustments = std::vector<std::int16_t>;  // one for each semaphore: semadj of semop(2)
  struct Set {
    Permission permission;
    std::vector<Semaphore> semaphores;
    std::list<Operation*> waiting;               // in the order they came
    std::map<std::int32_t, Adjustments> undo{};  // by process
    std::int64_t operation_time = 0, change_time = 0;

    std::int64_t attempt(Operation& operation);
    void serve_waiting();
    bool serve_one(bool alters);
    void forget_undo(std::size_t number);
    [[nodiscard]] std::int64_t waiting_for(std::size_t number, bool zero) const;
    [[nodiscard]] semid_ds describe() const;
  };

  std::int64_t status(const Caller& caller, std::int64_t id, int command, semid_ds& out);
  std::int64_t change(const Caller& caller, std::int64_t id, int command, const semid_ds& in);
  std::int64_t information(int command, seminfo& out);
  std::int64_t set_value(const Caller& caller, std::int64_t id, std::int64_t number, std::int64_t value);
  std::int64_t value_of(const Caller& caller, std::int64_t id, std::int64_t number, int command);
  void remove(std::int64_t id, Set& set);

  std::mutex mutex_;
  IdTable<Set> sets_{32000};  // SEMMNI
  std::size_t total_ = 0;     // semaphores in all sets
};

}  // namespace kx::hv::ipc
